import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Integration, RemoteScan } from "@/api/contract.ts";
import { backfillIntegration, remoteScansQuery } from "@/api/integrations.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./integrations.module.css";

export function RemoteScansTab({ integration }: { integration: Integration }) {
  const list = useQuery(remoteScansQuery(integration.id));
  const mayImport = usePermission("scan:import");
  const backfill = useMutation({ mutationFn: () => backfillIntegration(integration.id) });
  const rows = list.data?.items ?? [];
  return (
    <div className={styles.panel}>
      <div className={styles.buttons}>
        <ReasonButton
          variant="default"
          unavailable={mayImport ?? (integration.enabled ? null : "The integration is disabled.")}
          loading={backfill.isPending}
          data-tip="Import every completed scan whose results are not here yet"
          onClick={() => backfill.mutate()}
        >
          Import the history
        </ReasonButton>
      </div>
      {backfill.isError ? <ProblemNotice error={backfill.error} what="The history was not queued." /> : null}
      {backfill.data ? (
        backfill.data.queued === 0 ? (
          <Notice tone="plain">Nothing left to import: every completed scan is here already.</Notice>
        ) : (
          <JobWatch
            jobId={backfill.data.job_id}
            doing={`Importing ${backfill.data.queued} completed scans`}
            done={() => "The history is imported."}
          />
        )
      ) : null}
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
