import type { Integration } from "@/api/contract.ts";
import styles from "./integrations.module.css";

const STATES = {
  healthy: { word: "Healthy", color: "var(--status-completed)", shape: <path d="M2.5 7.4l3 3 6-6.4" /> },
  degraded: {
    word: "Degraded",
    color: "var(--severity-medium)",
    shape: <path d="M7 2l5.4 9.6H1.6zM7 5.6v2.6M7 10v.1" />,
  },
  failing: { word: "Failing", color: "var(--status-failed)", shape: <path d="M3.5 3.5l7 7M10.5 3.5l-7 7" /> },
  unknown: { word: "Not seen yet", color: "var(--status-queued)", shape: <circle cx="7" cy="7" r="5" /> },
  disabled: { word: "Disabled", color: "var(--status-cancelled)", shape: <path d="M4.6 3v8M9.4 3v8" /> },
} as const;

export function HealthMark({ integration }: { integration: Integration }) {
  const state = STATES[integration.enabled ? integration.health.state : "disabled"] ?? STATES.unknown;
  return (
    <span className={styles.state} style={{ color: state.color }}>
      <svg
        width="14"
        height="14"
        viewBox="0 0 14 14"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {state.shape}
      </svg>
      {state.word}
    </span>
  );
}
