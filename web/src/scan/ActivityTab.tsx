import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Scan } from "@/api/contract.ts";
import { activityQuery } from "@/api/scans.ts";
import { Actor } from "@/parts/Actor.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { followInterval, useLive } from "@/shell/live.tsx";
import styles from "./scan.module.css";

/** Everything that happened to the scan, the newest first. */
export function ActivityTab({ scan }: { scan: Scan }) {
  const live = useLive();
  const feed = useInfiniteQuery({
    ...activityQuery(scan.id),
    refetchInterval: followInterval(live.on, scan.status),
  });
  const entries = feed.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className={styles.panel}>
      {feed.isError ? (
        <ProblemNotice
          error={feed.error}
          what="The activity could not be loaded."
          onRetry={() => void feed.refetch()}
        />
      ) : null}
      {feed.isSuccess && entries.length === 0 ? (
        <p className="quiet">Nothing has happened to this scan yet.</p>
      ) : null}
      <ol className={styles.feed} aria-label="Activity" aria-busy={feed.isPending}>
        {entries.map((entry) => (
          <li key={entry.id}>
            <RelativeTime at={entry.at} />
            <div>
              <p>{entry.message}</p>
              <p className="quiet">
                <span className="mono">{entry.kind}</span>
                {" · "}
                <Actor actor={entry.actor} />
              </p>
            </div>
          </li>
        ))}
      </ol>
      {feed.hasNextPage ? (
        <div>
          <Button
            variant="subtle"
            loading={feed.isFetchingNextPage}
            onClick={() => void feed.fetchNextPage()}
          >
            Show older
          </Button>
        </div>
      ) : null}
    </div>
  );
}
