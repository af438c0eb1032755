/** What an operator can do with a feed. */
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import type { Feed } from "@/api/contract.ts";
import { refreshFeed } from "@/api/feeds.ts";
import { onDemand } from "@/parts/onDemand.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { FEED_WORDS } from "./feed-words.ts";
import styles from "./policies.module.css";

const LoadFeedDialog = onDemand(async () => (await import("./LoadFeedDialog.tsx")).LoadFeedDialog);
const RefusalDialog = onDemand(async () => (await import("@/parts/RefusalDialog.tsx")).RefusalDialog);

type Props = { feed: Feed; onOrdered: (jobId: string) => void };

export function FeedActions({ feed, onOrdered }: Props) {
  const [loading, { open, close }] = useDisclosure(false);
  const { name } = FEED_WORDS[feed.kind];
  const refresh = useMutation({
    mutationFn: () => refreshFeed(feed.kind),
    onSuccess: (ticket) => onOrdered(ticket.job_id),
  });
  const placeless = feed.configured
    ? null
    : `The settings name no place for it: set \`[feeds] ${feed.kind}\`, or load its file.`;
  return (
    <span className={styles.buttons}>
      <ReasonButton
        size="compact-sm"
        variant="default"
        aria-label={`Refresh ${name}`}
        loading={refresh.isPending}
        unavailable={placeless}
        onClick={() => refresh.mutate()}
      >
        Refresh
      </ReasonButton>
      <ReasonButton size="compact-sm" variant="default" aria-label={`Load file for ${name}`} onClick={open}>
        Load file
      </ReasonButton>
      {loading ? <LoadFeedDialog feed={feed} onOrdered={onOrdered} onClose={close} /> : null}
      {refresh.isError ? (
        <RefusalDialog
          title={`Refresh ${name}`}
          error={refresh.error}
          what="It was not looked for."
          onClose={refresh.reset}
        />
      ) : null}
    </span>
  );
}
