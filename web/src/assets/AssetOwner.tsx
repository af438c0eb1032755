/** Who takes care of an asset, and what it belongs to. */
import { Select, TagsInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { assetKeys, changeAsset } from "@/api/assets.ts";
import type { AssetDetail, AssetPatch } from "@/api/contract.ts";
import { membersQuery } from "@/api/triage.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { Tags } from "./asset-columns.tsx";
import styles from "./assets.module.css";

export const ownerName = (person: { name?: string | null; email?: string | null }) =>
  person.name || person.email || "Somebody who has left";

export function AssetOwner({ asset }: { asset: AssetDetail }) {
  const denied = usePermission("asset:write");
  const members = useQuery(membersQuery);
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: (patch: AssetPatch) => changeAsset(asset, patch),
    onSettled: () => cache.invalidateQueries({ queryKey: assetKeys.all }),
  });
  const owner = asset.owner ?? null;
  if (denied) {
    return (
      <div className={styles.said}>
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
      {change.isError ? <ProblemNotice error={change.error} what="Nothing was changed." /> : null}
    </>
  );
}
