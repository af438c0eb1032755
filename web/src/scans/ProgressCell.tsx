import type { Scan } from "@/api/contract.ts";
import styles from "./scans.module.css";

/** A known share fills a bar; an unknown one says so instead of pretending. */
export function ProgressCell({ scan }: { scan: Scan }) {
  if (scan.status === "importing") return <span className="quiet">importing</span>;
  if (scan.status !== "running" && scan.status !== "paused") return <span className="quiet">—</span>;
  if (typeof scan.progress !== "number") return <span className="quiet">not told</span>;
  const percent = Math.min(Math.max(Math.floor(scan.progress), 0), 100);
  return (
    <span className={styles.progress}>
      <progress
        value={percent}
        max={100}
        aria-label={`${percent} % done, as the scanner says`}
        data-status={scan.status}
      />
      <span className="numbers" aria-hidden="true">
        {percent} %
      </span>
    </span>
  );
}
