/** Which other assets are this one, by somebody's word, and taking that back. */
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { assetKeys, mergesQuery, undoMerge } from "@/api/assets.ts";
import type { AssetDetail, AssetMerge } from "@/api/contract.ts";
import { findingKeys } from "@/api/findings.ts";
import { Actor } from "@/parts/Actor.tsx";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./assets.module.css";
import { MergeDialog } from "./MergeDialog.tsx";

const COLUMNS: readonly TableColumn<AssetMerge>[] = [
  {
    header: "Merged",
    minWidth: 180,
    cell: ({ absorbed }) => (
      <>
        {absorbed.name} <span className="quiet mono">{absorbed.identity}</span>
      </>
    ),
  },
  { header: "Reason", minWidth: 160, cell: ({ reason }) => reason || <span className="quiet">—</span> },
  { header: "By", minWidth: 100, cell: (merge) => <Actor actor={merge.merged_by} /> },
  { header: "When", minWidth: 100, cell: (merge) => <RelativeTime at={merge.merged_at} /> },
  {
    header: "Undone",
    minWidth: 100,
    cell: (merge) => <RelativeTime at={merge.undone_at ?? null} />,
  },
  {
    header: "Actions",
    actions: true,
    cell: (merge) => (merge.undone_at ? null : <UndoButton merge={merge} />),
  },
];

export function MergesTab({ asset }: { asset: AssetDetail }) {
  const merges = useQuery(mergesQuery(asset.id));
  const [adding, { open, close }] = useDisclosure(false);
  const denied = usePermission("asset:write");
  const rows = merges.data?.items ?? [];
  const add = (
    <ReasonButton unavailable={denied} onClick={open}>
      Merge another asset into this one
    </ReasonButton>
  );
  return (
    <div className={styles.panel}>
      <TableSection
        label="Merged assets"
        query={merges}
        rows={rows}
        rowId={(merge) => merge.id}
        columns={COLUMNS}
        failure="What was merged into this asset could not be loaded."
        empty={
          <EmptyState part title="Nothing was merged into it" actions={add}>
            One scanner may know the address of a machine and another its name. Say that both are one, and
            their findings meet here. It can be undone at any time.
          </EmptyState>
        }
      />
      {rows.length > 0 ? <div>{add}</div> : null}
      {adding ? <MergeDialog asset={asset} onClose={close} /> : null}
    </div>
  );
}

function UndoButton({ merge }: { merge: AssetMerge }) {
  const [asking, setAsking] = useState(false);
  const denied = usePermission("asset:write");
  const cache = useQueryClient();
  const close = () => setAsking(false);
  return (
    <>
      <ReasonButton unavailable={denied} variant="default" size="xs" onClick={() => setAsking(true)}>
        Undo…
      </ReasonButton>
      {asking ? (
        <ConfirmDialog
          title={`Take ${merge.absorbed.name} apart again`}
          verb="Undo the merge"
          keep="Cancel"
          failure="The merge was not undone."
          harmless
          act={async () => {
            await undoMerge(merge.id);
            await Promise.all([
              cache.invalidateQueries({ queryKey: assetKeys.all }),
              cache.invalidateQueries({ queryKey: findingKeys.all }),
            ]);
            close();
          }}
          onClose={close}
        >
          <p>
            {merge.absorbed.name} gets back the findings that were reported of it, also since the merge, and
            the judgements from before. What a person judged during the merge stays on both.
          </p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
