import { useQuery } from "@tanstack/react-query";
import type { Integration } from "@/api/contract.ts";
import { subScannersQuery } from "@/api/integrations.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./integrations.module.css";

export function SubScannersTab({ integration }: { integration: Integration }) {
  const list = useQuery(subScannersQuery(integration.id));
  const rows = list.data?.items ?? [];
  return (
    <div className={styles.panel}>
      {list.isError ? (
        <ProblemNotice
          error={list.error}
          what="The sub-scanners could not be loaded."
          onRetry={() => void list.refetch()}
        />
      ) : list.isPending ? (
        <p className="quiet">Loading the sub-scanners</p>
      ) : rows.length === 0 ? (
        <p className="quiet">
          {integration.name} shows no child appliances; its scans run on the scanner itself.
        </p>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <caption className="visually-hidden">Sub-scanners</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Vendor's state</th>
                <th scope="col">Version</th>
                <th scope="col">Vendor id</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.id}>
                  <td>{row.name}</td>
                  <td>{row.status ?? "—"}</td>
                  <td>{row.version ?? "—"}</td>
                  <td className="mono">{row.external_id}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
