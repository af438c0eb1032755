/** One message in full: what it tells, and what came of each attempt to send it. */
import { Drawer } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { deliveryQuery, notificationKeys, redeliver } from "@/api/notifications.ts";
import { Facts } from "@/parts/Facts.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SeverityMark } from "@/parts/SeverityMark.tsx";
import { StateMark } from "@/parts/StateMark.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { useFollowing } from "@/shell/useFollowing.ts";
import styles from "./notifications.module.css";
import { DELIVERY_STATES, EVENT_WORDS } from "./words.ts";

export function DeliveryDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useQuery({ ...deliveryQuery(id), refetchInterval: useFollowing() });
  const mayManage = usePermission("integration:manage");
  const cache = useQueryClient();
  const again = useMutation({
    mutationFn: () => redeliver(id),
    onSettled: () => cache.invalidateQueries({ queryKey: notificationKeys.all }),
  });
  const detail = found.data;
  const ended = detail?.delivery.state === "sent" || detail?.delivery.state === "failed";
  const waits = ended ? null : "It has not been sent yet; it is sent when its turn comes.";
  return (
    <Drawer opened onClose={onClose} title={detail?.delivery.summary ?? "Message"}>
      {!detail ? (
        found.isError ? (
          <ProblemNotice
            error={found.error}
            what="The message could not be loaded."
            onRetry={() => void found.refetch()}
          />
        ) : (
          <p className="quiet" aria-busy="true">
            Loading the message
          </p>
        )
      ) : (
        <div className={styles.stack}>
          {found.isError ? (
            <ProblemNotice
              error={found.error}
              what="This is not the newest."
              onRetry={() => void found.refetch()}
            />
          ) : null}
          {again.isError ? <ProblemNotice error={again.error} what="It is not sent again." /> : null}
          <Facts
            facts={[
              { label: "State", value: <StateMark state={DELIVERY_STATES[detail.delivery.state]} /> },
              { label: "Channel", value: detail.delivery.channel_name },
              { label: "Made", value: <RelativeTime at={detail.delivery.created_at} /> },
              {
                label: "Window ends",
                value:
                  detail.delivery.state === "collecting" ? (
                    <RelativeTime at={detail.delivery.due_at} />
                  ) : null,
              },
              {
                label: "Worst",
                value: detail.delivery.severity ? <SeverityMark severity={detail.delivery.severity} /> : null,
              },
              { label: "Id", value: <span className="mono">{detail.delivery.id}</span> },
            ]}
          />
          <div>
            <ReasonButton
              variant="default"
              unavailable={mayManage ?? waits}
              loading={again.isPending}
              onClick={() => again.mutate()}
            >
              Send again
            </ReasonButton>
          </div>
          <section>
            <h3>What it tells</h3>
            <ul className={styles.log} aria-label="Events">
              {detail.events.map((event) => (
                <li key={event.id}>
                  <span>
                    {event.scan_id ? (
                      <Link to="/scans/$scanId" params={{ scanId: event.scan_id }} search={{}}>
                        {event.title}
                      </Link>
                    ) : (
                      event.title
                    )}
                  </span>
                  <span className="quiet">
                    {EVENT_WORDS[event.event]}, <RelativeTime at={event.at} />
                  </span>
                  {event.detail ? <p className={styles.detail}>{event.detail}</p> : null}
                </li>
              ))}
            </ul>
          </section>
          <section>
            <h3>Attempts</h3>
            {detail.log.length === 0 ? (
              <p className="quiet">None yet.</p>
            ) : (
              <ul className={styles.log} aria-label="Attempts">
                {detail.log.map((attempt) => (
                  <li key={attempt.number}>
                    <span>
                      {attempt.number}. {attempt.detail}
                    </span>
                    <span className="quiet">
                      <RelativeTime at={attempt.at} />, {attempt.duration_ms} ms
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
        </div>
      )}
    </Drawer>
  );
}
