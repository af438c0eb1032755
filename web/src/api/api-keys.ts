import { queryOptions } from "@tanstack/react-query";
import { answer, hub } from "./client.ts";
import type { NewApiKey } from "./contract.ts";

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/api-keys", { params: { query: { limit: 500 } }, signal })),
});

export const createApiKey = (body: NewApiKey) => answer(hub.POST("/api/v1/api-keys", { body }));

export const revokeApiKey = (id: string) =>
  answer(hub.DELETE("/api/v1/api-keys/{id}", { params: { path: { id } } }));
