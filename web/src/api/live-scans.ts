/**
 * Carries events into the query cache. What an event states is patched in at once, in place, so rows never move;
 * then the scan itself is read again, because an event is a hint and the scan resource is the truth.
 */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { IMPORT_STATES, type Page, SCAN_STATUSES, type Scan } from "./contract.ts";
import type { HubEvent } from "./events.ts";
import { getScan, scanKeys } from "./scans.ts";
import { scheduleKeys } from "./schedules.ts";

type ScanPages = InfiniteData<Page<Scan>, string | null>;

const SETTLE_MS = 400;
/** Above this many scans at once, one list request is cheaper than single ones. */
const SINGLE_READS = 12;

export function patchFrom(event: HubEvent): Partial<Scan> {
  const { data } = event;
  const patch: Partial<Scan> = {};
  const status = SCAN_STATUSES.find((each) => each === data.status);
  if (status) patch.status = status;
  const importState = IMPORT_STATES.find((each) => each === data.import_state);
  if (importState) patch.import_state = importState;
  if (typeof data.progress === "number") patch.progress = data.progress;
  if (typeof data.vendor_status_raw === "string") patch.vendor_status_raw = data.vendor_status_raw;
  return patch;
}

function patchScan(cache: QueryClient, id: string, patch: Partial<Scan>): boolean {
  let known = false;
  cache.setQueriesData<ScanPages>({ queryKey: scanKeys.lists }, (lists) => {
    if (!lists) return lists;
    let touched = false;
    const pages = lists.pages.map((page) => {
      const at = page.items.findIndex((scan) => scan.id === id);
      const scan = page.items[at];
      if (!scan) return page;
      touched = true;
      const items = page.items.slice();
      items[at] = { ...scan, ...patch };
      return { ...page, items };
    });
    known ||= touched;
    return touched ? { ...lists, pages } : lists;
  });
  cache.setQueryData<Scan>(scanKeys.one(id), (scan) => {
    if (!scan) return scan;
    known = true;
    return { ...scan, ...patch };
  });
  return known;
}

function newestCreation(cache: QueryClient): string {
  let newest = "";
  for (const [, lists] of cache.getQueriesData<ScanPages>({ queryKey: scanKeys.lists })) {
    for (const page of lists?.pages ?? []) {
      for (const scan of page.items) if (scan.created_at > newest) newest = scan.created_at;
    }
  }
  return newest;
}

type Listener = { onChanged: (ids: string[]) => void; onArrived: (id: string) => void };

export class LiveScans {
  readonly #cache: QueryClient;
  readonly #listener: Listener;
  readonly #touched = new Set<string>();
  #schedules = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(cache: QueryClient, listener: Listener) {
    this.#cache = cache;
    this.#listener = listener;
  }

  receive(event: HubEvent): void {
    if (patchScan(this.#cache, event.scanId, patchFrom(event))) this.#listener.onChanged([event.scanId]);
    this.#touched.add(event.scanId);
    this.#schedules ||= event.name.startsWith("schedule.");
    this.#timer ??= setTimeout(() => void this.settle(), SETTLE_MS);
  }

  async settle(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ids = [...this.#touched];
    this.#touched.clear();
    if (this.#schedules) void this.#cache.invalidateQueries({ queryKey: scheduleKeys.all });
    this.#schedules = false;
    for (const id of ids) {
      void this.#cache.invalidateQueries({ queryKey: scanKeys.activity(id) });
      void this.#cache.invalidateQueries({ queryKey: scanKeys.preview(id) });
    }
    if (ids.length > SINGLE_READS) {
      await this.#cache.invalidateQueries({ queryKey: scanKeys.lists });
      return;
    }
    await Promise.all(ids.map((id) => this.#reread(id)));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#touched.clear();
  }

  async #reread(id: string): Promise<void> {
    try {
      const scan = await getScan(id);
      const newest = newestCreation(this.#cache);
      const known = patchScan(this.#cache, id, scan);
      if (known || scan.created_at <= newest) return;
      // Nothing can jump in an empty list.
      if (newest === "") await this.#cache.invalidateQueries({ queryKey: scanKeys.lists });
      else this.#listener.onArrived(id);
    } catch {
      // Deleted or out of reach meanwhile: the list itself says which, with its own error if it has one.
      await this.#cache.invalidateQueries({ queryKey: scanKeys.lists });
    }
  }
}
