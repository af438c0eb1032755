import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, hub } from "./client.ts";
import type { BulkAction, FindingFilter, FindingListQuery, FindingState, Job } from "./contract.ts";

const PAGE_ROWS = 100;

export const findingKeys = {
  all: ["findings"] as const,
  one: (id: string) => ["findings", "one", id] as const,
};

export const findingListQuery = (filter: FindingListQuery) =>
  infiniteQueryOptions({
    queryKey: ["findings", "list", "all", filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/findings", {
          params: { query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** How many of the findings that match have each tag. Counted when somebody looks: it reads all of them. */
export const complianceQuery = (filter: FindingFilter, grouped: boolean) =>
  queryOptions({
    queryKey: ["findings", "compliance", filter, grouped],
    queryFn: ({ signal }) => {
      // What a filter does not ask for is not in it, so that nothing is null.
      const query = { ...filter, ...(grouped && { grouped }) } as FindingListQuery;
      return answer(hub.GET("/api/v1/findings/compliance", { params: { query }, signal }));
    },
  });

export const findingQuery = (id: string) =>
  queryOptions({
    queryKey: findingKeys.one(id),
    queryFn: ({ signal }) => answer(hub.GET("/api/v1/findings/{id}", { params: { path: { id } }, signal })),
  });

export const transitionsQuery = queryOptions({
  queryKey: ["meta", "finding-states"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/meta/finding-states", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Those named, or whatever matches when the hub is asked. */
export type FindingSelection = { ids: string[] } | { filter: FindingFilter };

export type Judgement = { to: FindingState; reason: string };

export const judgeFinding = (id: string, body: Judgement) =>
  answer(hub.POST("/api/v1/findings/{id}/transition", { params: { path: { id } }, body }));

/** Changes many findings as one job of the hub, each by itself: one that cannot be changed stops no other. */
export const changeFindings = (selection: FindingSelection, action: BulkAction) =>
  answer(hub.POST("/api/v1/findings/bulk", { body: { ...selection, action } }));

/** How many findings of an order became what; and, of a small one, each of them. */
export type Judged = {
  changed: number;
  unchanged: number;
  pending: number;
  refused: number;
  rows?: { id: string; result: string; reason?: string }[];
};

export const judged = (job: Job): Judged => ({
  changed: 0,
  unchanged: 0,
  pending: 0,
  refused: 0,
  ...(job.result as Partial<Judged> | null),
});
