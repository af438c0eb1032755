import { Link } from "@tanstack/react-router";
import type { Schedule } from "@/api/contract.ts";
import type { GridColumn } from "@/parts/DataGrid.tsx";
import { MiddleEllipsis } from "@/parts/MiddleEllipsis.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { useVendorName } from "@/parts/vendor.ts";
import { OutcomeMark, ScheduleMark } from "./ScheduleMark.tsx";
import { ScheduleMenu } from "./ScheduleMenu.tsx";
import styles from "./schedules.module.css";
import { shownIn, viewersZone } from "./zone-time.ts";

export const scheduleColumns = (onOpen: (id: string) => void): GridColumn<Schedule>[] => [
  {
    id: "state",
    header: "State",
    width: "104px",
    cell: (schedule) => <ScheduleMark schedule={schedule} />,
  },
  {
    id: "scan",
    header: "Scan",
    width: "minmax(170px, 2fr)",
    cell: (schedule) => (
      <Link
        to="/scans/$scanId"
        params={{ scanId: schedule.scan_id }}
        search={{}}
        className={styles.name}
        data-primary
      >
        <MiddleEllipsis text={schedule.scan_name} />
      </Link>
    ),
  },
  {
    id: "vendor",
    header: "Runs at",
    width: "minmax(120px, 1fr)",
    cell: (schedule) => <Place schedule={schedule} />,
  },
  {
    id: "times",
    header: "Times",
    width: "minmax(190px, 1.2fr)",
    cell: (schedule) => (
      <span className={styles.times}>
        <span className="mono">{schedule.cron}</span> <span className="quiet">{schedule.tz}</span>
      </span>
    ),
  },
  {
    id: "next",
    header: "Next run",
    width: "92px",
    sort: "next_at",
    cell: (schedule) => <RelativeTime at={schedule.next_at} />,
  },
  {
    id: "there",
    header: "In its zone",
    width: "150px",
    cell: (schedule) => <Next schedule={schedule} zone={schedule.tz} />,
  },
  {
    id: "here",
    header: "Your time",
    width: "150px",
    cell: (schedule) => <Next schedule={schedule} zone={viewersZone()} />,
  },
  {
    id: "last",
    header: "Last time",
    width: "120px",
    cell: (schedule) =>
      schedule.last_run ? <OutcomeMark run={schedule.last_run} /> : <span className="quiet">none yet</span>,
  },
  {
    id: "missed",
    header: "Not served",
    width: "104px",
    cell: (schedule) => <Missed schedule={schedule} onOpen={onOpen} />,
  },
  {
    id: "menu",
    header: "Actions",
    hideHeader: true,
    pinned: true,
    width: "40px",
    cell: (schedule) => <ScheduleMenu schedule={schedule} />,
  },
];

function Place({ schedule }: { schedule: Schedule }) {
  const vendor = useVendorName(schedule.vendor);
  return (
    <span className={styles.times}>
      {schedule.integration_name ?? "This hub"} <span className="quiet">{vendor}</span>
    </span>
  );
}

function Next({ schedule, zone }: { schedule: Schedule; zone: string }) {
  if (!schedule.next_at) return <span className="quiet">—</span>;
  const later = schedule.next_fires.slice(1).map((at) => shownIn(zone, at));
  return (
    <time
      dateTime={schedule.next_at}
      data-tip={later.length > 0 ? `Then ${later.join(" · ")}` : undefined}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the times after must be reachable by keyboard too
      tabIndex={0}
    >
      {shownIn(zone, schedule.next_at)}
    </time>
  );
}

/** The newest few come with the schedule; all of them are in its history. */
const LISTED = 5;

function Missed({ schedule, onOpen }: { schedule: Schedule; onOpen: (id: string) => void }) {
  const count = schedule.missed.length;
  const words = count === 0 ? "History" : `${count}${count >= LISTED ? " or more" : ""}`;
  return (
    <button
      type="button"
      className={styles.link}
      data-missed={count > 0 || undefined}
      aria-label={
        count === 0
          ? `History of ${schedule.scan_name}`
          : `${words} times of ${schedule.scan_name} that started no run`
      }
      onClick={() => onOpen(schedule.id)}
    >
      {words}
    </button>
  );
}
