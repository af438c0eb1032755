import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Integration, RemoteScan } from "@/api/contract.ts";
import { remoteScansQuery } from "@/api/integrations.ts";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import styles from "./integrations.module.css";

const COLUMNS: readonly TableColumn<RemoteScan>[] = [
  { header: "Name", cell: (row) => row.name },
  { header: "Vendor says", cell: (row) => <span className="quiet">{row.status || "—"}</span> },
  { header: "In Scanhelm", cell: (row) => <Adoption row={row} /> },
  { header: "Vendor id", cell: (row) => <span className="mono">{row.external_scan_id}</span> },
];

export function RemoteScansTab({ integration }: { integration: Integration }) {
  const list = useQuery(remoteScansQuery(integration.id));
  return (
    <div className={styles.panel}>
      <TableSection
        label="Scans at the vendor"
        query={list}
        rows={list.data?.items ?? []}
        rowId={(row) => row.external_scan_id}
        columns={COLUMNS}
        failure="The vendor's scans could not be listed."
        empty={<p className="quiet">The vendor lists no scans.</p>}
      />
    </div>
  );
}

function Adoption({ row }: { row: RemoteScan }) {
  if (row.scan_id) {
    return (
      <Link to="/scans/$scanId" params={{ scanId: row.scan_id }} search={{}}>
        Adopted
      </Link>
    );
  }
  return row.adoption === "blocked" ? <>Deleted here, blocked</> : <>Adopted at the next sweep</>;
}
