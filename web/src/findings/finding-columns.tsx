import type { Finding } from "@/api/contract.ts";
import type { GridColumn } from "@/parts/DataGrid.tsx";
import { MiddleEllipsis } from "@/parts/MiddleEllipsis.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SeverityMark } from "@/parts/SeverityMark.tsx";
import { STATE_WORDS } from "./finding-filters.ts";
import styles from "./findings.module.css";
import { Due, Risk } from "./Rating.tsx";

/** `grouped`: each row stands for all findings of its weakness. */
export function findingColumns(open: (id: string) => void, grouped: boolean): readonly GridColumn<Finding>[] {
  return [
    {
      id: "severity",
      header: "Severity",
      width: "92px",
      sort: "severity",
      cell: (finding) => <SeverityMark severity={finding.severity} />,
    },
    {
      id: "risk",
      header: "Risk",
      width: "84px",
      numeric: true,
      sort: "risk",
      cell: (finding) => <Risk finding={finding} />,
    },
    {
      id: "title",
      header: "Title",
      width: "minmax(230px, 2fr)",
      sort: "title",
      cell: (finding) => (
        <>
          <button type="button" className={styles.title} data-primary onClick={() => open(finding.id)}>
            <MiddleEllipsis text={finding.title} tail={14} />
          </button>
          {grouped ? <Others finding={finding} /> : null}
        </>
      ),
    },
    {
      id: "asset",
      header: "Asset",
      width: "minmax(116px, 1fr)",
      cell: (finding) => (finding.asset ? <MiddleEllipsis text={finding.asset} /> : "—"),
    },
    {
      id: "location",
      header: "Location",
      width: "minmax(116px, 1fr)",
      cell: (finding) => (
        <span className={`${styles.location} mono`}>
          <MiddleEllipsis text={finding.location} tail={16} />
        </span>
      ),
    },
    {
      id: "status",
      header: "Status",
      width: "104px",
      cell: (finding) => STATE_WORDS[finding.status] ?? finding.status,
    },
    {
      id: "due",
      header: "Due",
      width: "128px",
      sort: "due_at",
      cell: (finding) => <Due finding={finding} />,
    },
    {
      id: "scanners",
      header: "Scanners",
      width: "68px",
      numeric: true,
      cell: ({ group, sighting_count }) =>
        ((grouped ? group?.sightings : null) ?? sighting_count).toLocaleString(),
    },
    {
      id: "last_seen",
      header: "Last seen",
      width: "84px",
      sort: "last_seen_at",
      cell: (finding) => <RelativeTime at={finding.last_seen_at} />,
    },
  ];
}

/** How many findings stand behind this one in a grouped list, and whose they are. */
function Others({ finding: { group } }: { finding: Finding }) {
  const others = (group?.findings ?? 1) - 1;
  if (others < 1) return null;
  return (
    <span className={styles.others} data-tip={`One weakness to ${group?.scanners.join(", ")}`}>
      +{others}
      <span className="visually-hidden"> more findings of this weakness</span>
    </span>
  );
}
