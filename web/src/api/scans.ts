import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, hub, idempotencyKey } from "./client.ts";
import type { FindingListQuery, NewScan, ScanCommand, ScanListQuery } from "./contract.ts";

const PAGE_ROWS = 100;

export const scanKeys = {
  all: ["scans"] as const,
  lists: ["scans", "list"] as const,
  one: (id: string) => ["scans", "one", id] as const,
  preview: (id: string) => ["scans", "one", id, "preview"] as const,
  activity: (id: string) => ["scans", "one", id, "activity"] as const,
};

export const scanListQuery = (filter: ScanListQuery) =>
  infiniteQueryOptions({
    queryKey: [...scanKeys.lists, filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/scans", {
          params: { query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const scanQuery = (id: string) =>
  queryOptions({
    queryKey: scanKeys.one(id),
    queryFn: ({ signal }) => getScan(id, signal),
  });

export const getScan = (id: string, signal?: AbortSignal) =>
  answer(hub.GET("/api/v1/scans/{id}", { params: { path: { id } }, signal }));

export const previewQuery = (id: string) =>
  queryOptions({
    queryKey: scanKeys.preview(id),
    queryFn: ({ signal }) =>
      answer(hub.GET("/api/v1/scans/{id}/preview", { params: { path: { id } }, signal })),
  });

export const activityQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: scanKeys.activity(id),
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/scans/{id}/activity", {
          params: { path: { id }, query: { limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const configQuery = (id: string) =>
  queryOptions({
    queryKey: [...scanKeys.one(id), "config"],
    queryFn: ({ signal }) =>
      answer(hub.GET("/api/v1/scans/{id}/config", { params: { path: { id } }, signal })),
  });

export const scanFindingsQuery = (id: string, filter: FindingListQuery) =>
  infiniteQueryOptions({
    queryKey: ["findings", "list", "scan", id, filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/scans/{id}/findings", {
          params: { path: { id }, query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** Scans to choose from by a part of their name. */
export const scanChoicesQuery = (text: string) =>
  queryOptions({
    queryKey: [...scanKeys.all, "choices", text],
    queryFn: ({ signal }) =>
      answer(
        hub.GET("/api/v1/scans", {
          params: { query: { limit: PAGE_ROWS, sort: "name", ...(text === "" ? {} : { q: text }) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Those of the newest scans; enough to choose from. */
export const assessmentRunsQuery = queryOptions({
  queryKey: [...scanKeys.all, "assessment-runs"],
  queryFn: ({ signal }) =>
    answer(hub.GET("/api/v1/assessment-runs", { params: { query: { limit: PAGE_ROWS } }, signal })),
});

export const createScan = (body: NewScan) =>
  answer(hub.POST("/api/v1/scans", { body, headers: idempotencyKey() }));

export const commandScan = (id: string, command: ScanCommand) =>
  answer(
    hub.POST(`/api/v1/scans/{id}/${command}`, {
      params: { path: { id } },
      headers: idempotencyKey(),
    }),
  );

export const cancelScan = (id: string) =>
  answer(hub.POST("/api/v1/scans/{id}/cancel", { params: { path: { id } } }));

export const importScan = (id: string, force: boolean) =>
  answer(
    hub.POST("/api/v1/scans/{id}/import", {
      params: { path: { id }, query: force ? { force: true } : {} },
    }),
  );

/** A deletion that leaves the scanner's copy alone is answered without a body. */
export async function deleteScan(id: string, query: { cascade_remote?: boolean; force?: boolean }) {
  const deleted = await answer(hub.DELETE("/api/v1/scans/{id}", { params: { path: { id }, query } }));
  return { remote: deleted?.remote ?? null, warnings: deleted?.warnings ?? [] };
}

export const syncNow = (integrationId?: string) =>
  answer(hub.POST("/api/v1/sync", { body: integrationId ? { integration_id: integrationId } : {} }));
