import type { ComponentFigures, ComponentKind, ComponentListQuery } from "@/api/contract.ts";
import { type FilterChoice, type FilterSpec, first, knownValues, type Search } from "@/parts/filters.ts";

const COMPONENT_KIND_WORDS: Record<ComponentKind, string> = {
  application: "Application",
  framework: "Framework",
  library: "Library",
  container: "Container",
  "operating-system": "Operating system",
  firmware: "Firmware",
  file: "File",
  other: "Other",
};

export const COMPONENT_KEYS = ["kind", "ecosystem", "license", "scanner", "q", "sort"];

const COMPONENT_SORTS = ["name", "first_seen_at"];

const NONE: FilterChoice = { value: "none", label: "None" };

/** Offers what there is, and keeps what the address asks for, whether it is there or not. */
export function componentFilters(figures: ComponentFigures | undefined, search: Search): FilterSpec[] {
  const offered = (key: string, choices: FilterChoice[]) => {
    const asked = (search[key] ?? []).filter((value) => !choices.some((choice) => choice.value === value));
    return [...choices, ...asked.map((value) => (value === NONE.value ? NONE : { value, label: value }))];
  };
  const ecosystems = figures?.ecosystems.map(({ ecosystem }) =>
    ecosystem ? { value: ecosystem, label: ecosystem } : NONE,
  );
  const licenses = figures?.licenses.map(({ license }) => ({ value: license, label: license }));
  return [
    { key: "ecosystem", label: "Ecosystem", choices: offered("ecosystem", ecosystems ?? []) },
    { key: "license", label: "Licence", choices: offered("license", licenses ?? []) },
    {
      key: "kind",
      label: "Kind",
      choices: Object.entries(COMPONENT_KIND_WORDS).map(([value, label]) => ({ value, label })),
    },
    { key: "scanner", label: "Listed by", single: true },
  ];
}

export function toComponentQuery(search: Search): ComponentListQuery {
  const { scanner, ...several } = knownValues(componentFilters(undefined, search), search);
  const query: ComponentListQuery = { ...several };
  if (scanner?.[0]) query.scanner = scanner[0];
  const text = first(search, "q");
  if (text) query.q = text;
  const sort = first(search, "sort");
  if (sort && COMPONENT_SORTS.includes(sort.replace(/^-/, ""))) query.sort = sort;
  return query;
}
