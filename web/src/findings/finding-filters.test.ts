import { expect, test } from "vitest";
import { toFindingFilter, toFindingQuery } from "./finding-filters.ts";

test("all that match are judged by every condition under which they were listed", () => {
  const query = toFindingQuery({ severity: ["high"], kev: ["true"], overdue: ["true"], sort: ["-risk"] });
  expect(query).toEqual({ severity: ["high"], kev: true, overdue: true, sort: "-risk" });
  expect(toFindingFilter(query)).toEqual({ severity: ["high"], status: [], kev: true, overdue: true });
  expect(toFindingFilter(toFindingQuery({ kev: ["false"] }))).toEqual({
    severity: [],
    status: [],
    kev: false,
  });
  expect(toFindingQuery({ kev: ["perhaps"], overdue: ["false"] })).toEqual({});
});

test("the least risk is a condition of both, grouping one of the list alone", () => {
  const query = toFindingQuery({ risk_min: ["75"], grouped: ["true"] });
  expect(query).toEqual({ risk_min: 75, grouped: true });
  expect(toFindingFilter(query)).toEqual({ severity: [], status: [], risk_min: 75 });
  expect(toFindingQuery({ risk_min: ["many"], grouped: ["false"] })).toEqual({});
});
