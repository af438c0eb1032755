import { Link } from "@tanstack/react-router";
import type { AssetCoverage } from "@/api/contract.ts";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { Table, type TableColumn } from "@/parts/Table.tsx";
import styles from "./assets.module.css";

const UNKNOWN = <span className="quiet">Not told</span>;

const COLUMNS: readonly TableColumn<AssetCoverage>[] = [
  {
    header: "Seen by",
    minWidth: 150,
    cell: (seen) =>
      seen.integration_id ? (
        seen.integration ? (
          <Link to="/integrations/$integrationId" params={{ integrationId: seen.integration_id }} search={{}}>
            {seen.integration}
          </Link>
        ) : (
          <span className="quiet">An integration that is gone</span>
        )
      ) : (
        seen.source.replace(/^scanner:/, "")
      ),
  },
  {
    header: "Last looked",
    minWidth: 110,
    cell: ({ latest }) =>
      latest ? (
        <Link to="/scans/$scanId" params={{ scanId: latest.scan_id }} search={{}}>
          <RelativeTime at={latest.at} />
        </Link>
      ) : (
        UNKNOWN
      ),
  },
  {
    header: "Logged in",
    minWidth: 90,
    cell: ({ latest }) => (latest?.authenticated == null ? UNKNOWN : latest.authenticated ? "Yes" : "No"),
  },
  { header: "Last log-in", minWidth: 110, cell: (seen) => <RelativeTime at={seen.last_authenticated_at} /> },
  {
    header: "Imported",
    minWidth: 90,
    cell: ({ latest }) => (latest ? (latest.complete ? "Whole" : "In part") : UNKNOWN),
  },
  { header: "Last whole", minWidth: 110, cell: (seen) => <RelativeTime at={seen.last_complete_at} /> },
  {
    header: "Policy",
    minWidth: 120,
    cell: ({ latest }) => latest?.policy ?? <span className="quiet">—</span>,
  },
  { header: "Sightings", right: true, minWidth: 80, cell: (seen) => seen.sightings.toLocaleString() },
  { header: "Last found", minWidth: 110, cell: (seen) => <RelativeTime at={seen.last_found_at} /> },
];

export function CoverageTab({ coverage }: { coverage: readonly AssetCoverage[] }) {
  return (
    <div className={styles.panel}>
      {coverage.length === 0 ? (
        <p className="quiet">No scanner that is still known has looked at it: its scans were deleted.</p>
      ) : (
        <Table label="Coverage" columns={COLUMNS} rows={coverage} rowId={(seen) => seen.source} />
      )}
    </div>
  );
}
