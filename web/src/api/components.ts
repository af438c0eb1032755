import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, hub } from "./client.ts";
import type { ComponentListQuery } from "./contract.ts";

const PAGE_ROWS = 100;

export const componentListQuery = (filter: ComponentListQuery) =>
  infiniteQueryOptions({
    queryKey: ["components", "list", filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/components", {
          params: { query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** Of one asset or of all: what there is to filter by. */
export const componentCountsQuery = (assetId: string | undefined) =>
  queryOptions({
    queryKey: ["components", "counts", assetId ?? null],
    queryFn: ({ signal }) =>
      answer(
        hub.GET("/api/v1/components/counts", {
          params: { query: assetId ? { asset_id: assetId } : {} },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
