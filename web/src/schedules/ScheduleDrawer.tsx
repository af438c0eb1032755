/** One schedule in full: what comes next on both clocks, and what became of each time before. */
import { Button, Drawer } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schedule } from "@/api/contract.ts";
import { scheduleRunsQuery } from "@/api/schedules.ts";
import { Actor } from "@/parts/Actor.tsx";
import { Facts } from "@/parts/Facts.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { NextFires } from "./NextFires.tsx";
import { OutcomeMark, ScheduleMark } from "./ScheduleMark.tsx";
import styles from "./schedules.module.css";
import { shownIn } from "./zone-time.ts";

export function ScheduleDrawer({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const history = useInfiniteQuery(scheduleRunsQuery(schedule.id));
  const runs = history.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Drawer opened onClose={onClose} title={`Schedule of ${schedule.scan_name}`}>
      <div className={styles.detail}>
        <Facts
          facts={[
            { label: "State", value: <ScheduleMark schedule={schedule} /> },
            {
              label: "Scan",
              value: (
                <Link to="/scans/$scanId" params={{ scanId: schedule.scan_id }} search={{}}>
                  {schedule.scan_name}
                </Link>
              ),
            },
            { label: "Times", value: <span className="mono">{schedule.cron}</span> },
            { label: "Time zone", value: schedule.tz },
            { label: "Added", value: <RelativeTime at={schedule.created_at} /> },
            { label: "Added by", value: <Actor actor={schedule.created_by} /> },
          ]}
        />
        <section>
          <h3>Next runs</h3>
          {schedule.next_fires.length > 0 ? (
            <NextFires fires={schedule.next_fires} tz={schedule.tz} label="Next runs" />
          ) : (
            <p className="quiet">None while it does not run. What falls into a pause is not made up for.</p>
          )}
        </section>
        <section>
          <h3>What became of its times</h3>
          {history.isError ? (
            <ProblemNotice
              error={history.error}
              what="The times before could not be loaded."
              onRetry={() => void history.refetch()}
            />
          ) : history.isPending ? (
            <p className="quiet" aria-busy="true">
              Loading
            </p>
          ) : runs.length === 0 ? (
            <p className="quiet">None of its times has come yet.</p>
          ) : (
            <ul className={styles.runs} aria-label="Times before">
              {runs.map((run) => (
                <li key={run.nominal_at}>
                  <OutcomeMark run={run} />
                  <time dateTime={run.nominal_at}>{shownIn(schedule.tz, run.nominal_at)}</time>
                  {run.outcome === "started" && run.scan_id ? (
                    <Link to="/scans/$scanId" params={{ scanId: run.scan_id }} search={{}}>
                      Show scan
                    </Link>
                  ) : (
                    <span />
                  )}
                  {run.reason ? <p className="quiet">{run.reason}</p> : null}
                </li>
              ))}
            </ul>
          )}
          {history.hasNextPage ? (
            <Button
              variant="subtle"
              loading={history.isFetchingNextPage}
              onClick={() => void history.fetchNextPage()}
            >
              Load more
            </Button>
          ) : null}
        </section>
      </div>
    </Drawer>
  );
}
