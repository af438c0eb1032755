import { queryOptions } from "@tanstack/react-query";
import { call } from "./client.ts";
import type { ApiKey, CreatedApiKey, NewApiKey, Page } from "./contract.ts";

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) =>
    call<Page<ApiKey>>("GET", "/api/v1/api-keys", { params: { query: { limit: 500 } }, signal }),
});

export const createApiKey = (body: NewApiKey) => call<CreatedApiKey>("POST", "/api/v1/api-keys", { body });

export const revokeApiKey = (id: string) =>
  call<unknown>("DELETE", "/api/v1/api-keys/{id}", { params: { path: { id } } });
