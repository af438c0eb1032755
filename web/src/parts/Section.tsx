/** One part of the page; while live updates are off it says how old it is. */
import type { ReactNode } from "react";
import { useLive } from "@/shell/live.tsx";
import { RelativeTime } from "./RelativeTime.tsx";
import styles from "./Section.module.css";

type Props = {
  title: string;
  /** What it does, in one sentence. */
  about?: string;
  action?: ReactNode;
  /** When what it shows was read, in milliseconds; 0 before the first answer. */
  readAt: number;
  children: ReactNode;
};

export function Section({ title, about, action, readAt, children }: Props) {
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
      {about ? <p className={styles.about}>{about}</p> : null}
      {children}
    </section>
  );
}
