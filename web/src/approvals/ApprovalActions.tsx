/** What the caller may do with a request, and why not. The hub decides again. */
import { Button, Group } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { Approval } from "@/api/contract.ts";
import { sessionQuery } from "@/api/session.ts";
import type { Decision } from "@/api/triage.ts";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { usePermission } from "@/shell/permissions.ts";

type Props = { approval: Approval; onDecide: (decision: Decision) => void };

export function ApprovalActions({ approval, onDecide }: Props) {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const denied = usePermission("finding:approve");
  if (approval.state !== "pending") return null;
  if (approval.requester.id === session.user?.id) {
    return (
      <Button size="compact-sm" variant="default" onClick={() => onDecide("withdraw")}>
        Withdraw
      </Button>
    );
  }
  return (
    <Group gap={8} wrap="nowrap" justify="flex-end">
      <ReasonButton size="compact-sm" unavailable={denied} onClick={() => onDecide("approve")}>
        Approve
      </ReasonButton>
      <ReasonButton
        size="compact-sm"
        variant="default"
        unavailable={denied}
        onClick={() => onDecide("reject")}
      >
        Reject
      </ReasonButton>
    </Group>
  );
}
