import type { DeliveryState, NotificationChannel, NotificationEvent } from "@/api/contract.ts";
import { SHAPES, type State } from "@/parts/StateMark.tsx";

export const EVENT_WORDS: Record<NotificationEvent, string> = {
  "run.completed": "Run completed",
  "run.failed": "Run failed",
  "run.cancelled": "Run cancelled",
  "findings.new": "New or reopened findings",
  "import.failed": "Import failed",
  "integration.trouble": "Integration in trouble",
  "integration.recovered": "Integration recovered",
  "schedule.missed": "Scheduled run missed",
  "schedule.failed": "Scheduled run not started",
  "finding.mentioned": "Somebody is mentioned in a comment",
  "approval.requested": "Approval asked for",
  "approval.decided": "Approval decided",
  "verdict.expired": "Accepted risks ran out",
  "suppression_rule.expired": "Suppression rule ended",
};

export const KIND_WORDS: Record<NotificationChannel["kind"], string> = {
  webhook: "Webhook",
  email: "E-mail",
  slack: "Slack",
  teams: "Microsoft Teams",
};

const OFF: State = { word: "Off", color: "var(--status-cancelled)", shape: SHAPES.bars };

export const CHANNEL_STATES: Record<NotificationChannel["state"], State> = {
  working: { word: "Working", color: "var(--status-completed)", shape: SHAPES.check },
  unknown: { word: "Not used yet", color: "var(--text-quiet)", shape: SHAPES.circle },
  failing: { word: "Failing", color: "var(--severity-medium)", shape: SHAPES.triangle },
  suspended: { word: "Given up", color: "var(--status-failed)", shape: SHAPES.cross },
  off: OFF,
};

export const RULE_STATES: Record<"on" | "off", State> = {
  on: { word: "On", color: "var(--status-completed)", shape: SHAPES.check },
  off: OFF,
};

export const DELIVERY_STATES: Record<DeliveryState, State> = {
  collecting: { word: "Collecting", color: "var(--status-queued)", shape: SHAPES.circle },
  waiting: { word: "Waiting", color: "var(--status-running)", shape: SHAPES.clock },
  sent: { word: "Sent", color: "var(--status-completed)", shape: SHAPES.check },
  failed: { word: "Given up", color: "var(--status-failed)", shape: SHAPES.cross },
};

export const DIGESTS: { value: string; label: string }[] = [
  { value: "0", label: "At once" },
  { value: "900", label: "Collected for 15 minutes" },
  { value: "3600", label: "Collected for an hour" },
  { value: "86400", label: "Collected for a day" },
];

const UNITS: readonly (readonly [number, string])[] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** Also for a window that somebody chose over the API: in the largest unit that says it exactly. */
export function digestWords(seconds: number): string {
  const known = DIGESTS.find(({ value }) => value === String(seconds));
  if (known) return known.label;
  const [size, unit] = UNITS.find(([size]) => seconds % size === 0) ?? [1, "second"];
  const count = seconds / size;
  return `Collected for ${count} ${unit}${count === 1 ? "" : "s"}`;
}
