import { queryOptions } from "@tanstack/react-query";
import { answer, hub } from "./client.ts";
import type { Job } from "./contract.ts";

export const jobIsOver = (job: Job) =>
  job.state === "done" || job.state === "failed" || job.state === "cancelled";

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["jobs", id],
    queryFn: ({ signal }) => answer(hub.GET("/api/v1/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data && jobIsOver(query.state.data) ? false : 1_500),
  });
