import {
  type ComplianceCounts,
  FINDING_STATES,
  type FindingFilter,
  type FindingListQuery,
  type FindingState,
  SEVERITIES,
} from "@/api/contract.ts";
import { type FilterSpec, first, knownValues, type Search } from "@/parts/filters.ts";
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
  suppressed: "Suppressed",
};

export const FINDING_KEYS = [
  "severity",
  "status",
  "scanner",
  "owner",
  "cve",
  "compliance",
  "kev",
  "overdue",
  "risk_min",
  "grouped",
  "q",
  "sort",
  "finding",
];

const FINDING_SORTS = ["severity", "title", "first_seen_at", "last_seen_at", "risk", "due_at"];

const RISKS = ["90", "75", "50", "25"];

const FINDING_FILTERS: readonly FilterSpec[] = [
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
  { key: "scanner", label: "Scanner", single: true },
  {
    key: "owner",
    label: "Owner",
    single: true,
    choices: [
      { value: "me", label: "Me" },
      { value: "none", label: "Nobody" },
      { value: "gone", label: "Somebody who has left" },
    ],
  },
  { key: "cve", label: "CVE", single: true },
  {
    key: "kev",
    label: "Exploited",
    single: true,
    choices: [
      { value: "true", label: "Known (CISA KEV)" },
      { value: "false", label: "Not known" },
    ],
  },
  { key: "overdue", label: "Due", single: true, choices: [{ value: "true", label: "Overdue" }] },
  {
    key: "risk_min",
    label: "Risk",
    single: true,
    choices: RISKS.map((value) => ({ value, label: `${value} and more` })),
  },
];

type TagCounts = { data: ComplianceCounts | undefined; isError: boolean; ask: () => void };

/** Tags with how many findings of the other filters have each; one that is asked for is kept, whether any has it. */
export function findingFilters(search: Search, tags?: TagCounts): readonly FilterSpec[] {
  const counted = (tags?.data?.tags ?? []).filter(
    ({ tag, findings }) => findings > 0 || search.compliance?.includes(tag),
  );
  const choices = counted.map(({ tag, framework, name, findings }) => ({
    value: tag,
    label: tag,
    detail: `${framework}: ${name}`,
    count: findings,
  }));
  const asked = (search.compliance ?? []).filter((tag) => !counted.some((each) => each.tag === tag));
  const compliance: FilterSpec = {
    key: "compliance",
    label: "Compliance",
    single: true,
    choices: [...choices, ...asked.map((tag) => ({ value: tag, label: tag }))],
  };
  if (tags) {
    compliance.onOpen = tags.ask;
    if (tags.isError) compliance.waiting = "The tags could not be counted. Open this again to retry.";
    else if (!tags.data) compliance.waiting = "Counting tags";
    else if (choices.length === 0) compliance.waiting = "None of these findings has a tag.";
  }
  return [...FINDING_FILTERS, compliance];
}

/** Of findings that are one weakness to several scanners only the strongest is listed. */
export const isGrouped = (search: Search) => first(search, "grouped") === "true";

export function toFindingQuery(search: Search): FindingListQuery {
  const { kev, overdue, risk_min, ...texts } = knownValues(findingFilters(search), search);
  const query: FindingListQuery = { ...texts };
  if (kev) query.kev = kev[0] === "true";
  if (overdue) query.overdue = true;
  if (risk_min) query.risk_min = Number(risk_min[0]);
  if (isGrouped(search)) query.grouped = true;
  const text = first(search, "q");
  if (text) query.q = text;
  const sort = first(search, "sort");
  if (sort && FINDING_SORTS.includes(sort.replace(/^-/, ""))) query.sort = sort;
  return query;
}

/** The same as a body of the hub: what is selected does not depend on its order, and is never grouped. */
export function toFindingFilter({
  severity,
  status,
  scanner,
  owner,
  cve,
  compliance,
  kev,
  overdue,
  risk_min,
  q,
}: FindingListQuery): FindingFilter {
  return {
    severity: severity ?? [],
    status: status ?? [],
    ...(scanner && { scanner }),
    ...(owner && { owner }),
    ...(cve && { cve }),
    ...(compliance && { compliance }),
    ...(kev !== undefined && { kev }),
    ...(overdue && { overdue }),
    ...(risk_min !== undefined && { risk_min }),
    ...(q && { q }),
  };
}
