/** One part of the page; while live updates are off it says how old it is. */
import type { ReactNode } from "react";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { useLive } from "@/shell/live.tsx";
import styles from "./notifications.module.css";

type Props = {
  title: string;
  action?: ReactNode;
  /** When what it shows was read, in milliseconds; 0 before the first answer. */
  readAt: number;
  children: ReactNode;
};

export function Section({ title, action, readAt, children }: Props) {
  const live = useLive();
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.head}>
        <h2>{title}</h2>
        {live.on || readAt === 0 ? null : (
          <span className="quiet">
            Paused; read <RelativeTime at={new Date(readAt).toISOString()} />
          </span>
        )}
        {action ? <div className={styles.action}>{action}</div> : null}
      </div>
      {children}
    </section>
  );
}
