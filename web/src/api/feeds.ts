import { queryOptions } from "@tanstack/react-query";
import { answer, hub } from "./client.ts";
import type { FeedKind, JobTicket } from "./contract.ts";
import { sendForm } from "./upload.ts";

export const feedsQuery = queryOptions({
  queryKey: ["feeds"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/feeds", { signal })),
});

export const refreshFeed = (kind: FeedKind) =>
  answer(hub.POST("/api/v1/feeds/{kind}/refresh", { params: { path: { kind } } }));

/** `force`: also when it is older, or much smaller, than what is loaded. */
export function loadFeed(
  { kind, file, force }: { kind: FeedKind; file: File; force: boolean },
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<JobTicket> {
  const form = new FormData();
  if (force) form.append("force", "true");
  form.append("file", file, file.name);
  return sendForm(`/api/v1/feeds/${kind}`, form, onProgress, signal);
}
