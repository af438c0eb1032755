import { expect, test } from "vitest";
import { relative, span } from "./time.ts";

const now = new Date("2026-11-20T12:00:00Z");
const before = (seconds: number) => new Date(now.getTime() - seconds * 1_000);

test.each([
  [0, "just now"],
  [-4, "just now"],
  [30, "30 s ago"],
  [-30, "in 30 s"],
  [185, "3 min ago"],
  [7_300, "2 h ago"],
  [200_000, "2 d ago"],
  [-7_300, "in 2 h"],
])("%i seconds back reads %s", (seconds, words) => {
  expect(relative(before(seconds), now)).toBe(words);
});

test.each([
  [null, "—"],
  [undefined, "—"],
  [Number.NaN, "—"],
  [0, "0 s"],
  [59, "59 s"],
  [3_725, "1 h 2 min"],
  [97_200, "1 d 3 h"],
  [3_605, "1 h 5 s"],
])("a span of %s reads %s", (seconds, words) => {
  expect(span(seconds)).toBe(words);
});
