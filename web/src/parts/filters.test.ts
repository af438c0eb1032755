import { expect, test } from "vitest";
import { scanFilters, toScanQuery } from "@/scans/scan-filters.ts";
import {
  chips,
  nextSort,
  parseSearch,
  pickSearch,
  stringifySearch,
  withoutFilters,
  withoutValue,
  withValue,
} from "./filters.ts";

const specs = scanFilters([{ value: "Nessus", label: "Nessus" }], [], []);
const spec = (key: string) => {
  const found = specs.find((each) => each.key === key);
  if (!found) throw new Error(`no filter ${key}`);
  return found;
};

test("an address and the filters it means are the same thing in both directions", () => {
  const address = "?status=running&status=failed&vendor=Nessus&q=a+%26+b%3D%C3%BC&sort=-created_at";
  const search = parseSearch(address);
  expect(search).toEqual({
    status: ["running", "failed"],
    vendor: ["Nessus"],
    q: ["a & b=ü"],
    sort: ["-created_at"],
  });
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test("repeated and empty parameters collapse, unknown ones are dropped", () => {
  const search = pickSearch(parseSearch("?status=running&status=running&status=&evil=1"), ["status"]);
  expect(search).toEqual({ status: ["running"] });
});

test("the hub is only asked for what it understands; the rest stays visible as not applied", () => {
  const search = parseSearch(
    "?status=running&status=sideways&vendor=Nessus&vendor=Qualys&stale=true&sort=colour",
  );
  expect(toScanQuery(specs, search)).toEqual({ status: ["running"], vendor: ["Nessus"], stale: true });
  const unknown = chips(specs, search).filter((chip) => !chip.known);
  expect(unknown.map((chip) => chip.value)).toEqual(["sideways", "Qualys"]);
});

test("values are added, replaced where one is allowed, and removed one by one", () => {
  let search = withValue(spec("status"), {}, "running");
  search = withValue(spec("status"), search, "failed");
  search = withValue(spec("stale"), search, "true");
  search = withValue(spec("stale"), search, "false");
  expect(search).toEqual({ status: ["running", "failed"], stale: ["false"] });
  search = withoutValue(search, "status", "running");
  search = withoutValue(search, "stale", "false");
  expect(search).toEqual({ status: ["failed"] });
});

test("clearing filters keeps the order", () => {
  const search = parseSearch("?status=failed&q=x&sort=name");
  expect(withoutFilters(specs, search)).toEqual({ sort: ["name"] });
});

test("a header asks for ascending, descending, then no order", () => {
  expect(nextSort(undefined, "name")).toBe("name");
  expect(nextSort("name", "name")).toBe("-name");
  expect(nextSort("-name", "name")).toBeUndefined();
  expect(nextSort("-name", "status")).toBe("status");
});
