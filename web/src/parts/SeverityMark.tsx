/** Severity as shape plus word. The shape differs per severity, so grey print still tells them apart. */
import type { Severity } from "@/api/contract.ts";
import styles from "./SeverityMark.module.css";

export const SEVERITY_WORDS: Record<Severity, string> = {
  critical: "Critical",
  high: "High",
  medium: "Medium",
  low: "Low",
  info: "Info",
};

export function SeverityMark({ severity }: { severity: Severity }) {
  return (
    <span className={styles.mark} style={{ color: `var(--severity-${severity})` }}>
      <SeverityShape severity={severity} />
      {SEVERITY_WORDS[severity]}
    </span>
  );
}

/** The tinted form, for counts standing alone. */
export function SeverityChip({ severity, count }: { severity: Severity; count: number | null }) {
  return (
    <span
      className={styles.chip}
      style={{ color: `var(--severity-${severity})`, background: `var(--severity-${severity}-tint)` }}
    >
      <SeverityShape severity={severity} />
      <span className="numbers">{count ?? "—"}</span>
      {SEVERITY_WORDS[severity].toLowerCase()}
    </span>
  );
}

function SeverityShape({ severity }: { severity: Severity }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" fill="currentColor" aria-hidden="true" focusable="false">
      {SHAPES[severity]}
    </svg>
  );
}

const SHAPES: Record<Severity, React.ReactNode> = {
  critical: <path d="M3.7.5h4.6l3.2 3.2v4.6l-3.2 3.2H3.7L.5 8.3V3.7z" />,
  high: <path d="M6 .8l5.6 10.2H.4z" />,
  medium: <path d="M6 .4L11.6 6 6 11.6.4 6z" />,
  low: <circle cx="6" cy="6" r="4.6" />,
  info: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.6" />,
};
