import { FINDING_STATES, type FindingState, SEVERITIES } from "@/api/contract.ts";
import type { FindingListQuery } from "@/api/findings.ts";
import { type FilterChoice, type FilterSpec, first, knownValues, type Search } from "@/parts/filters.ts";
import { SEVERITY_WORDS } from "@/parts/SeverityMark.tsx";

export const STATE_WORDS: Record<FindingState, string> = {
  open: "Open",
  in_progress: "In progress",
  fixed: "Fixed",
  not_seen: "Not seen",
  verified_fixed: "Verified fixed",
  risk_accepted: "Risk accepted",
  false_positive: "False positive",
  duplicate: "Duplicate",
  closed: "Closed",
};

export const FINDING_KEYS = ["severity", "status", "scanner", "q", "sort", "finding"];

export const FINDING_SORTS = ["severity", "title", "first_seen_at", "last_seen_at"];

/** Scanners are offered as far as the loaded rows name them; any other may still stand in the address. */
export function findingFilters(search: Search, seenScanners: readonly string[] = []): FilterSpec[] {
  const scanners: FilterChoice[] = [...new Set([...seenScanners, ...(search.scanner ?? [])])]
    .sort()
    .map((value) => ({ value, label: value }));
  return [
    {
      key: "severity",
      label: "Severity",
      choices: SEVERITIES.map((value) => ({ value, label: SEVERITY_WORDS[value] })),
    },
    {
      key: "status",
      label: "Status",
      choices: FINDING_STATES.map((value) => ({ value, label: STATE_WORDS[value] })),
    },
    { key: "scanner", label: "Scanner", choices: scanners },
  ];
}

export function toFindingQuery(specs: readonly FilterSpec[], search: Search): FindingListQuery {
  const query: FindingListQuery = { ...knownValues(specs, search) };
  const text = first(search, "q");
  if (text) query.q = text;
  const sort = first(search, "sort");
  if (sort && FINDING_SORTS.includes(sort.replace(/^-/, ""))) query.sort = sort;
  return query;
}
