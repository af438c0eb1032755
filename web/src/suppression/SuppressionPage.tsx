/** Rules that take findings out of the queue. */
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { SuppressionRule } from "@/api/contract.ts";
import { suppressionRulesQuery } from "@/api/suppression.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PlusIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SHAPES, type State, StateMark } from "@/parts/StateMark.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { useLive } from "@/shell/live.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { SuppressionMenu } from "./SuppressionMenu.tsx";
import styles from "./suppression.module.css";
import { conditions } from "./words.ts";

const SuppressionDialog = onDemand(async () => (await import("./SuppressionDialog.tsx")).SuppressionDialog);

const STATES: Record<SuppressionRule["state"], State> = {
  active: { word: "In force", color: "var(--status-completed)", shape: SHAPES.check },
  pending: { word: "Waits for approval", color: "var(--status-running)", shape: SHAPES.clock },
  off: { word: "Switched off", color: "var(--status-cancelled)", shape: SHAPES.slash },
  expired: { word: "Over", color: "var(--severity-medium)", shape: SHAPES.triangle },
};

const COLUMNS: readonly TableColumn<SuppressionRule>[] = [
  { header: "Name", minWidth: 160, cell: (rule) => rule.name },
  { header: "State", minWidth: 120, cell: (rule) => <StateMark state={STATES[rule.state]} /> },
  {
    header: "Matches",
    minWidth: 220,
    cell: (rule) => (
      <>
        {conditions(rule.expression)}
        <span className="quiet"> · {rule.reason}</span>
      </>
    ),
  },
  { header: "Suppressed", minWidth: 100, cell: (rule) => rule.suppressed.toLocaleString() },
  {
    header: "Owner",
    minWidth: 120,
    cell: (rule) => rule.owner.name || rule.owner.email || "Somebody who has left",
  },
  { header: "Until", minWidth: 100, cell: (rule) => <RelativeTime at={rule.expires_at} /> },
  { header: "Actions", actions: true, cell: (rule) => <SuppressionMenu rule={rule} /> },
];

export function SuppressionPage() {
  const { on } = useLive();
  // Findings are matched in the background: the counts follow.
  const rules = useQuery({ ...suppressionRulesQuery, refetchInterval: on ? 10_000 : false });
  const [adding, { open, close }] = useDisclosure(false);
  const denied = usePermission("finding:approve");
  const rows = rules.data?.items ?? [];
  const add = (
    <ReasonButton unavailable={denied} leftSection={<PlusIcon size={14} />} onClick={open}>
      Add rule
    </ReasonButton>
  );
  return (
    <div className={styles.page}>
      <PageHeader title="Suppression rules">{rows.length > 0 ? add : null}</PageHeader>
      <div className={styles.section}>
        <TableSection
          label="Suppression rules"
          query={rules}
          rows={rows}
          rowId={(rule) => rule.id}
          columns={COLUMNS}
          failure="The rules could not be loaded. They count while this page cannot show them."
          empty={
            <EmptyState part title="No rules yet" actions={add}>
              A rule takes the findings that match it out of the queue, for a reason, until a day. What a
              person judges is left alone.
            </EmptyState>
          }
        />
      </div>
      {adding ? <SuppressionDialog rule={null} onClose={close} /> : null}
    </div>
  );
}
