import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Integration, RemoteScan } from "@/api/contract.ts";
import { remoteScansQuery } from "@/api/integrations.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./integrations.module.css";

export function RemoteScansTab({ integration }: { integration: Integration }) {
  const list = useQuery(remoteScansQuery(integration.id));
  const rows = list.data?.items ?? [];
  return (
    <div className={styles.panel}>
      {list.isError ? (
        <ProblemNotice
          error={list.error}
          what="The vendor's scans could not be listed."
          onRetry={() => void list.refetch()}
        />
      ) : list.isPending ? (
        <p className="quiet">Asking for the vendor's scans</p>
      ) : rows.length === 0 ? (
        <p className="quiet">The vendor lists no scans.</p>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <caption className="visually-hidden">Scans at the vendor</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Vendor says</th>
                <th scope="col">In Scanhelm</th>
                <th scope="col">Vendor id</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.external_scan_id}>
                  <td>{row.name}</td>
                  <td className="quiet">{row.status || "—"}</td>
                  <td>
                    <Adoption row={row} />
                  </td>
                  <td className="mono">{row.external_scan_id}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
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
