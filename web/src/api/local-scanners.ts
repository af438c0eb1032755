import { queryOptions } from "@tanstack/react-query";
import { answer, hub } from "./client.ts";

export const localScannersQuery = queryOptions({
  queryKey: ["local-scanners"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/scanners", { signal })),
  staleTime: 60_000,
});
