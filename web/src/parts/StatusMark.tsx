/** A scan's status as shape plus word; the scanner's own word stands beside it in small grey. */
import type { ReactNode } from "react";
import type { ScanStatus } from "@/api/contract.ts";
import { SHAPES, StateMark } from "./StateMark.tsx";
import styles from "./StatusMark.module.css";

export const STATUS_WORDS: Record<ScanStatus, string> = {
  queued: "Queued",
  running: "Running",
  paused: "Paused",
  importing: "Importing",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

type Props = { status: ScanStatus; progress?: number | null; vendorWord?: string | null };

export function StatusMark({ status, progress = null, vendorWord = null }: Props) {
  const raw = vendorWord?.trim() ?? "";
  const saysMore = raw !== "" && raw.toLowerCase() !== status;
  return (
    <span className={styles.mark}>
      <StateMark
        state={{
          word: STATUS_WORDS[status],
          color: `var(--status-${status})`,
          shape: SHAPE[status](progress),
        }}
      />
      {saysMore ? (
        <span className={styles.raw} data-tip={`Vendor says: ${raw}`}>
          <span className="visually-hidden">vendor says: </span>
          {raw}
        </span>
      ) : null}
    </span>
  );
}

const RING = 2 * Math.PI * 5.5;

function ring(progress: number | null) {
  const part = Math.min(Math.max(progress ?? 50, 0), 100) / 100;
  return (
    <>
      <circle cx="7" cy="7" r="5.5" opacity="0.3" />
      <circle
        className={styles.fill}
        cx="7"
        cy="7"
        r="5.5"
        strokeLinecap="butt"
        strokeDasharray={`${RING * part} ${RING}`}
        transform="rotate(-90 7 7)"
      />
    </>
  );
}

const SHAPE: Record<ScanStatus, (progress: number | null) => ReactNode> = {
  queued: () => SHAPES.clock,
  running: ring,
  paused: () => SHAPES.bars,
  importing: (progress) => (
    <>
      {ring(progress)}
      <path d="M7 4.4v4M5.3 7L7 8.8 8.7 7" strokeWidth="1.3" />
    </>
  ),
  completed: () => SHAPES.check,
  failed: () => SHAPES.cross,
  cancelled: () => SHAPES.slash,
};
