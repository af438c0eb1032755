import type { NotificationChannel, NotificationDelivery, NotificationEvent } from "@/api/contract.ts";

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
};

export const KIND_WORDS: Record<NotificationChannel["kind"], string> = {
  webhook: "Webhook",
  email: "E-mail",
  slack: "Slack",
  teams: "Microsoft Teams",
};

export const CHANNEL_STATES: Record<NotificationChannel["state"], { word: string; color: string }> = {
  working: { word: "Working", color: "var(--status-completed)" },
  unknown: { word: "Not used yet", color: "var(--text-quiet)" },
  failing: { word: "Failing", color: "var(--severity-medium)" },
  suspended: { word: "Given up", color: "var(--status-failed)" },
  off: { word: "Off", color: "var(--status-cancelled)" },
};

export const DELIVERY_STATES: Record<NotificationDelivery["state"], { word: string; color: string }> = {
  collecting: { word: "Collecting", color: "var(--status-queued)" },
  waiting: { word: "Waiting", color: "var(--status-running)" },
  sent: { word: "Sent", color: "var(--status-completed)" },
  failed: { word: "Given up", color: "var(--status-failed)" },
};

export const DIGESTS: { value: string; label: string }[] = [
  { value: "0", label: "At once" },
  { value: "900", label: "Collected for 15 minutes" },
  { value: "3600", label: "Collected for an hour" },
  { value: "86400", label: "Collected for a day" },
];

/** Also for a window that somebody chose over the API. */
export function digestWords(seconds: number): string {
  const known = DIGESTS.find(({ value }) => value === String(seconds));
  return known?.label ?? `Collected for ${Math.round(seconds / 60)} minutes`;
}
