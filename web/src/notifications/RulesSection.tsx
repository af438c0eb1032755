/** Which events go to which channel. */
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { NotificationRule } from "@/api/contract.ts";
import { channelsQuery, rulesQuery } from "@/api/notifications.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PlusIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { Section } from "@/parts/Section.tsx";
import { SEVERITY_WORDS } from "@/parts/SeverityMark.tsx";
import { StateMark } from "@/parts/StateMark.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { useFollowing } from "@/shell/useFollowing.ts";
import { RuleMenu } from "./RuleMenu.tsx";
import { digestWords, EVENT_WORDS, RULE_STATES } from "./words.ts";

const RuleDialog = onDemand(async () => (await import("./RuleDialog.tsx")).RuleDialog);

const COLUMNS: readonly TableColumn<NotificationRule>[] = [
  { header: "Name", cell: (rule) => rule.name },
  { header: "State", cell: (rule) => <StateMark state={rule.enabled ? RULE_STATES.on : RULE_STATES.off} /> },
  {
    header: "Events",
    cell: (rule) => (
      <>
        {rule.events.map((event) => EVENT_WORDS[event]).join(", ")}
        {rule.min_severity ? (
          <span className="quiet"> from {SEVERITY_WORDS[rule.min_severity].toLowerCase()}</span>
        ) : null}
      </>
    ),
  },
  { header: "Channel", minWidth: 120, cell: (rule) => rule.channel_name },
  { header: "When", minWidth: 176, cell: (rule) => digestWords(rule.digest_s) },
  { header: "Actions", actions: true, cell: (rule) => <RuleMenu rule={rule} /> },
];

export function RulesSection() {
  const rules = useQuery({ ...rulesQuery, refetchInterval: useFollowing() });
  const channels = useQuery(channelsQuery);
  const [adding, { open, close }] = useDisclosure(false);
  const mayManage = usePermission("integration:manage");
  const rows = rules.data?.items ?? [];
  const noChannel = channels.data?.items.length === 0 ? "Add a channel first." : null;
  const add = (
    <ReasonButton unavailable={mayManage ?? noChannel} leftSection={<PlusIcon size={14} />} onClick={open}>
      Add rule
    </ReasonButton>
  );
  return (
    <Section title="Rules" readAt={rules.dataUpdatedAt} action={rows.length > 0 ? add : null}>
      <TableSection
        label="Rules"
        query={rules}
        rows={rows}
        rowId={(rule) => rule.id}
        columns={COLUMNS}
        failure="The rules could not be loaded. They count while this page cannot show them."
        empty={
          <EmptyState part title="No rules yet" actions={add}>
            A rule sends events to a channel: runs that end, findings that are new or back, integrations in
            trouble. {noChannel}
          </EmptyState>
        }
      />
      {adding ? <RuleDialog rule={null} onClose={close} /> : null}
    </Section>
  );
}
