import { Link } from "@tanstack/react-router";
import type { ContinuousIntegration, Scan } from "@/api/contract.ts";
import { CopyButton } from "@/parts/CopyButton.tsx";
import { type Fact, Facts } from "@/parts/Facts.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SafeLink } from "@/parts/SafeLink.tsx";
import { STATUS_WORDS } from "@/parts/StatusMark.tsx";
import { IMPORT_WORDS, ORIGIN_WORDS } from "@/scans/scan-filters.ts";
import styles from "./scan.module.css";

export function MetadataPanel({ scan }: { scan: Scan }) {
  const ci = ciFacts(scan.ci);
  return (
    <aside className={styles.aside} aria-label="Details">
      <h2>Details</h2>
      <Facts
        facts={[
          { label: "Status", value: STATUS_WORDS[scan.status] },
          { label: "Vendor says", value: scan.vendor_status_raw },
          { label: "Import", value: IMPORT_WORDS[scan.import_state] },
          { label: "Scan type", value: scan.scan_type },
          { label: "Origin", value: ORIGIN_WORDS[scan.origin] },
          {
            label: "Integration",
            value: scan.integration_id ? (
              <Link
                to="/integrations/$integrationId"
                params={{ integrationId: scan.integration_id }}
                search={{}}
              >
                {scan.integration_name ?? "Open"}
              </Link>
            ) : (
              <span className="quiet">not linked</span>
            ),
          },
          { label: "Vendor id", value: mono(scan.external_scan_id) },
          { label: "Sub-scanner", value: mono(scan.sub_scanner_id) },
          { label: "Assessment run", value: <AssessmentFact run={scan.assessment_run_id} /> },
          {
            label: "Schedule",
            value: <ScheduleFact scan={scan} />,
          },
          { label: "Created", value: <RelativeTime at={scan.created_at} /> },
          { label: "Started", value: <RelativeTime at={scan.started_at} /> },
          {
            label: "Vendor finished",
            value: scan.vendor_finished_at ? <RelativeTime at={scan.vendor_finished_at} /> : null,
          },
          { label: "Finished", value: <RelativeTime at={scan.finished_at} /> },
          {
            label: "Last seen",
            value: scan.last_observed_at ? (
              <RelativeTime at={scan.last_observed_at} stale={scan.stale} />
            ) : null,
          },
          {
            label: "Scan id",
            value: (
              <>
                <span className="mono">{scan.id}</span> <CopyButton text={scan.id} what="scan id" />
              </>
            ),
          },
        ]}
      />
      {ci.length > 0 ? (
        <>
          <h2 style={{ marginTop: 16 }}>Code change</h2>
          <Facts facts={ci} />
        </>
      ) : null}
    </aside>
  );
}

function ScheduleFact({ scan }: { scan: Scan }) {
  if (!scan.schedule) return <span className="quiet">none</span>;
  const next = scan.schedule.next_at;
  return (
    <Link to="/schedules" search={{ schedule: [scan.schedule.id] }}>
      <span className="mono">{scan.schedule_cron}</span> <span className="quiet">{scan.schedule_tz}</span>{" "}
      {next ? (
        <>
          next <RelativeTime at={next} />
        </>
      ) : (
        <span className="quiet">paused</span>
      )}
    </Link>
  );
}

function AssessmentFact({ run }: { run: string | null | undefined }) {
  if (!run) return <span className="quiet">none</span>;
  return (
    <Link to="/scans" search={{ assessment_run_id: [run] }} className="mono">
      {run}
    </Link>
  );
}

const mono = (text: string | null | undefined) => (text ? <span className="mono">{text}</span> : null);

function ciFacts(ci: ContinuousIntegration): Fact[] {
  return [
    { label: "Repository", value: ci.repo_url ? <SafeLink address={ci.repo_url} /> : null },
    { label: "Branch", value: mono(ci.branch_name) },
    { label: "Commit", value: mono(ci.commit_sha) },
    { label: "Pull request", value: ci.pr_number },
    { label: "Triggered by", value: ci.triggered_by },
  ].filter((fact) => fact.value);
}
