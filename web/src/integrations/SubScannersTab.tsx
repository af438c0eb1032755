import { useQuery } from "@tanstack/react-query";
import type { Integration, SubScanner } from "@/api/contract.ts";
import { subScannersQuery } from "@/api/integrations.ts";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import styles from "./integrations.module.css";

const COLUMNS: readonly TableColumn<SubScanner>[] = [
  { header: "Name", cell: (row) => row.name },
  { header: "Vendor's state", cell: (row) => row.status ?? "—" },
  { header: "Version", cell: (row) => row.version ?? "—" },
  { header: "Vendor id", cell: (row) => <span className="mono">{row.external_id}</span> },
];

export function SubScannersTab({ integration }: { integration: Integration }) {
  const list = useQuery(subScannersQuery(integration.id));
  return (
    <div className={styles.panel}>
      <TableSection
        label="Sub-scanners"
        query={list}
        rows={list.data?.items ?? []}
        rowId={(row) => row.id}
        columns={COLUMNS}
        failure="The sub-scanners could not be loaded."
        empty={
          <p className="quiet">
            {integration.name} shows no child appliances; its scans run on the scanner itself.
          </p>
        }
      />
    </div>
  );
}
