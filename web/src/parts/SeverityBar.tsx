/** Severity counts as one stacked bar with the numbers beside it: the same component everywhere counts appear. */
import { SEVERITIES, type Severity, type SeverityCounts } from "@/api/contract.ts";
import styles from "./SeverityBar.module.css";

const WIDTH = 96;
const SMALLEST = 3;

type Counts = Pick<SeverityCounts, Severity>;

export function SeverityBar({ counts }: { counts: Counts | null | undefined }) {
  if (!counts) {
    return (
      <span className="quiet">
        <span aria-hidden="true">—</span>
        <span className="visually-hidden">not known</span>
      </span>
    );
  }
  const parts = segments(counts);
  const inWords = SEVERITIES.map((severity) => `${counts[severity]} ${severity}`).join(", ");
  return (
    <span className={styles.whole} role="img" aria-label={inWords}>
      <svg className={styles.bar} width={WIDTH} height="8" aria-hidden="true" focusable="false">
        {parts.length === 0 ? (
          <line x1="0" y1="4" x2={WIDTH} y2="4" stroke="var(--line-strong)" strokeWidth="1" />
        ) : (
          parts.map((part) => (
            <rect
              key={part.severity}
              data-severity={part.severity}
              x={part.start}
              y="0"
              width={part.width}
              height="8"
              fill={`var(--severity-${part.severity})`}
            />
          ))
        )}
      </svg>
      <span className={styles.numbers} aria-hidden="true">
        {SEVERITIES.map((severity) => (
          <span
            key={severity}
            data-tip={`${counts[severity]} ${severity}`}
            style={counts[severity] > 0 ? { color: `var(--severity-${severity})` } : undefined}
          >
            {short(counts[severity])}
          </span>
        ))}
      </span>
    </span>
  );
}

/** Shares of the bar, each visible severity at least a few pixels wide so that one critical is never lost. */
export function segments(counts: Counts): { severity: Severity; start: number; width: number }[] {
  const present = SEVERITIES.filter((severity) => counts[severity] > 0);
  const total = present.reduce((sum, severity) => sum + counts[severity], 0);
  const gaps = Math.max(present.length - 1, 0);
  const free = WIDTH - gaps - SMALLEST * present.length;
  let start = 0;
  return present.map((severity) => {
    const width = SMALLEST + (free * counts[severity]) / total;
    const segment = { severity, start, width };
    start += width + 1;
    return segment;
  });
}

function short(count: number): string {
  if (count < 10_000) return String(count);
  return `${Math.floor(count / 1_000)}k`;
}
