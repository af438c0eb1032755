/** What was sent, waits or was given up; newest first. */
import { Button, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { DeliveryState, NotificationDelivery } from "@/api/contract.ts";
import { deliveriesQuery } from "@/api/notifications.ts";
import { first, type Search } from "@/parts/filters.ts";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { Section } from "@/parts/Section.tsx";
import { StateMark } from "@/parts/StateMark.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { useFollowing } from "@/shell/useFollowing.ts";
import styles from "./notifications.module.css";
import { DELIVERY_STATES } from "./words.ts";

const ANY = "any";
const STATES = [
  { value: ANY, label: "Any state" },
  ...Object.entries(DELIVERY_STATES).map(([value, { word }]) => ({ value, label: word })),
];

type Props = { search: Search; onSearch: (search: Search) => void };

export function DeliveriesSection({ search, onSearch }: Props) {
  const asked = first(search, "state");
  const state =
    asked !== undefined && Object.hasOwn(DELIVERY_STATES, asked) ? (asked as DeliveryState) : null;
  const list = useInfiniteQuery({
    ...deliveriesQuery(state ? { state } : {}),
    refetchInterval: useFollowing(),
  });
  const columns = useMemo(
    () => deliveryColumns((id) => onSearch({ ...search, delivery: [id] })),
    [search, onSearch],
  );
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const filter = (word: string | null) => {
    const { state: _, ...rest } = search;
    onSearch(word === null || word === ANY ? rest : { ...rest, state: [word] });
  };
  return (
    <Section
      title="Messages"
      readAt={list.dataUpdatedAt}
      action={
        <Select
          aria-label="State of messages"
          allowDeselect={false}
          data={STATES}
          value={state ?? ANY}
          onChange={filter}
        />
      }
    >
      {asked !== undefined && state === null ? (
        <p className={styles.unknown} role="status">
          Not known here and not applied: State: {asked}
        </p>
      ) : null}
      <TableSection
        label="Messages"
        query={list}
        rows={rows}
        rowId={(delivery) => delivery.id}
        columns={columns}
        failure="The messages could not be loaded. They are sent all the same."
        empty={
          <p className="quiet">
            {state ? "No message is in this state." : "Nothing was sent in the last 30 days."}
          </p>
        }
      />
      {list.hasNextPage ? (
        <div>
          <Button
            variant="subtle"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Load more
          </Button>
        </div>
      ) : null}
    </Section>
  );
}

const deliveryColumns = (open: (id: string) => void): readonly TableColumn<NotificationDelivery>[] => [
  {
    header: "State",
    cell: (delivery) => (
      <StateMark
        state={DELIVERY_STATES[delivery.state]}
        tip={delivery.state === "sent" ? null : delivery.last_error}
      />
    ),
  },
  {
    header: "Message",
    cell: (delivery) => (
      <button type="button" className={styles.link} onClick={() => open(delivery.id)}>
        {delivery.summary}
      </button>
    ),
  },
  { header: "Channel", minWidth: 120, cell: (delivery) => delivery.channel_name },
  { header: "Attempts", right: true, cell: (delivery) => delivery.attempts },
  {
    header: "Made",
    right: true,
    minWidth: 100,
    cell: (delivery) => <RelativeTime at={delivery.created_at} />,
  },
];
