/** What was sent, waits or was given up; newest first. */
import { Button, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { DeliveryState } from "@/api/contract.ts";
import { deliveriesQuery } from "@/api/notifications.ts";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { Mark } from "./Mark.tsx";
import styles from "./notifications.module.css";
import { DELIVERY_STATES } from "./words.ts";

const REFRESH_MS = 10_000;
const ANY = "any";
const STATES = [
  { value: ANY, label: "Any state" },
  ...Object.entries(DELIVERY_STATES).map(([value, { word }]) => ({ value, label: word })),
];

export function DeliveriesSection({ onOpen }: { onOpen: (id: string) => void }) {
  const [state, setState] = useState<DeliveryState | null>(null);
  const list = useInfiniteQuery({
    ...deliveriesQuery(state ? { state } : {}),
    refetchInterval: REFRESH_MS,
  });
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={styles.section} aria-label="Messages">
      <div className={styles.head}>
        <h2>Messages</h2>
        <Select
          aria-label="State of messages"
          allowDeselect={false}
          data={STATES}
          value={state ?? ANY}
          onChange={(word) => setState(word && word in DELIVERY_STATES ? (word as DeliveryState) : null)}
        />
      </div>
      {list.isPending ? (
        <GridSkeleton label="Loading messages" rows={3} />
      ) : list.isError && rows.length === 0 ? (
        <ProblemNotice
          error={list.error}
          what="The messages could not be loaded. They are sent all the same."
          onRetry={() => void list.refetch()}
        />
      ) : rows.length === 0 ? (
        <p className="quiet">
          {state ? "No message is in this state." : "Nothing was sent in the last 30 days."}
        </p>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <caption className="visually-hidden">Messages</caption>
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Message</th>
                <th scope="col">Channel</th>
                <th scope="col">Attempts</th>
                <th scope="col">Made</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((delivery) => (
                <tr key={delivery.id}>
                  <td>
                    <Mark
                      state={DELIVERY_STATES[delivery.state]}
                      hollow={delivery.state === "collecting"}
                      tip={delivery.state === "sent" ? null : delivery.last_error}
                    />
                  </td>
                  <td>
                    <button type="button" className={styles.link} onClick={() => onOpen(delivery.id)}>
                      {delivery.summary}
                    </button>
                  </td>
                  <td>{delivery.channel_name}</td>
                  <td className="numbers">{delivery.attempts}</td>
                  <td>
                    <RelativeTime at={delivery.created_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
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
    </section>
  );
}
