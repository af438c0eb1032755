/** Says what becomes of both assets before they are merged. */
import { Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { assetKeys, assetListQuery, mergeAssets } from "@/api/assets.ts";
import type { AssetDetail } from "@/api/contract.ts";
import { findingKeys } from "@/api/findings.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";

const TYPING_MS = 250;

export function MergeDialog({ asset, onClose }: { asset: AssetDetail; onClose: () => void }) {
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<{ id: string; name: string } | null>(null);
  const [reason, setReason] = useState("");
  const [wanted] = useDebouncedValue(search.trim(), TYPING_MS);
  const cache = useQueryClient();
  const q = wanted === chosen?.name ? "" : wanted;
  const found = useInfiniteQuery(assetListQuery({ kind: [asset.kind], ...(q ? { q } : {}) }));
  const others = (found.data?.pages ?? []).flatMap((page) => page.items).filter(({ id }) => id !== asset.id);
  const choices = others.map(({ id, name, identity }) => ({
    value: id,
    label: identity.endsWith(`:${name}`) ? name : `${name} (${identity})`,
  }));
  if (chosen && !choices.some(({ value }) => value === chosen.id)) {
    choices.unshift({ value: chosen.id, label: chosen.name });
  }
  return (
    <ConfirmDialog
      title={`Merge into ${asset.name}`}
      verb="Merge"
      keep="Cancel"
      failure="Nothing was merged."
      harmless
      act={async () => {
        if (!chosen) throw new Error("Choose the asset that is the same.");
        await mergeAssets(asset, chosen.id, reason.trim());
        await Promise.all([
          cache.invalidateQueries({ queryKey: assetKeys.all }),
          cache.invalidateQueries({ queryKey: findingKeys.all }),
        ]);
        onClose();
      }}
      onClose={onClose}
    >
      <p>
        The findings of the other asset move here, and what is reported of it from now on lands here. Where
        both have the same finding one stays, with the evidence of both. It can be undone at any time.
      </p>
      {found.isError ? <ProblemNotice error={found.error} what="The assets could not be loaded." /> : null}
      <Select
        label="The same as"
        placeholder="Type a name or an address"
        searchable
        required
        nothingFoundMessage={found.isPending ? "Looking…" : "No asset of this kind has that text."}
        data={choices}
        filter={({ options }) => options}
        value={chosen?.id ?? null}
        onChange={(id, option) => setChosen(id ? { id, name: option?.label ?? id } : null)}
        searchValue={search}
        onSearchChange={setSearch}
        data-autofocus
      />
      <TextInput
        label="Reason"
        placeholder="How you know"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}
