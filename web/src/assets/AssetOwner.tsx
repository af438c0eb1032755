/** Who takes care of an asset, what it belongs to, and how much depends on it. */
import { Select, TagsInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { assetKeys, changeAsset } from "@/api/assets.ts";
import { type AssetDetail, type AssetPatch, CRITICALITIES } from "@/api/contract.ts";
import { findingKeys } from "@/api/findings.ts";
import { membersQuery } from "@/api/triage.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { Tags } from "./asset-columns.tsx";
import { CRITICALITY_WORDS } from "./asset-filters.ts";
import styles from "./assets.module.css";

const CHOICES = CRITICALITIES.map((value) => ({ value, label: CRITICALITY_WORDS[value] }));

export const ownerName = (person: { name?: string | null; email?: string | null }) =>
  person.name || person.email || "Somebody who has left";

export function AssetOwner({ asset }: { asset: AssetDetail }) {
  const denied = usePermission("asset:write");
  const members = useQuery(membersQuery);
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: (patch: AssetPatch) => changeAsset(asset, patch),
    onSettled: (_answer, _error, { criticality }) =>
      Promise.all([
        cache.invalidateQueries({ queryKey: assetKeys.all }),
        criticality ? cache.invalidateQueries({ queryKey: findingKeys.all }) : null,
      ]),
  });
  const owner = asset.owner ?? null;
  if (denied) {
    return (
      <div className={styles.said}>
        <span>Criticality: {CRITICALITY_WORDS[asset.criticality].toLowerCase()}</span>
        <span>Owner: {owner ? ownerName(owner) : "nobody"}</span>
        {asset.tags.length > 0 ? <Tags tags={asset.tags} /> : null}
      </div>
    );
  }
  const choices = (members.data?.items ?? []).map((member) => ({
    value: member.id,
    label: ownerName(member),
  }));
  if (owner?.gone) choices.push({ value: owner.id, label: ownerName(owner) });
  return (
    <>
      <div className={styles.said}>
        <Select
          label="Criticality"
          className={styles.narrow}
          allowDeselect={false}
          data={CHOICES}
          value={change.isPending ? (change.variables.criticality ?? asset.criticality) : asset.criticality}
          disabled={change.isPending}
          onChange={(chosen) => {
            const criticality = CRITICALITIES.find((each) => each === chosen);
            if (criticality && criticality !== asset.criticality) change.mutate({ criticality });
          }}
        />
        <Select
          label="Owner"
          placeholder="Nobody"
          clearable
          searchable
          data={choices}
          value={owner?.id ?? null}
          disabled={change.isPending}
          onChange={(id) => {
            if (id !== (owner?.id ?? null)) change.mutate({ owner: id });
          }}
        />
        <TagsInput
          label="Tags"
          placeholder={asset.tags.length > 0 ? "" : "Type one, then Enter"}
          className={styles.wide}
          value={change.isPending ? (change.variables.tags ?? asset.tags) : asset.tags}
          disabled={change.isPending}
          onChange={(tags) => change.mutate({ tags })}
        />
      </div>
      {change.isSuccess && change.variables.criticality ? (
        <Notice tone="plain">
          Its findings are rated anew in the background, and so are their due dates.
        </Notice>
      ) : null}
      {change.isError ? <ProblemNotice error={change.error} what="Nothing was changed." /> : null}
    </>
  );
}
