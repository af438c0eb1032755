/** What the scanner shows right now, as the hub last saw it: looking at it never calls the vendor. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Preview, type Scan, SEVERITIES } from "@/api/contract.ts";
import { previewQuery } from "@/api/scans.ts";
import { EmptyState, Notice } from "@/parts/EmptyState.tsx";
import { Figures } from "@/parts/Facts.tsx";
import { ImportIcon } from "@/parts/icons.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SeverityChip, SeverityMark } from "@/parts/SeverityMark.tsx";
import { Table, type TableColumn } from "@/parts/Table.tsx";
import { followInterval, useLive } from "@/shell/live.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { importState, isLocal, nothingImported } from "./action-rules.ts";
import styles from "./scan.module.css";
import { useScanActions } from "./useScanActions.ts";

const COLUMNS: readonly TableColumn<Preview["rows"][number]>[] = [
  { header: "Severity", cell: (row) => <SeverityMark severity={row.severity} /> },
  { header: "Vulnerability", cell: (row) => row.title },
  { header: "Family", cell: (row) => <span className="quiet">{row.family ?? "—"}</span> },
  { header: "Count", right: true, cell: (row) => row.count.toLocaleString() },
];

export function ScannerTab({ scan }: { scan: Scan }) {
  const live = useLive();
  const hasPreview = scan.capabilities.preview.available;
  const preview = useQuery({
    ...previewQuery(scan.id),
    enabled: hasPreview,
    refetchInterval: followInterval(live.on, scan.status),
  });
  return (
    <div className={styles.panel}>
      <ImportCall scan={scan} />
      <LocalScanners scan={scan} />
      {hasPreview ? (
        preview.data ? (
          <PreviewView preview={preview.data} />
        ) : preview.isError ? (
          <ProblemNotice
            error={preview.error}
            what="The scanner's view could not be loaded."
            onRetry={() => void preview.refetch()}
          />
        ) : (
          <p className="quiet" aria-busy="true">
            Loading the scanner's view
          </p>
        )
      ) : isLocal(scan) ? null : (
        <EmptyState title="No live view">
          {scan.capabilities.preview.reason ?? "This scan has no scanner behind it that could be looked at."}
        </EmptyState>
      )}
    </div>
  );
}

function ImportCall({ scan }: { scan: Scan }) {
  const actions = useScanActions(scan.id);
  const state = importState(scan, usePermission("scan:import"));
  if (!nothingImported(scan) || !state.show || state.reason !== null) return null;
  return (
    <Notice tone="plain">
      <span className={styles.chips}>
        Nothing of this scan has been imported yet.
        <Button
          leftSection={<ImportIcon size={14} />}
          loading={actions.import.isPending}
          onClick={() => actions.import.mutate(false)}
        >
          Import now
        </Button>
      </span>
      {actions.import.isError ? (
        <ProblemNotice error={actions.import.error} what="The import was not started." />
      ) : null}
    </Notice>
  );
}

function LocalScanners({ scan }: { scan: Scan }) {
  if (scan.scanners_run.length === 0 && scan.scanners_skipped.length === 0) return null;
  return (
    <section>
      <h2>Scanners</h2>
      {scan.scanners_run.length > 0 ? <p>Ran: {scan.scanners_run.join(", ")}</p> : null}
      {scan.scanners_skipped.length > 0 ? (
        <details open>
          <summary>Skipped ({scan.scanners_skipped.length})</summary>
          <ul>
            {scan.scanners_skipped.map((each) => (
              <li key={each.scanner}>
                {each.scanner}: {each.reason}
                {each.install_hint ? (
                  <>
                    {" "}
                    <span className="mono">{each.install_hint}</span>
                  </>
                ) : null}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}

function PreviewView({ preview }: { preview: Preview }) {
  return (
    <>
      <div className={styles.flush}>
        <Figures
          label="What the scanner shows"
          facts={[
            { label: "Hosts", value: preview.hosts.toLocaleString() },
            { label: "Vulnerabilities", value: preview.vulnerabilities.toLocaleString() },
            { label: "Seen", value: <RelativeTime at={preview.observed_at} /> },
          ]}
        />
      </div>
      <div className={styles.chips}>
        {SEVERITIES.map((severity) => (
          <SeverityChip key={severity} severity={severity} count={preview.by_severity[severity]} />
        ))}
      </div>
      {preview.rows.length === 0 ? (
        <p className="quiet">The scanner lists no vulnerability yet.</p>
      ) : (
        <Table
          label="Vulnerabilities at the scanner"
          columns={COLUMNS}
          rows={preview.rows}
          rowId={(row) => `${row.rule_id} ${row.title} ${row.family}`}
        />
      )}
    </>
  );
}
