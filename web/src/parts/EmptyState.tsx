import type { ReactNode } from "react";
import styles from "./Notice.module.css";

/** One sentence that teaches and one place to go. Three callers: nothing yet, nothing matches, could not load. */
export function EmptyState({
  title,
  children,
  actions,
}: {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      <p>{children}</p>
      {actions ? <div className={styles.actions}>{actions}</div> : null}
    </div>
  );
}

export function Notice({ tone, children }: { tone: "warning" | "plain"; children: ReactNode }) {
  return (
    <div className={tone === "warning" ? styles.warning : styles.plain} role="status">
      {children}
    </div>
  );
}
