/** Judgements that wait for a second person, and what became of earlier ones. */
import { Button, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { Approval } from "@/api/contract.ts";
import { approvalsQuery, type Decision } from "@/api/triage.ts";
import { STATE_WORDS } from "@/findings/finding-filters.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { first } from "@/parts/filters.ts";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { SHAPES, type State, StateMark } from "@/parts/StateMark.tsx";
import { type TableColumn, TableSection } from "@/parts/Table.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { ApprovalActions } from "./ApprovalActions.tsx";
import styles from "./approvals.module.css";
import { DecisionDialog } from "./DecisionDialog.tsx";

const route = getRouteApi("/console/approvals");

const STATES: Record<Approval["state"], State> = {
  collecting: { word: "Gathering", color: "var(--status-queued)", shape: SHAPES.circle },
  pending: { word: "Waiting", color: "var(--status-running)", shape: SHAPES.clock },
  approved: { word: "Approved", color: "var(--status-completed)", shape: SHAPES.check },
  rejected: { word: "Rejected", color: "var(--status-failed)", shape: SHAPES.cross },
  withdrawn: { word: "Withdrawn", color: "var(--status-cancelled)", shape: SHAPES.slash },
  expired: { word: "Not decided in time", color: "var(--severity-medium)", shape: SHAPES.triangle },
};

const who = (approval: Approval) =>
  approval.requester.name || approval.requester.email || "Somebody who has left";

export function ApprovalsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const all = first(search, "state") === "all";
  const approvals = useInfiniteQuery(approvalsQuery(all ? undefined : "pending"));
  const [deciding, setDeciding] = useState<{ approval: Approval; decision: Decision } | null>(null);
  const columns: readonly TableColumn<Approval>[] = [
    { header: "State", minWidth: 120, cell: (row) => <StateMark state={STATES[row.state]} /> },
    {
      header: "What",
      minWidth: 160,
      cell: (row) =>
        `${row.findings.toLocaleString()} ${row.findings === 1 ? "finding" : "findings"} to ${STATE_WORDS[row.to].toLowerCase()}`,
    },
    {
      header: "Reason",
      minWidth: 200,
      cell: (row) => (
        <>
          {row.reason}
          {row.decision_reason ? <span className="quiet"> · {row.decision_reason}</span> : null}
        </>
      ),
    },
    {
      header: "Asked",
      minWidth: 140,
      cell: (row) => (
        <>
          {who(row)}, <RelativeTime at={row.requested_at} />
        </>
      ),
    },
    {
      header: "Ends",
      minWidth: 100,
      cell: (row) => (row.state === "pending" ? <RelativeTime at={row.ends_at} /> : null),
    },
    {
      header: "Actions",
      actions: true,
      cell: (row) => (
        <ApprovalActions approval={row} onDecide={(decision) => setDeciding({ approval: row, decision })} />
      ),
    },
  ];
  return (
    <div className={styles.page}>
      <PageHeader title="Approvals">
        <SegmentedControl
          aria-label="Which approvals"
          size="xs"
          data={[
            { value: "pending", label: "Waiting" },
            { value: "all", label: "All" },
          ]}
          value={all ? "all" : "pending"}
          onChange={(value) =>
            void navigate({ search: value === "all" ? { state: ["all"] } : {}, replace: true })
          }
        />
      </PageHeader>
      <div className={styles.section}>
        <TableSection
          label="Approvals"
          query={approvals}
          rows={approvals.data?.pages.flatMap((page) => page.items) ?? []}
          rowId={(row) => row.id}
          columns={columns}
          failure="The approvals could not be loaded."
          empty={
            <EmptyState
              part
              title={all ? "Nobody has asked for an approval yet" : "Nothing waits for a decision"}
            >
              Where the company's policy wants a second person, a judgement waits here until somebody else
              approves it.
            </EmptyState>
          }
        />
        {approvals.hasNextPage ? (
          <div>
            <Button
              variant="subtle"
              loading={approvals.isFetchingNextPage}
              onClick={() => void approvals.fetchNextPage()}
            >
              Show more
            </Button>
          </div>
        ) : null}
      </div>
      {deciding ? <DecisionDialog {...deciding} onClose={() => setDeciding(null)} /> : null}
    </div>
  );
}
