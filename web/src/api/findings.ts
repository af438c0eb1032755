import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call, idempotencyKey } from "./client.ts";
import type { Finding, FindingDetail, FindingState, JobTicket, Page, StateTransition } from "./contract.ts";

export type FindingListQuery = {
  severity?: string[];
  status?: string[];
  scanner?: string[];
  q?: string;
  sort?: string;
};

const PAGE_ROWS = 100;

export const findingKeys = {
  all: ["findings"] as const,
  one: (id: string) => ["findings", "one", id] as const,
};

export const findingListQuery = (filter: FindingListQuery) =>
  infiniteQueryOptions({
    queryKey: ["findings", "list", "all", filter],
    queryFn: ({ pageParam, signal }) =>
      call<Page<Finding>>("GET", "/api/v1/findings", {
        params: { query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const findingQuery = (id: string) =>
  queryOptions({
    queryKey: findingKeys.one(id),
    queryFn: ({ signal }) =>
      call<FindingDetail>("GET", "/api/v1/findings/{id}", { params: { path: { id } }, signal }),
  });

export const transitionsQuery = queryOptions({
  queryKey: ["meta", "finding-states"],
  queryFn: ({ signal }) =>
    call<{ transitions: StateTransition[] }>("GET", "/api/v1/meta/finding-states", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export type Judgement = { to: FindingState; reason: string };

export const judgeFinding = (id: string, body: Judgement) =>
  call<unknown>("POST", "/api/v1/findings/{id}/transition", { params: { path: { id } }, body });

export const judgeFindings = (ids: string[], judgement: Judgement) =>
  call<JobTicket>("POST", "/api/v1/findings/bulk", {
    body: { ids, action: { transition: judgement } },
    headers: idempotencyKey(),
  });
