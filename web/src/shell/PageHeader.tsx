/** The one line on top of each page: title, count, live switch, primary action. Owns the document title and focus. */
import { type ReactNode, useEffect, useRef } from "react";
import type { Page } from "@/api/contract.ts";
import styles from "./PageHeader.module.css";

/** A first page: it knows how many there are, or that they are more than were counted. */
export type Counted = Pick<Page<unknown>, "total" | "total_at_least">;

type Props = {
  title: string;
  /** When the title shown is richer than its words. */
  heading?: ReactNode;
  /** What is listed. */
  counted?: Counted | undefined;
  children?: ReactNode;
};

let pagesShown = 0;

export function PageHeader({ title, heading, counted, children }: Props) {
  const line = useRef<HTMLHeadingElement>(null);
  const count = counted?.total ?? counted?.total_at_least;

  useEffect(() => {
    document.title = `${title} · Scanhelm`;
  }, [title]);

  useEffect(() => {
    // The first page keeps the browser's own focus; later ones are announced by focusing their heading.
    if (pagesShown > 0) line.current?.focus({ preventScroll: true });
    pagesShown += 1;
  }, []);

  return (
    <header className={styles.header}>
      <h1 ref={line} tabIndex={-1} className={styles.title}>
        {heading ?? title}
      </h1>
      {count != null ? (
        <span className={styles.count}>
          {count.toLocaleString()}
          {counted?.total == null ? "+" : null}
          <span className="visually-hidden">{counted?.total == null ? " and more" : null} in this view</span>
        </span>
      ) : null}
      <div className={styles.actions}>{children}</div>
    </header>
  );
}
