import type { ReactNode } from "react";
import styles from "./Notice.module.css";

/** One sentence that teaches and one place to go. Three callers: nothing yet, nothing matches, could not load. */
type Props = {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  /** In place of one part of a page, which has its own room around. */
  part?: boolean;
};

export function EmptyState({ title, children, actions, part = false }: Props) {
  return (
    <div className={styles.empty} data-part={part || undefined}>
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
