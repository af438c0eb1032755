import { queryOptions } from "@tanstack/react-query";
import { ApiError, answer, hub } from "./client.ts";
import type { NewSlaPolicy, SlaPolicy, TriagePolicy, TriagePolicyPatch } from "./contract.ts";

const RATING_MS = 2_000;

/** While findings are still being rated by it, it is asked for again. */
export const slaPolicyQuery = queryOptions({
  queryKey: ["policies", "sla"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/sla-policy", { signal })),
  refetchInterval: (query) => (query.state.data?.pending ? RATING_MS : false),
});

export const triagePolicyQuery = queryOptions({
  queryKey: ["policies", "triage"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/triage-policy", { signal })),
});

/** Sent with the version that was read, so that two people cannot overwrite each other unseen. */
export const putSlaPolicy = ({ version }: Pick<SlaPolicy, "version">, body: NewSlaPolicy) =>
  answer(hub.PUT("/api/v1/sla-policy", { params: { header: { "If-Match": `"${version}"` } }, body }));

export const changeTriagePolicy = ({ version }: Pick<TriagePolicy, "version">, body: TriagePolicyPatch) =>
  answer(hub.PATCH("/api/v1/triage-policy", { headers: { "If-Match": `"${version}"` }, body }));

/** Somebody else was faster. */
export const isStale = (error: unknown) => error instanceof ApiError && error.status === 412;
