import { ASSET_KINDS, type AssetKind, type AssetListQuery, type Criticality } from "@/api/contract.ts";
import { type FilterSpec, first, knownValues, type Search } from "@/parts/filters.ts";

export const KIND_WORDS: Record<AssetKind, string> = {
  host: "Host",
  site: "Site",
  repository: "Repository",
  image: "Image",
  cloud_resource: "Cloud resource",
};

export const CRITICALITY_WORDS: Record<Criticality, string> = {
  low: "Low",
  normal: "Normal",
  high: "High",
  critical: "Critical",
};

export const ASSET_KEYS = ["kind", "tag", "owner", "stale", "q", "sort"];

const ASSET_SORTS = ["name", "created_at", "last_seen_at"];

export const ASSET_FILTERS: readonly FilterSpec[] = [
  {
    key: "kind",
    label: "Kind",
    choices: ASSET_KINDS.map((value) => ({ value, label: KIND_WORDS[value] })),
  },
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
  {
    key: "stale",
    label: "Seen",
    single: true,
    choices: [
      { value: "false", label: "Lately" },
      { value: "true", label: "Not for long" },
    ],
  },
  { key: "tag", label: "Tag" },
];

export function toAssetQuery(search: Search): AssetListQuery {
  const { stale, owner, ...rest } = knownValues(ASSET_FILTERS, search);
  const query: AssetListQuery = { ...rest };
  if (owner?.[0]) query.owner = owner[0];
  if (stale?.[0]) query.stale = stale[0] === "true";
  const text = first(search, "q");
  if (text) query.q = text;
  const sort = first(search, "sort");
  if (sort && ASSET_SORTS.includes(sort.replace(/^-/, ""))) query.sort = sort;
  return query;
}
