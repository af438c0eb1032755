/** Whether a schedule runs, as shape plus word; and what became of one of its times. */
import type { Schedule, ScheduleRun } from "@/api/contract.ts";
import { SHAPES, type State, StateMark } from "@/parts/StateMark.tsx";

function stateOf(schedule: Schedule): State {
  if (!schedule.enabled) return { word: "Paused", color: "var(--status-paused)", shape: SHAPES.bars };
  if (schedule.paused_reason)
    return { word: "Held back", color: "var(--status-cancelled)", shape: SHAPES.slash };
  return { word: "Active", color: "var(--status-completed)", shape: SHAPES.clock };
}

function outcomeOf(run: ScheduleRun): State {
  if (run.outcome === "missed")
    return { word: "Missed", color: "var(--severity-medium)", shape: SHAPES.triangle };
  if (run.outcome === "skipped")
    return { word: "Skipped", color: "var(--status-cancelled)", shape: SHAPES.slash };
  if (run.outcome === "failed")
    return { word: "Not started", color: "var(--status-failed)", shape: SHAPES.cross };
  if (run.result === "completed")
    return { word: "Completed", color: "var(--status-completed)", shape: SHAPES.check };
  if (run.result === "failed") return { word: "Failed", color: "var(--status-failed)", shape: SHAPES.cross };
  if (run.result === "cancelled")
    return { word: "Cancelled", color: "var(--status-cancelled)", shape: SHAPES.slash };
  return { word: "Running", color: "var(--status-running)", shape: SHAPES.clock };
}

const HELD_WORDS: Record<NonNullable<Schedule["paused_reason"]>, string> = {
  company_deactivated: "The company is deactivated. The schedule goes on when it is active again.",
};

export function ScheduleMark({ schedule }: { schedule: Schedule }) {
  const reason = schedule.enabled && schedule.paused_reason ? HELD_WORDS[schedule.paused_reason] : null;
  return <StateMark state={stateOf(schedule)} tip={reason} />;
}

export function OutcomeMark({ run }: { run: ScheduleRun }) {
  return <StateMark state={outcomeOf(run)} tip={run.reason} />;
}
