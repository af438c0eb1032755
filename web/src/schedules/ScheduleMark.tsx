/** Whether a schedule runs, as shape plus word; and what became of one of its times. */
import type { ReactNode } from "react";
import type { Schedule, ScheduleRun } from "@/api/contract.ts";
import styles from "./schedules.module.css";

type Mark = { word: string; color: string; shape: ReactNode };

const CLOCK = (
  <>
    <circle cx="7" cy="7" r="5.5" />
    <path d="M7 4v3.2l2 1.2" />
  </>
);
const BARS = <path d="M4.6 3v8M9.4 3v8" />;
const CHECK = <path d="M2.5 7.4l3 3 6-6.4" />;
const CROSS = <path d="M3.5 3.5l7 7M10.5 3.5l-7 7" />;
const SLASH = (
  <>
    <circle cx="7" cy="7" r="5.5" />
    <path d="M3.2 10.8l7.6-7.6" />
  </>
);
const TRIANGLE = <path d="M7 2l5.4 9.6H1.6zM7 5.6v2.6M7 10v.1" />;

function stateOf(schedule: Schedule): Mark {
  if (!schedule.enabled) return { word: "Paused", color: "var(--status-paused)", shape: BARS };
  if (schedule.paused_reason) return { word: "Held back", color: "var(--status-cancelled)", shape: SLASH };
  return { word: "Active", color: "var(--status-completed)", shape: CLOCK };
}

function outcomeOf(run: ScheduleRun): Mark {
  if (run.outcome === "missed") return { word: "Missed", color: "var(--severity-medium)", shape: TRIANGLE };
  if (run.outcome === "skipped") return { word: "Skipped", color: "var(--status-cancelled)", shape: SLASH };
  if (run.outcome === "failed") return { word: "Not started", color: "var(--status-failed)", shape: CROSS };
  if (run.result === "completed")
    return { word: "Completed", color: "var(--status-completed)", shape: CHECK };
  if (run.result === "failed") return { word: "Failed", color: "var(--status-failed)", shape: CROSS };
  if (run.result === "cancelled")
    return { word: "Cancelled", color: "var(--status-cancelled)", shape: SLASH };
  return { word: "Running", color: "var(--status-running)", shape: CLOCK };
}

const HELD_WORDS: Record<NonNullable<Schedule["paused_reason"]>, string> = {
  company_deactivated: "The company is deactivated. The schedule goes on when it is active again.",
};

export function ScheduleMark({ schedule }: { schedule: Schedule }) {
  const reason = schedule.enabled && schedule.paused_reason ? HELD_WORDS[schedule.paused_reason] : undefined;
  return <Shown mark={stateOf(schedule)} tip={reason} />;
}

export function OutcomeMark({ run }: { run: ScheduleRun }) {
  return <Shown mark={outcomeOf(run)} tip={run.reason ?? undefined} />;
}

function Shown({ mark, tip }: { mark: Mark; tip: string | undefined }) {
  return (
    <span className={styles.mark} style={{ color: mark.color }} data-tip={tip}>
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
        {mark.shape}
      </svg>
      {mark.word}
    </span>
  );
}
