import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { BlockEntry, Integration } from "@/api/contract.ts";
import { allowAgain, blocklistQuery, integrationKeys } from "@/api/integrations.ts";
import { Actor } from "@/parts/Actor.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./integrations.module.css";

const COLUMNS: readonly TableColumn<BlockEntry>[] = [
  { header: "Scan", cell: (row) => row.name },
  { header: "Vendor id", cell: (row) => <span className="mono">{row.external_scan_id}</span> },
  { header: "Deleted", cell: (row) => <RelativeTime at={row.created_at} /> },
  { header: "By", cell: (row) => <Actor actor={row.created_by} /> },
];

export function BlocklistTab({ integration }: { integration: Integration }) {
  const list = useQuery(blocklistQuery(integration.id));
  const cache = useQueryClient();
  const mayDelete = usePermission("scan:delete");
  const allow = useMutation({
    mutationFn: allowAgain,
    onSuccess: () => cache.invalidateQueries({ queryKey: integrationKeys.one(integration.id) }),
  });
  const action: TableColumn<BlockEntry> = {
    header: "Action",
    actions: true,
    cell: (row) => (
      <ReasonButton
        variant="default"
        unavailable={mayDelete}
        loading={allow.isPending && allow.variables === row.id}
        onClick={() => allow.mutate(row.id)}
      >
        Allow again<span className="visually-hidden">: {row.name}</span>
      </ReasonButton>
    ),
  };
  return (
    <div className={styles.panel}>
      <p className="quiet">
        Scans deleted here that still exist at the vendor. They are not adopted again until they are allowed.
      </p>
      {allow.isError ? <ProblemNotice error={allow.error} what="The scan is still blocked." /> : null}
      <TableSection
        label="Blocked scans"
        query={list}
        rows={list.data?.items ?? []}
        rowId={(row) => row.id}
        columns={[...COLUMNS, action]}
        failure="The blocklist could not be loaded."
        empty={<p className="quiet">Nothing is blocked.</p>}
      />
    </div>
  );
}
