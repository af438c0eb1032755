import { expect, test } from "vitest";
import { digestWords } from "./words.ts";

test.each([
  [0, "At once"],
  [20, "Collected for 20 seconds"],
  [60, "Collected for 1 minute"],
  [90, "Collected for 90 seconds"],
  [900, "Collected for 15 minutes"],
  [5_400, "Collected for 90 minutes"],
  [7_200, "Collected for 2 hours"],
  [86_400, "Collected for a day"],
  [604_800, "Collected for 7 days"],
])("a window of %i seconds is told exactly", (seconds, words) => {
  expect(digestWords(seconds)).toBe(words);
});
