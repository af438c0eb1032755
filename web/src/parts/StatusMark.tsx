/** A scan's status as shape plus word; the scanner's own word stands beside it in small grey. */
import type { ScanStatus } from "@/api/contract.ts";
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
      <span className={styles.word} style={{ color: `var(--status-${status})` }}>
        <StatusIcon status={status} progress={progress} />
        {STATUS_WORDS[status]}
      </span>
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

function StatusIcon({ status, progress }: { status: ScanStatus; progress: number | null }) {
  return (
    <svg
      width="14"
      height="14"
      viewBox="0 0 14 14"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      className={styles.icon}
    >
      {SHAPES[status](progress)}
    </svg>
  );
}

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

const SHAPES: Record<ScanStatus, (progress: number | null) => React.ReactNode> = {
  queued: () => (
    <>
      <circle cx="7" cy="7" r="5.5" />
      <path d="M7 4v3.2l2 1.2" />
    </>
  ),
  running: ring,
  paused: () => <path d="M4.6 3v8M9.4 3v8" strokeWidth="2.2" />,
  importing: (progress) => (
    <>
      {ring(progress)}
      <path d="M7 4.4v4M5.3 7L7 8.8 8.7 7" strokeWidth="1.3" />
    </>
  ),
  completed: () => <path d="M2.5 7.4l3 3 6-6.4" strokeWidth="2" />,
  failed: () => (
    <>
      <circle cx="7" cy="7" r="5.5" />
      <path d="M5 5l4 4M9 5l-4 4" />
    </>
  ),
  cancelled: () => (
    <>
      <circle cx="7" cy="7" r="5.5" />
      <path d="M3.4 10.6l7.2-7.2" />
    </>
  ),
};
