import { Link } from "@tanstack/react-router";
import type { Scan } from "@/api/contract.ts";
import type { GridColumn } from "@/parts/DataGrid.tsx";
import { MiddleEllipsis } from "@/parts/MiddleEllipsis.tsx";
import { RelativeTime, useNow } from "@/parts/RelativeTime.tsx";
import { SeverityBar } from "@/parts/SeverityBar.tsx";
import { StatusMark } from "@/parts/StatusMark.tsx";
import { span } from "@/parts/time.ts";
import { useVendorName } from "@/parts/vendor.ts";
import { ImportMark } from "./ImportMark.tsx";
import { ProgressCell } from "./ProgressCell.tsx";
import { ScanMenu } from "./ScanMenu.tsx";
import { ORIGIN_WORDS } from "./scan-filters.ts";
import styles from "./scans.module.css";

export const SCAN_COLUMNS: readonly GridColumn<Scan>[] = [
  {
    id: "status",
    header: "Status",
    width: "142px",
    sort: "status",
    cell: (scan) => (
      <StatusMark status={scan.status} progress={scan.progress} vendorWord={scan.vendor_status_raw} />
    ),
  },
  {
    id: "name",
    header: "Name",
    width: "minmax(170px, 2fr)",
    sort: "name",
    cell: (scan) => (
      <Link to="/scans/$scanId" params={{ scanId: scan.id }} search={{}} className={styles.name} data-primary>
        <MiddleEllipsis text={scan.name} />
      </Link>
    ),
  },
  {
    id: "vendor",
    header: "Vendor, origin",
    width: "minmax(168px, 1fr)",
    cell: (scan) => <VendorCell scan={scan} />,
  },
  {
    id: "targets",
    header: "Targets",
    width: "54px",
    numeric: true,
    cell: (scan) => scan.target_count?.toLocaleString() ?? "—",
  },
  { id: "progress", header: "Progress", width: "92px", cell: (scan) => <ProgressCell scan={scan} /> },
  {
    id: "findings",
    header: "Findings by severity",
    sort: "severity",
    width: "256px",
    cell: (scan) => <SeverityBar counts={scan.counts} />,
  },
  {
    id: "imported",
    header: "Imported",
    width: "64px",
    numeric: true,
    cell: (scan) => <ImportMark scan={scan} />,
  },
  {
    id: "started",
    header: "Started",
    width: "78px",
    sort: "started_at",
    cell: (scan) => <RelativeTime at={scan.started_at} />,
  },
  {
    id: "duration",
    header: "Duration",
    width: "76px",
    numeric: true,
    cell: (scan) => <Duration scan={scan} />,
  },
  {
    id: "observed",
    header: "Last seen",
    width: "74px",
    cell: (scan) => <RelativeTime at={scan.last_observed_at} stale={scan.stale} />,
  },
  {
    id: "menu",
    header: "Actions",
    hideHeader: true,
    pinned: true,
    width: "40px",
    cell: (scan) => <ScanMenu scan={scan} />,
  },
];

function VendorCell({ scan }: { scan: Scan }) {
  const vendor = useVendorName(scan.vendor);
  return (
    <span className={styles.vendor}>
      {vendor} <span className="quiet">{ORIGIN_WORDS[scan.origin].toLowerCase()}</span>
    </span>
  );
}

/** A working scan's time goes on between two answers of the hub. */
export function Duration({ scan }: { scan: Scan }) {
  const now = useNow();
  if (scan.status === "running" && scan.started_at) {
    return <>{span((now.getTime() - new Date(scan.started_at).getTime()) / 1_000)}</>;
  }
  return <>{span(scan.duration_s)}</>;
}
