/** How fresh the public facts are by which findings are rated, and bringing newer ones. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Feed, FeedKind, Job } from "@/api/contract.ts";
import { feedsQuery } from "@/api/feeds.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { Section } from "@/parts/Section.tsx";
import { StateMark } from "@/parts/StateMark.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { useOperator } from "@/shell/permissions.ts";
import { useFollowing } from "@/shell/useFollowing.ts";
import { FeedActions } from "./FeedActions.tsx";
import { FEED_WORDS, feedState, isLoaded } from "./feed-words.ts";
import styles from "./policies.module.css";

type Ordered = { kind: FeedKind; jobId: string };

const COLUMNS: readonly TableColumn<Feed>[] = [
  {
    header: "Feed",
    minWidth: 150,
    cell: ({ kind }) => (
      <>
        {FEED_WORDS[kind].name}
        <p className={`${styles.why} quiet`}>{FEED_WORDS[kind].brings}</p>
      </>
    ),
  },
  {
    header: "State",
    minWidth: 170,
    cell: (feed) => (
      <>
        <StateMark state={feedState(feed)} />
        <Why feed={feed} />
      </>
    ),
  },
  { header: "Version", minWidth: 110, cell: (feed) => feed.version ?? <span className="quiet">—</span> },
  {
    header: "Records",
    right: true,
    minWidth: 80,
    cell: (feed) => (isLoaded(feed) ? feed.records.toLocaleString() : <span className="quiet">—</span>),
  },
  { header: "Published", minWidth: 84, cell: (feed) => <RelativeTime at={feed.published_at} /> },
  { header: "Last attempt", minWidth: 92, cell: (feed) => <RelativeTime at={feed.last_attempt_at} /> },
  { header: "Comes from", minWidth: 150, cell: (feed) => <Origin feed={feed} /> },
];

export function FeedsSection() {
  const feeds = useQuery({ ...feedsQuery, refetchInterval: useFollowing() });
  const operator = useOperator();
  const cache = useQueryClient();
  const [ordered, setOrdered] = useState<Ordered | null>(null);
  const over = useCallback(() => void cache.invalidateQueries({ queryKey: feedsQuery.queryKey }), [cache]);
  const rows = feeds.data?.items ?? [];
  const actions: TableColumn<Feed> = {
    header: "Actions",
    actions: true,
    cell: (feed) => <FeedActions feed={feed} onOrdered={(jobId) => setOrdered({ kind: feed.kind, jobId })} />,
  };
  return (
    <Section
      title="Feeds"
      about="Public facts about vulnerabilities by which findings are rated; Scanhelm fetches none unless its settings name a place."
      readAt={feeds.dataUpdatedAt}
    >
      {rows.length > 0 && !rows.some(isLoaded) ? (
        <Notice tone="plain">
          No feed is loaded yet: findings are rated by their severity and their own CVSS vectors alone.
        </Notice>
      ) : null}
      {ordered ? (
        <JobWatch
          key={ordered.jobId}
          jobId={ordered.jobId}
          doing={`Loading ${FEED_WORDS[ordered.kind].name}`}
          done={(job) => outcome(ordered.kind, job)}
          onOver={over}
        />
      ) : null}
      <TableSection
        label="Feeds"
        query={feeds}
        rows={rows}
        rowId={(feed) => feed.kind}
        focusable
        columns={operator ? [...COLUMNS, actions] : COLUMNS}
        failure="The feeds could not be loaded. Findings keep their rating while this page cannot show them."
        empty={<p className="quiet">This version of Scanhelm knows no feed.</p>}
      />
      {operator || !feeds.isSuccess ? null : (
        <p className={`${styles.note} quiet`}>
          They serve every company of this installation, so only its operator brings newer ones: here, in an
          operator's session, or on the hub's machine with{" "}
          <span className="mono">scanhelm feeds import epss FILE</span>.
        </p>
      )}
    </Section>
  );
}

/** Only operators are told: it may name places of the installation. */
function Why({ feed }: { feed: Feed }) {
  if (!feed.failed) return null;
  return (
    <p className={styles.why}>
      {feed.error ?? "What was loaded before stands. The operator of this installation sees why."}
    </p>
  );
}

function Origin({ feed }: { feed: Feed }) {
  const { source, configured, configured_source: place, next_look_at } = feed;
  const where = !place
    ? "Looked for in a place of the settings"
    : place === source
      ? "Looked for there"
      : `Looked for in ${place}`;
  return (
    <div className={styles.why}>
      {source ? <p>{source}</p> : null}
      <p className="quiet">
        {configured ? where : "Files that the operator brings"}
        {next_look_at ? (
          <>
            , next <RelativeTime at={next_look_at} />
          </>
        ) : null}
      </p>
    </div>
  );
}

function outcome(kind: FeedKind, job: Job) {
  const { name } = FEED_WORDS[kind];
  const { outcome, records } = job.result ?? {};
  if (outcome === "unchanged") return `${name}: this is what was loaded already.`;
  const count =
    typeof records !== "number"
      ? "loaded"
      : records === 1
        ? "1 record"
        : `${records.toLocaleString()} records`;
  return `${name}: ${count}. Findings are rated anew in the background.`;
}
