import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ApiError, answer, hub } from "./client.ts";
import type { FindingListQuery, FindingState } from "./contract.ts";

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

export type Judgement = { to: FindingState; reason: string };

export const judgeFinding = (id: string, body: Judgement) =>
  answer(hub.POST("/api/v1/findings/{id}/transition", { params: { path: { id } }, body }));

export type Outcome = { changed: number; refused: { id: string; reason: string }[] };

const AT_ONCE = 4;

/** Judges many findings, each by itself: one that cannot be changed keeps its reason and stops no other. */
export async function judgeFindings(
  ids: readonly string[],
  judgement: Judgement,
  onProgress: (done: number) => void,
): Promise<Outcome> {
  const outcome: Outcome = { changed: 0, refused: [] };
  const waiting = [...ids];
  let done = 0;
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await judgeFinding(id, judgement);
        outcome.changed += 1;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) throw error;
        outcome.refused.push({ id, reason: error instanceof Error ? error.message : String(error) });
      }
      done += 1;
      onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcome;
}
