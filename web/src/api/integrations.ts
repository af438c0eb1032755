import { queryOptions } from "@tanstack/react-query";
import { answer, hub, idempotencyKey } from "./client.ts";
import type { Integration, IntegrationPatch, NewIntegration } from "./contract.ts";

export const integrationKeys = {
  all: ["integrations"] as const,
  one: (id: string) => ["integrations", "one", id] as const,
};

export const integrationListQuery = queryOptions({
  queryKey: [...integrationKeys.all, "list"],
  queryFn: ({ signal }) =>
    answer(hub.GET("/api/v1/integrations", { params: { query: { limit: 500 } }, signal })),
});

export const integrationQuery = (id: string) =>
  queryOptions({
    queryKey: integrationKeys.one(id),
    queryFn: ({ signal }) =>
      answer(hub.GET("/api/v1/integrations/{id}", { params: { path: { id } }, signal })),
  });

export const healthQuery = (id: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(id), "health"],
    queryFn: ({ signal }) =>
      answer(hub.GET("/api/v1/integrations/{id}/health", { params: { path: { id } }, signal })),
    refetchInterval: 30_000,
  });

export const subScannersQuery = (id: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(id), "sub-scanners"],
    queryFn: ({ signal }) =>
      answer(
        hub.GET("/api/v1/integrations/{id}/sub-scanners", {
          params: { path: { id } },
          signal,
        }),
      ),
  });

export const remoteScansQuery = (id: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(id), "remote-scans"],
    queryFn: ({ signal }) =>
      answer(
        hub.GET("/api/v1/integrations/{id}/remote-scans", {
          params: { path: { id } },
          signal,
        }),
      ),
  });

export const blocklistQuery = (integrationId: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(integrationId), "blocklist"],
    queryFn: ({ signal }) =>
      answer(
        hub.GET("/api/v1/blocklist", {
          params: { query: { integration_id: integrationId, limit: 500 } },
          signal,
        }),
      ),
  });

export const connectorsQuery = queryOptions({
  queryKey: ["connectors"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/connectors", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: [...integrationKeys.one(id), "webhook"],
    queryFn: ({ signal }) =>
      answer(hub.GET("/api/v1/integrations/{id}/webhook", { params: { path: { id } }, signal })),
  });

export const addIntegration = (body: NewIntegration) =>
  answer(hub.POST("/api/v1/integrations", { body, headers: idempotencyKey() }));

/** Sent with the version that was read, so that two people cannot overwrite each other unseen. */
export const changeIntegration = ({ id, version }: Integration, body: IntegrationPatch) =>
  answer(
    hub.PATCH("/api/v1/integrations/{id}", {
      params: { path: { id } },
      headers: { "If-Match": `"${version}"` },
      body,
    }),
  );

export const deleteIntegration = (id: string) =>
  answer(hub.DELETE("/api/v1/integrations/{id}", { params: { path: { id } } }));

export const testIntegration = (id: string) =>
  answer(
    hub.POST("/api/v1/integrations/{id}/test", {
      params: { path: { id } },
    }),
  );

export const allowAgain = (id: string) =>
  answer(hub.DELETE("/api/v1/blocklist/{id}", { params: { path: { id } } }));

/** Imports what the scanner still has from before it was connected. */
export const backfill = (id: string) =>
  answer(hub.POST("/api/v1/integrations/{id}/backfill", { params: { path: { id } } }));

export const issueWebhookSecret = (id: string) =>
  answer(hub.POST("/api/v1/integrations/{id}/webhook/secret", { params: { path: { id } } }));

export const endWebhook = (id: string) =>
  answer(hub.DELETE("/api/v1/integrations/{id}/webhook", { params: { path: { id } } }));
