import { queryOptions } from "@tanstack/react-query";
import { call, idempotencyKey } from "./client.ts";
import type {
  BlocklistEntry,
  CheckStep,
  Connector,
  Health,
  Integration,
  IntegrationPatch,
  JobTicket,
  NewIntegration,
  Page,
  RemoteScan,
  SubScanner,
} from "./contract.ts";

export const integrationKeys = {
  all: ["integrations"] as const,
  one: (id: string) => ["integrations", "one", id] as const,
};

export const integrationListQuery = queryOptions({
  queryKey: [...integrationKeys.all, "list"],
  queryFn: ({ signal }) =>
    call<Page<Integration>>("GET", "/api/v1/integrations", { params: { query: { limit: 500 } }, signal }),
});

export const integrationQuery = (id: string) =>
  queryOptions({
    queryKey: integrationKeys.one(id),
    queryFn: ({ signal }) =>
      call<Integration>("GET", "/api/v1/integrations/{id}", { params: { path: { id } }, signal }),
  });

export const healthQuery = (id: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(id), "health"],
    queryFn: ({ signal }) =>
      call<Health>("GET", "/api/v1/integrations/{id}/health", { params: { path: { id } }, signal }),
    refetchInterval: 30_000,
  });

export const subScannersQuery = (id: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(id), "sub-scanners"],
    queryFn: ({ signal }) =>
      call<Page<SubScanner>>("GET", "/api/v1/integrations/{id}/sub-scanners", {
        params: { path: { id } },
        signal,
      }),
  });

export const remoteScansQuery = (id: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(id), "remote-scans"],
    queryFn: ({ signal }) =>
      call<Page<RemoteScan>>("GET", "/api/v1/integrations/{id}/remote-scans", {
        params: { path: { id } },
        signal,
      }),
  });

export const blocklistQuery = (integrationId: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(integrationId), "blocklist"],
    queryFn: ({ signal }) =>
      call<Page<BlocklistEntry>>("GET", "/api/v1/blocklist", {
        params: { query: { integration_id: integrationId, limit: 500 } },
        signal,
      }),
  });

export const connectorsQuery = queryOptions({
  queryKey: ["connectors"],
  queryFn: ({ signal }) => call<Page<Connector>>("GET", "/api/v1/connectors", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const addIntegration = (body: NewIntegration) =>
  call<Integration>("POST", "/api/v1/integrations", { body, headers: idempotencyKey() });

/** Sent with the version that was read, so that two people cannot overwrite each other unseen. */
export const changeIntegration = ({ id, version }: Integration, body: IntegrationPatch) =>
  call<Integration>("PATCH", "/api/v1/integrations/{id}", {
    params: { path: { id } },
    headers: { "If-Match": `"${version}"` },
    body,
  });

export const deleteIntegration = (id: string) =>
  call<unknown>("DELETE", "/api/v1/integrations/{id}", { params: { path: { id } } });

export const testIntegration = (id: string) =>
  call<{ ok: boolean; steps: CheckStep[] }>("POST", "/api/v1/integrations/{id}/test", {
    params: { path: { id } },
  });

export const backfillIntegration = (id: string) =>
  call<JobTicket & { queued: number }>("POST", "/api/v1/integrations/{id}/backfill", {
    params: { path: { id } },
  });

export const allowAgain = (id: string) =>
  call<unknown>("DELETE", "/api/v1/blocklist/{id}", { params: { path: { id } } });
