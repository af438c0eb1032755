/** Where notifications go, and how each place is doing. */
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { NotificationChannel } from "@/api/contract.ts";
import { channelsQuery } from "@/api/notifications.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PlusIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { Section } from "@/parts/Section.tsx";
import { StateMark } from "@/parts/StateMark.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { useFollowing } from "@/shell/useFollowing.ts";
import { ChannelMenu } from "./ChannelMenu.tsx";
import styles from "./notifications.module.css";
import { CHANNEL_STATES, KIND_WORDS } from "./words.ts";

const AddChannelDialog = onDemand(async () => (await import("./AddChannelDialog.tsx")).AddChannelDialog);

const COLUMNS: readonly TableColumn<NotificationChannel>[] = [
  { header: "Name", cell: (channel) => channel.name },
  {
    header: "State",
    cell: (channel) => (
      <>
        <StateMark state={CHANNEL_STATES[channel.state]} />
        <Why channel={channel} />
      </>
    ),
  },
  {
    header: "Goes to",
    cell: (channel) => (
      <>
        {KIND_WORDS[channel.kind]}{" "}
        <span className="quiet">
          {channel.kind === "email" ? channel.recipients.join(", ") : channel.host}
        </span>
      </>
    ),
  },
  { header: "Last arrived", minWidth: 100, cell: (channel) => <RelativeTime at={channel.last_success_at} /> },
  {
    header: "Actions",
    actions: true,
    cell: (channel) => <ChannelMenu channel={channel} />,
  },
];

export function ChannelsSection() {
  const channels = useQuery({ ...channelsQuery, refetchInterval: useFollowing() });
  const [adding, { open, close }] = useDisclosure(false);
  const mayManage = usePermission("integration:manage");
  const rows = channels.data?.items ?? [];
  const add = (
    <ReasonButton unavailable={mayManage} leftSection={<PlusIcon size={14} />} onClick={open}>
      Add channel
    </ReasonButton>
  );
  return (
    <Section title="Channels" readAt={channels.dataUpdatedAt} action={rows.length > 0 ? add : null}>
      <TableSection
        label="Channels"
        query={channels}
        rows={rows}
        rowId={(channel) => channel.id}
        columns={COLUMNS}
        failure="The channels could not be loaded. Messages go on while this page cannot show them."
        empty={
          <EmptyState part title="No channels yet" actions={add}>
            A channel is where messages go: a signed webhook, mailboxes, Slack or Microsoft Teams.
          </EmptyState>
        }
      />
      {adding ? <AddChannelDialog onClose={close} /> : null}
    </Section>
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
