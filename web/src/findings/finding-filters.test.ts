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
