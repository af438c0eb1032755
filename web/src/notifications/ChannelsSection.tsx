/** Where notifications go, and how each place is doing. */
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { NotificationChannel } from "@/api/contract.ts";
import { channelsQuery } from "@/api/notifications.ts";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PlusIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { ChannelMenu } from "./ChannelMenu.tsx";
import { Mark } from "./Mark.tsx";
import styles from "./notifications.module.css";
import { CHANNEL_STATES, KIND_WORDS } from "./words.ts";

const AddChannelDialog = onDemand(async () => (await import("./AddChannelDialog.tsx")).AddChannelDialog);
const REFRESH_MS = 10_000;

export function ChannelsSection() {
  const channels = useQuery({ ...channelsQuery, refetchInterval: REFRESH_MS });
  const [adding, { open, close }] = useDisclosure(false);
  const mayManage = usePermission("integration:manage");
  const rows = channels.data?.items ?? [];
  const add = (
    <ReasonButton unavailable={mayManage} leftSection={<PlusIcon size={14} />} onClick={open}>
      Add channel
    </ReasonButton>
  );
  return (
    <section className={styles.section} aria-label="Channels">
      <div className={styles.head}>
        <h2>Channels</h2>
        {rows.length > 0 ? add : null}
      </div>
      {channels.isPending ? (
        <GridSkeleton label="Loading channels" rows={2} />
      ) : channels.isError && rows.length === 0 ? (
        <ProblemNotice
          error={channels.error}
          what="The channels could not be loaded. Messages go on while this page cannot show them."
          onRetry={() => void channels.refetch()}
        />
      ) : rows.length === 0 ? (
        <EmptyState title="No channels yet" actions={add}>
          A channel is where messages go: a signed webhook, mailboxes, Slack or Microsoft Teams.
        </EmptyState>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <caption className="visually-hidden">Channels</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">State</th>
                <th scope="col">Goes to</th>
                <th scope="col">Last arrived</th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((channel) => (
                <tr key={channel.id}>
                  <td>{channel.name}</td>
                  <td>
                    <Mark
                      state={CHANNEL_STATES[channel.state]}
                      hollow={channel.state === "off" || channel.state === "unknown"}
                    />
                    <Why channel={channel} />
                  </td>
                  <td>
                    {KIND_WORDS[channel.kind]}{" "}
                    <span className="quiet">
                      {channel.kind === "email" ? channel.recipients.join(", ") : channel.host}
                    </span>
                  </td>
                  <td>
                    <RelativeTime at={channel.last_success_at} />
                  </td>
                  <td>
                    <ChannelMenu channel={channel} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {adding ? <AddChannelDialog onClose={close} /> : null}
    </section>
  );
}

/** What is wrong and what comes next. */
function Why({ channel }: { channel: NotificationChannel }) {
  if (channel.state === "suspended") return <p className={styles.why}>{channel.suspended?.detail}</p>;
  if (channel.state !== "failing") return null;
  return (
    <p className={styles.why}>
      {channel.last_error} Next attempt: <RelativeTime at={channel.retry_at} />.
    </p>
  );
}
