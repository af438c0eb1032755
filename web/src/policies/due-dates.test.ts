import { expect, test } from "vitest";
import { slaPolicy } from "../../dev/policy-fixtures.ts";
import { daysWords, dueAfter, toPolicy, toValues, workedExample } from "./due-dates.ts";

const values = toValues(slaPolicy({ enabled: true }));

test("what was read and left alone is sent as it was", () => {
  const { days, enabled, kev_days, percent } = slaPolicy({ enabled: true });
  expect(toPolicy(values)).toEqual({ enabled, days: { ...days, info: null }, kev_days, percent });
});

test("the example is what the hub makes of it", () => {
  expect(workedExample(values)).toBe(
    "For example, a high finding on a critical asset: 15 days; known to be exploited: 7 days.",
  );
  expect(dueAfter(values, "high", "high", false)).toBe(22.5 * 86_400);
  expect(daysWords(22.5 * 86_400)).toBe("22 days 12 hours");
  expect(daysWords(36_000)).toBe("10 hours");
});

test("what has no days is due at no time, unless it is exploited", () => {
  expect(dueAfter(values, "info", "normal", false)).toBeNull();
  expect(dueAfter(values, "info", "normal", true)).toBe(14 * 86_400);
  const none = {
    ...values,
    days: { critical: "", high: "", medium: "", low: "", info: "" },
    kevDays: "",
  } as const;
  expect(workedExample(none)).toBe("For example, a high finding on a critical asset: no due date.");
  const shareless = { ...values, percent: { ...values.percent, critical: "" } } as const;
  expect(dueAfter(shareless, "high", "critical", true)).toBeNull();
  expect(toPolicy(shareless).percent.critical).toBe(0);
});

test("days of another severity than high stand in where high has none, and off is said", () => {
  const off = { ...values, enabled: false, days: { ...values.days, high: "" }, kevDays: "" } as const;
  expect(workedExample(off)).toBe(
    "Switched on, for example, a critical finding on a critical asset: 7 days 12 hours.",
  );
});
