import { IMPORT_STATES, SCAN_ORIGINS, SCAN_STATUSES, type ScanListQuery } from "@/api/contract.ts";
import { type FilterChoice, type FilterSpec, first, knownValues, type Search } from "@/parts/filters.ts";
import { STATUS_WORDS } from "@/parts/StatusMark.tsx";

export const ORIGIN_WORDS = {
  manual: "Manual",
  integration: "Integration",
  adopted: "Adopted",
  scheduled: "Scheduled",
  local: "Local",
  upload: "Upload",
} as const;

export const IMPORT_WORDS = {
  none: "Not imported",
  pending: "Import pending",
  running: "Importing",
  partial: "Partly imported",
  done: "Imported",
  failed: "Import failed",
} as const;

const words = <Value extends string>(values: readonly Value[], names: Record<Value, string>) =>
  values.map((value) => ({ value, label: names[value] }));

/** Vendors, integrations and assessment runs are the company's own, so their choices come from the hub. */
export function scanFilters(
  vendors: FilterChoice[],
  integrations: FilterChoice[],
  assessments: FilterChoice[],
): FilterSpec[] {
  return [
    { key: "status", label: "Status", choices: words(SCAN_STATUSES, STATUS_WORDS) },
    { key: "origin", label: "Origin", single: true, choices: words(SCAN_ORIGINS, ORIGIN_WORDS) },
    { key: "vendor", label: "Vendor", single: true, choices: vendors },
    { key: "integration_id", label: "Integration", single: true, choices: integrations },
    { key: "import_state", label: "Import", single: true, choices: words(IMPORT_STATES, IMPORT_WORDS) },
    { key: "assessment_run_id", label: "Assessment run", single: true, choices: assessments },
    {
      key: "stale",
      label: "Stale",
      single: true,
      choices: [
        { value: "true", label: "yes" },
        { value: "false", label: "no" },
      ],
    },
  ];
}

export const SCAN_KEYS = [
  "status",
  "origin",
  "vendor",
  "integration_id",
  "import_state",
  "assessment_run_id",
  "stale",
  "q",
  "sort",
];

const SCAN_SORTS = ["name", "status", "severity", "created_at", "started_at", "finished_at"];

export function toScanQuery(specs: readonly FilterSpec[], search: Search): ScanListQuery {
  const { stale, ...known } = knownValues(specs, search);
  const query: ScanListQuery = { ...known };
  if (stale?.[0]) query.stale = stale[0] === "true";
  const text = first(search, "q");
  if (text) query.q = text;
  const sort = first(search, "sort");
  if (sort && SCAN_SORTS.includes(sort.replace(/^-/, ""))) query.sort = sort;
  return query;
}
