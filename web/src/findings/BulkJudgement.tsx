/** The bar over the list while findings are selected. */
import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { BulkAction, FindingState } from "@/api/contract.ts";
import { membersQuery } from "@/api/triage.ts";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { named } from "./FindingOwner.tsx";
import styles from "./findings.module.css";
import { JudgementFields } from "./JudgementFields.tsx";

type Props = {
  selected: number;
  /** How many match, when that is more than is selected. */
  matching: number | null;
  ordering: boolean;
  onAll: () => void;
  onNone: () => void;
  onOrder: (action: BulkAction) => void;
};

const NOBODY = "none";

export function BulkJudgement({ selected, matching, ordering, onAll, onNone, onOrder }: Props) {
  const [to, setTo] = useState<FindingState | null>(null);
  const [reason, setReason] = useState("");
  const [owner, setOwner] = useState<string | null>(null);
  const members = useQuery(membersQuery);
  const mayTriage = usePermission("finding:triage");
  const action: BulkAction = {
    ...(to && { to, reason: reason.trim() }),
    ...(owner && { owner: owner === NOBODY ? null : owner }),
  };
  const nothing = to === null && owner === null;
  return (
    <form
      className={styles.bulk}
      aria-label="Change the selected findings"
      onSubmit={(event) => {
        event.preventDefault();
        if (!nothing && !ordering) onOrder(action);
      }}
    >
      <span role="status">
        {`${selected.toLocaleString()} ${selected === 1 ? "finding" : "findings"} selected`}
      </span>
      <JudgementFields from={null} to={to} onTo={setTo} reason={reason} onReason={setReason} errors={{}} />
      <Select
        aria-label="New owner"
        placeholder="New owner"
        clearable
        searchable
        data={[
          { value: NOBODY, label: "Nobody" },
          ...(members.data?.items ?? []).map((member) => ({ value: member.id, label: named(member) })),
        ]}
        value={owner}
        onChange={setOwner}
      />
      <ReasonButton
        type="submit"
        loading={ordering}
        unavailable={mayTriage ?? (nothing ? "Choose the new status or the new owner first." : null)}
      >
        {to && owner ? "Change status and owner" : owner ? "Change owner" : "Change status"}
      </ReasonButton>
      {matching !== null ? (
        <Button variant="subtle" onClick={onAll}>
          {`Select all ${matching.toLocaleString()} matching`}
        </Button>
      ) : null}
      <Button variant="subtle" color="gray" onClick={onNone}>
        Deselect
      </Button>
    </form>
  );
}
