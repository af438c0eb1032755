/** The form of the due dates, and what it comes to: the hub's own rule, so that one sees it before it is saved. */
import {
  CRITICALITIES,
  type Criticality,
  type NewSlaPolicy,
  SEVERITIES,
  type Severity,
  type SlaPolicy,
} from "@/api/contract.ts";

/** A number, or nothing entered. */
export type Entry = number | "";

export type DueDateValues = {
  enabled: boolean;
  days: Record<Severity, Entry>;
  kevDays: Entry;
  percent: Record<Criticality, Entry>;
};

const PERCENT_OF_DAY_S = 864;

const each = <Key extends string, Value>(keys: readonly Key[], value: (key: Key) => Value) =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;

const orNull = (entry: Entry) => (entry === "" ? null : entry);

export const toValues = ({ enabled, days, kev_days, percent }: SlaPolicy): DueDateValues => ({
  enabled,
  days: each(SEVERITIES, (severity) => days[severity] ?? ""),
  kevDays: kev_days ?? "",
  percent: each(CRITICALITIES, (criticality) => percent[criticality]),
});

/** No share is a share of nothing: the hub says at the field what it takes. */
export const toPolicy = ({ enabled, days, kevDays, percent }: DueDateValues): NewSlaPolicy => ({
  enabled,
  days: each(SEVERITIES, (severity) => orNull(days[severity])),
  kev_days: orNull(kevDays),
  percent: each(CRITICALITIES, (criticality) => orNull(percent[criticality]) ?? 0),
});

/** In seconds, as if it were switched on; `null`: at no time. A day is 24 hours. */
export function dueAfter(
  { days, kevDays, percent }: DueDateValues,
  severity: Severity,
  criticality: Criticality,
  exploited: boolean,
): number | null {
  const share = orNull(percent[criticality]);
  const whole = [days[severity], exploited ? kevDays : ""].filter((entry) => entry !== "");
  return share === null || whole.length === 0 ? null : Math.min(...whole) * share * PERCENT_OF_DAY_S;
}

/** "15 days", "22 days 12 hours"; nothing smaller is worth a word. */
export function daysWords(seconds: number): string {
  const hours = Math.round(seconds / 3_600);
  const counted = [
    { amount: Math.floor(hours / 24), word: "day" },
    { amount: hours % 24, word: "hour" },
  ];
  const words = counted.flatMap(({ amount, word }) =>
    amount === 0 ? [] : [`${amount} ${word}${amount === 1 ? "" : "s"}`],
  );
  return words.length === 0 ? "less than an hour" : words.join(" ");
}

const EXAMPLES: readonly Severity[] = ["high", "critical", "medium", "low", "info"];

/** One finding as an example: the first severity that has a day, on a critical asset. */
export function workedExample(values: DueDateValues): string {
  const severity = EXAMPLES.find((each) => values.days[each] !== "") ?? "high";
  const usual = dueAfter(values, severity, "critical", false);
  const exploited = dueAfter(values, severity, "critical", true);
  const parts = [
    `a ${severity} finding on a critical asset: ${usual === null ? "no due date" : daysWords(usual)}`,
  ];
  if (exploited !== null && exploited !== usual) parts.push(`known to be exploited: ${daysWords(exploited)}`);
  return `${values.enabled ? "For example" : "Switched on, for example"}, ${parts.join("; ")}.`;
}
