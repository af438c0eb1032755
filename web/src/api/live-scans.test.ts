import { QueryClient } from "@tanstack/react-query";
import { HttpResponse, http } from "msw";
import { expect, test, vi } from "vitest";
import { ago, scan } from "../../dev/fixtures.ts";
import { at, hub } from "../../test/hub.ts";
import type { Page, Scan } from "./contract.ts";
import { readEvent } from "./events.ts";
import { LiveScans, patchFrom } from "./live-scans.ts";
import { scanKeys } from "./scans.ts";

type Pages = { pages: Page<Scan>[]; pageParams: (string | null)[] };

const key = [...scanKeys.lists, { status: ["running"] }];

function cacheWith(...scans: Scan[]) {
  const cache = new QueryClient();
  cache.setQueryData<Pages>(key, { pages: [{ items: scans, next_cursor: null }], pageParams: [null] });
  const listener = { onChanged: vi.fn(), onArrived: vi.fn() };
  const rows = () => cache.getQueryData<Pages>(key)?.pages[0]?.items ?? [];
  return { cache, listener, rows, live: new LiveScans(cache, listener) };
}

const event = (name: string, data: object) => {
  const read = readEvent(name, JSON.stringify(data));
  if (!read) throw new Error("the event was not read");
  return read;
};

test("an event changes its row in place at once; other rows stay the same objects in the same order", () => {
  const [first, second, third] = [
    scan({ id: "a" }),
    scan({ id: "b", status: "running", progress: 10 }),
    scan({ id: "c" }),
  ];
  const { live, listener, rows } = cacheWith(first, second, third);
  live.receive(event("scan.progress", { scan_id: "b", progress: 55 }));
  live.stop();
  expect(rows().map((row) => row.id)).toEqual(["a", "b", "c"]);
  expect(rows()[1]?.progress).toBe(55);
  expect(rows()[0]).toBe(first);
  expect(listener.onChanged).toHaveBeenCalledWith(["b"]);
});

test("afterwards the scan itself is read, because the event is only a hint", async () => {
  const { live, rows, cache } = cacheWith(scan({ id: "b", status: "running" }));
  cache.setQueryData(scanKeys.one("b"), scan({ id: "b", status: "running" }));
  hub.use(
    http.get(at("/scans/b"), () => HttpResponse.json(scan({ id: "b", status: "importing", version: 9 }))),
  );
  live.receive(event("scan.complete", { scan_id: "b" }));
  await live.settle();
  expect(rows()[0]).toMatchObject({ status: "importing", version: 9 });
  expect(cache.getQueryData<Scan>(scanKeys.one("b"))?.status).toBe("importing");
});

test("a burst about one scan is one read", async () => {
  const { live } = cacheWith(scan({ id: "b" }));
  let reads = 0;
  hub.use(
    http.get(at("/scans/b"), () => {
      reads += 1;
      return HttpResponse.json(scan({ id: "b" }));
    }),
  );
  for (let count = 0; count < 50; count += 1)
    live.receive(event("scan.progress", { scan_id: "b", progress: count }));
  await live.settle();
  expect(reads).toBe(1);
});

test("a newer scan than all shown is announced, not inserted", async () => {
  const { live, listener, rows } = cacheWith(scan({ id: "a", created_at: ago(100) }));
  hub.use(
    http.get(at("/scans/new"), () => HttpResponse.json(scan({ id: "new", created_at: ago(1) }))),
    http.get(at("/scans/old"), () => HttpResponse.json(scan({ id: "old", created_at: ago(9_000) }))),
  );
  live.receive(event("scan.adopted", { scan_id: "new" }));
  live.receive(event("scan.status", { scan_id: "old", status: "failed" }));
  await live.settle();
  expect(listener.onArrived.mock.calls).toEqual([["new"]]);
  expect(rows()).toHaveLength(1);
});

test("words this console does not know are never stored as a status", () => {
  expect(patchFrom(event("scan.status", { scan_id: "b", status: "exploded", progress: "much" }))).toEqual({});
});

test("what is no event of a scan is ignored", () => {
  expect(readEvent("scan.status", "not json")).toBeNull();
  expect(readEvent("scan.status", "null")).toBeNull();
  expect(readEvent("scan.status", '{"scan_id":7}')).toBeNull();
});
