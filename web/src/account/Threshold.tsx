/** The frame of the pages before the console: log-in and first set-up. */
import { type ReactNode, useEffect } from "react";
import styles from "./account.module.css";

export function Threshold({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Scanhelm`;
  }, [title]);
  return (
    <main className={styles.place}>
      <div className={styles.sheet}>
        <span className={styles.brand}>
          <img src="/favicon.svg" width="20" height="20" alt="" /> Scanhelm
        </span>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
