import { queryOptions } from "@tanstack/react-query";
import { call } from "./client.ts";
import type { LocalScanner, Page } from "./contract.ts";

export const localScannersQuery = queryOptions({
  queryKey: ["local-scanners"],
  queryFn: ({ signal }) => call<Page<LocalScanner>>("GET", "/api/v1/scanners", { signal }),
  staleTime: 60_000,
});
