/** Which events go to which channel. */
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { channelsQuery, rulesQuery } from "@/api/notifications.ts";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PlusIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { SEVERITY_WORDS } from "@/parts/SeverityMark.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { Mark } from "./Mark.tsx";
import styles from "./notifications.module.css";
import { RuleMenu } from "./RuleMenu.tsx";
import { digestWords, EVENT_WORDS } from "./words.ts";

const RuleDialog = onDemand(async () => (await import("./RuleDialog.tsx")).RuleDialog);
const ON = { word: "On", color: "var(--status-completed)" };
const OFF = { word: "Off", color: "var(--status-cancelled)" };

export function RulesSection() {
  const rules = useQuery(rulesQuery);
  const channels = useQuery(channelsQuery);
  const [adding, { open, close }] = useDisclosure(false);
  const mayManage = usePermission("integration:manage");
  const rows = rules.data?.items ?? [];
  const noChannel =
    channels.data?.items.length === 0 ? "Add a channel first: a rule says what goes there." : null;
  const add = (
    <ReasonButton unavailable={mayManage ?? noChannel} leftSection={<PlusIcon size={14} />} onClick={open}>
      Add rule
    </ReasonButton>
  );
  return (
    <section className={styles.section} aria-label="Rules">
      <div className={styles.head}>
        <h2>Rules</h2>
        {rows.length > 0 ? add : null}
      </div>
      {rules.isPending ? (
        <GridSkeleton label="Loading rules" rows={2} />
      ) : rules.isError && rows.length === 0 ? (
        <ProblemNotice
          error={rules.error}
          what="The rules could not be loaded. They count while this page cannot show them."
          onRetry={() => void rules.refetch()}
        />
      ) : rows.length === 0 ? (
        <EmptyState title="No rules yet" actions={add}>
          A rule sends events to a channel: runs that end, findings that are new or back, integrations in
          trouble.
        </EmptyState>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <caption className="visually-hidden">Rules</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">State</th>
                <th scope="col">Events</th>
                <th scope="col">Channel</th>
                <th scope="col">When</th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((rule) => (
                <tr key={rule.id}>
                  <td>{rule.name}</td>
                  <td>
                    <Mark state={rule.enabled ? ON : OFF} hollow={!rule.enabled} />
                  </td>
                  <td>
                    {rule.events.map((event) => EVENT_WORDS[event]).join(", ")}
                    {rule.min_severity ? (
                      <span className="quiet"> from {SEVERITY_WORDS[rule.min_severity].toLowerCase()}</span>
                    ) : null}
                  </td>
                  <td>{rule.channel_name}</td>
                  <td>{digestWords(rule.digest_s)}</td>
                  <td>
                    <RuleMenu rule={rule} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {adding ? <RuleDialog rule={null} onClose={close} /> : null}
    </section>
  );
}
