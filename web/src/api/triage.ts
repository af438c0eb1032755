import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, hub, idempotencyKey } from "./client.ts";
import type { ApprovalState } from "./contract.ts";
import { findingKeys } from "./findings.ts";

const PAGE_ROWS = 50;

export const approvalKeys = { all: ["approvals"] as const };

/** The members of the company come whole. */
export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/users", { signal })),
});

export const giveFinding = (id: string, owner: string | null) =>
  answer(hub.PATCH("/api/v1/findings/{id}", { params: { path: { id } }, body: { owner } }));

/** The newest first, so that a long thread begins with what matters. */
export const commentsQuery = (finding: string) =>
  infiniteQueryOptions({
    queryKey: [...findingKeys.one(finding), "comments"],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/findings/{id}/comments", {
          params: {
            path: { id: finding },
            query: { limit: PAGE_ROWS, sort: "-created_at", cursor: pageParam ?? undefined },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const addComment = (finding: string, body: string) =>
  answer(
    hub.POST("/api/v1/findings/{id}/comments", {
      params: { path: { id: finding } },
      body: { body },
      headers: idempotencyKey(),
    }),
  );

export const removeComment = (id: string) =>
  answer(hub.DELETE("/api/v1/comments/{id}", { params: { path: { id } } }));

export const approvalsQuery = (state: ApprovalState | undefined) =>
  infiniteQueryOptions({
    queryKey: [...approvalKeys.all, "list", state ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/approvals", {
          params: { query: { state, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** How many wait for a decision. */
export const waitingQuery = queryOptions({
  queryKey: [...approvalKeys.all, "waiting"],
  queryFn: ({ signal }) =>
    answer(hub.GET("/api/v1/approvals", { params: { query: { state: "pending", limit: 1 } }, signal })),
});

export const approvalFindingsQuery = (id: string) =>
  queryOptions({
    queryKey: [...approvalKeys.all, "findings", id],
    queryFn: ({ signal }) =>
      answer(
        hub.GET("/api/v1/approvals/{id}/findings", {
          params: { path: { id }, query: { limit: PAGE_ROWS } },
          signal,
        }),
      ),
  });

export type Decision = "approve" | "reject" | "withdraw";

export const decide = (id: string, decision: Decision, reason: string) => {
  const params = { path: { id } };
  const body = { reason };
  if (decision === "withdraw") return answer(hub.POST("/api/v1/approvals/{id}/withdraw", { params }));
  if (decision === "approve") return answer(hub.POST("/api/v1/approvals/{id}/approve", { params, body }));
  return answer(hub.POST("/api/v1/approvals/{id}/reject", { params, body }));
};
