import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, hub } from "./client.ts";
import type { AssetDetail, AssetListQuery, AssetPatch, FindingListQuery } from "./contract.ts";

const PAGE_ROWS = 100;

export const assetKeys = {
  all: ["assets"] as const,
  one: (id: string) => ["assets", "one", id] as const,
};

export const assetListQuery = (filter: AssetListQuery) =>
  infiniteQueryOptions({
    queryKey: ["assets", "list", filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/assets", {
          params: { query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const assetQuery = (id: string) =>
  queryOptions({
    queryKey: assetKeys.one(id),
    queryFn: ({ signal }) => answer(hub.GET("/api/v1/assets/{id}", { params: { path: { id } }, signal })),
  });

/** Under the findings' keys: a judgement makes them old. */
export const assetFindingsQuery = (id: string, filter: FindingListQuery) =>
  infiniteQueryOptions({
    queryKey: ["findings", "list", "asset", id, filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/findings", {
          params: { query: { ...filter, asset_id: id, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const changeAsset = (asset: AssetDetail, body: AssetPatch) =>
  answer(
    hub.PATCH("/api/v1/assets/{id}", {
      params: { path: { id: asset.id }, header: { "If-Match": `"${asset.version}"` } },
      body,
    }),
  );

export const mergesQuery = (id: string) =>
  queryOptions({
    queryKey: ["assets", "merges", id],
    queryFn: ({ signal }) =>
      answer(hub.GET("/api/v1/assets/{id}/merges", { params: { path: { id } }, signal })),
  });

/** `from` becomes a part of the asset. */
export const mergeAssets = (asset: AssetDetail, from: string, reason: string) =>
  answer(
    hub.POST("/api/v1/assets/{id}/merges", {
      params: { path: { id: asset.id }, header: { "If-Match": `"${asset.version}"` } },
      body: { from, reason },
    }),
  );

export const undoMerge = (id: string) =>
  answer(hub.POST("/api/v1/asset-merges/{id}/undo", { params: { path: { id } } }));
