/** Sample channels, rules and messages of the hub. */
import type {
  NotificationChannel,
  NotificationDelivery,
  NotificationDeliveryDetail,
  NotificationRule,
} from "../src/api/contract.ts";
import { ago, NAMES } from "./fixtures.ts";

export const channel = (change: Partial<NotificationChannel> = {}): NotificationChannel => ({
  id: "ch1",
  company_id: "c1",
  name: "Security team",
  kind: "webhook",
  recipients: [],
  host: "https://hooks.example:443",
  enabled: true,
  state: "working",
  suspended: null,
  last_success_at: "2026-11-22T08:00:00.000Z",
  failing_since: null,
  failures: 0,
  last_error: null,
  retry_at: null,
  secret_hint: "…abcd",
  previous_secret_until: null,
  created_by: "user/u1",
  created_at: "2026-11-01T00:00:00.000Z",
  updated_at: "2026-11-01T00:00:00.000Z",
  version: 4,
  ...change,
});

export const rule = (change: Partial<NotificationRule> = {}): NotificationRule => ({
  id: "r1",
  company_id: "c1",
  name: "Worst first",
  channel_id: "ch1",
  channel_name: "Security team",
  channel_kind: "webhook",
  enabled: true,
  events: ["findings.new", "run.failed"],
  min_severity: "high",
  digest_s: 3600,
  created_by: "user/u1",
  created_at: "2026-11-01T00:00:00.000Z",
  updated_at: "2026-11-01T00:00:00.000Z",
  version: 2,
  ...change,
});

export const delivery = (change: Partial<NotificationDelivery> = {}): NotificationDelivery => ({
  id: "d1",
  channel_id: "ch1",
  channel_name: "Security team",
  rule_id: "r1",
  state: "failed",
  digest: false,
  summary: "Nightly: 2 new findings.",
  events: 1,
  severity: "high",
  attempts: 5,
  last_error: "The receiver answered 400.",
  created_at: "2026-11-22T08:00:00.000Z",
  due_at: "2026-11-22T08:00:00.000Z",
  finished_at: "2026-11-22T08:10:00.000Z",
  ...change,
});

export const deliveryDetail = (change: Partial<NotificationDelivery> = {}): NotificationDeliveryDetail => ({
  delivery: delivery(change),
  events: [
    {
      id: "n1",
      event: "findings.new",
      at: "2026-11-22T08:00:00.000Z",
      severity: "high",
      scan_id: "s1",
      integration_id: null,
      title: "Nightly: 2 new findings.",
      detail: "New: 1 high, 1 low.",
      data: {},
    },
  ],
  log: [
    {
      number: 1,
      at: "2026-11-22T08:00:01.000Z",
      outcome: "refused",
      status: 400,
      detail: "The receiver answered 400: it does not take this message.",
      duration_ms: 31,
    },
  ],
});

export const channels = (now: number): NotificationChannel[] => [
  channel({ last_success_at: ago(12, now) }),
  channel({
    id: "ch2",
    name: "On-call mail of the whole security organisation, day and night",
    kind: "email",
    recipients: ["on-call@example.com", "security-operations-centre@corp.example.com", "ciso@example.com"],
    host: "",
    secret_hint: null,
    state: "failing",
    failing_since: ago(95, now),
    failures: 6,
    last_error: "The mail server answered 451: try again later.",
    retry_at: ago(-14, now),
    last_success_at: ago(1_440, now),
  }),
  channel({
    id: "ch3",
    name: "#security-alerts",
    kind: "slack",
    host: "https://hooks.slack.com:443",
    secret_hint: null,
    state: "suspended",
    enabled: true,
    suspended: {
      at: ago(300, now),
      reason: "failing",
      detail: "Nothing has arrived there for 24 hours. Check the address, then switch the channel on again.",
    },
  }),
  channel({
    id: "ch4",
    name: "Operations",
    kind: "teams",
    host: "https://example.webhook.office.com:443",
    secret_hint: null,
    state: "off",
    enabled: false,
    last_success_at: null,
  }),
  channel({ id: "ch5", name: "Ticket system", state: "unknown", last_success_at: null }),
];

export const rules: NotificationRule[] = [
  rule(),
  rule({
    id: "r2",
    name: "Everything that breaks",
    channel_id: "ch2",
    channel_name: "On-call mail of the whole security organisation, day and night",
    channel_kind: "email",
    events: ["run.failed", "import.failed", "integration.trouble", "schedule.missed", "schedule.failed"],
    min_severity: null,
    digest_s: 0,
  }),
  rule({
    id: "r3",
    name: "Weekly",
    enabled: false,
    events: ["run.completed"],
    min_severity: null,
    digest_s: 604_800,
  }),
];

export function deliveries(amount: number, now: number): NotificationDelivery[] {
  const states = ["collecting", "waiting", "failed", "sent", "sent", "sent"] as const;
  return Array.from({ length: amount }, (_, index) => {
    const state = states[index % states.length] ?? "sent";
    const over = state === "sent" || state === "failed";
    return delivery({
      id: `d${index + 1}`,
      state,
      digest: state === "collecting",
      summary: `${NAMES[index % NAMES.length]}: ${1 + (index % 40)} new findings.`,
      attempts: state === "collecting" ? 0 : state === "failed" ? 5 : 1,
      last_error: state === "failed" ? "The receiver answered 400." : null,
      created_at: ago(4 + index * 13, now),
      due_at: ago(state === "collecting" ? -30 : 4 + index * 13, now),
      finished_at: over ? ago(3 + index * 13, now) : null,
    });
  });
}
