import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { counts } from "../../dev/fixtures.ts";
import { SeverityBar, segments } from "./SeverityBar.tsx";

test("says its counts in words and draws only severities that occur", () => {
  const { container } = render(<SeverityBar counts={counts(2, 0, 5, 0, 100)} />);
  expect(screen.getByRole("img", { name: "2 critical, 0 high, 5 medium, 0 low, 100 info" })).toBeDefined();
  const drawn = [...container.querySelectorAll("rect")].map((part) => part.dataset.severity);
  expect(drawn).toEqual(["critical", "medium", "info"]);
});

test("nothing found is a thin line, not an empty space", () => {
  const { container } = render(<SeverityBar counts={counts(0, 0, 0, 0, 0)} />);
  expect(container.querySelectorAll("rect")).toHaveLength(0);
  expect(container.querySelectorAll("line")).toHaveLength(1);
});

test("unknown is a dash, never a zero", () => {
  render(<SeverityBar counts={null} />);
  expect(screen.getByText("—")).toBeDefined();
  expect(screen.queryByText("0")).toBeNull();
});

test("one critical among a hundred thousand keeps a visible share and the bar its width", () => {
  const parts = segments(counts(1, 0, 0, 0, 100_000));
  expect(parts[0]?.severity).toBe("critical");
  expect(parts[0]?.width).toBeGreaterThanOrEqual(3);
  const last = parts.at(-1);
  expect((last?.start ?? 0) + (last?.width ?? 0)).toBeCloseTo(96);
});
