import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call, idempotencyKey } from "./client.ts";
import type {
  Activity,
  DeleteAnswer,
  Finding,
  JobTicket,
  NewScan,
  Page,
  Preview,
  Scan,
  ScanCommand,
  ScanConfig,
} from "./contract.ts";

export type ScanListQuery = {
  status?: string[];
  origin?: string[];
  vendor?: string[];
  integration_id?: string[];
  import_state?: string[];
  stale?: boolean;
  q?: string;
  sort?: string;
};

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
      call<Page<Scan>>("GET", "/api/v1/scans", {
        params: { query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const scanQuery = (id: string) =>
  queryOptions({
    queryKey: scanKeys.one(id),
    queryFn: ({ signal }) => getScan(id, signal),
  });

export const getScan = (id: string, signal?: AbortSignal) =>
  call<Scan>("GET", "/api/v1/scans/{id}", { params: { path: { id } }, signal });

export const previewQuery = (id: string) =>
  queryOptions({
    queryKey: scanKeys.preview(id),
    queryFn: ({ signal }) =>
      call<Preview>("GET", "/api/v1/scans/{id}/preview", { params: { path: { id } }, signal }),
  });

export const activityQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: scanKeys.activity(id),
    queryFn: ({ pageParam, signal }) =>
      call<Page<Activity>>("GET", "/api/v1/scans/{id}/activity", {
        params: { path: { id }, query: { limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const configQuery = (id: string) =>
  queryOptions({
    queryKey: [...scanKeys.one(id), "config"],
    queryFn: ({ signal }) =>
      call<ScanConfig>("GET", "/api/v1/scans/{id}/config", { params: { path: { id } }, signal }),
  });

export const scanFindingsQuery = (id: string, filter: Record<string, unknown>) =>
  infiniteQueryOptions({
    queryKey: ["findings", "list", "scan", id, filter],
    queryFn: ({ pageParam, signal }) =>
      call<Page<Finding>>("GET", "/api/v1/scans/{id}/findings", {
        params: { path: { id }, query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const createScan = (body: NewScan) =>
  call<Scan>("POST", "/api/v1/scans", { body, headers: idempotencyKey() });

export const commandScan = (id: string, command: ScanCommand) =>
  call<unknown>("POST", `/api/v1/scans/{id}/${command}`, {
    params: { path: { id } },
    headers: idempotencyKey(),
  });

export const cancelScan = (id: string) =>
  call<Scan>("POST", "/api/v1/scans/{id}/cancel", { params: { path: { id } } });

export const importScan = (id: string, force: boolean) =>
  call<JobTicket>("POST", "/api/v1/scans/{id}/import", {
    params: { path: { id }, query: force ? { force: true } : {} },
  });

export async function deleteScan(
  id: string,
  options: { cascadeRemote: boolean; force: boolean },
): Promise<DeleteAnswer> {
  const query: Record<string, unknown> = {};
  if (options.cascadeRemote) query.cascade_remote = true;
  if (options.force) query.force = true;
  const answer = await call<DeleteAnswer | undefined>("DELETE", "/api/v1/scans/{id}", {
    params: { path: { id }, query },
  });
  return { remote: answer?.remote ?? null, warnings: answer?.warnings ?? [] };
}

export const syncNow = (integrationId?: string) =>
  call<JobTicket>("POST", "/api/v1/sync", { body: integrationId ? { integration_id: integrationId } : {} });
