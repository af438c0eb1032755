/** The bar over the list while findings are selected. */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { FindingState } from "@/api/contract.ts";
import type { Judgement } from "@/api/findings.ts";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./findings.module.css";
import { JudgementFields } from "./JudgementFields.tsx";

type Props = {
  selected: number;
  /** How many match, when that is more than is selected. */
  matching: number | null;
  ordering: boolean;
  onAll: () => void;
  onNone: () => void;
  onJudge: (judgement: Judgement) => void;
};

export function BulkJudgement({ selected, matching, ordering, onAll, onNone, onJudge }: Props) {
  const [to, setTo] = useState<FindingState | null>(null);
  const [reason, setReason] = useState("");
  const mayTriage = usePermission("finding:triage");
  return (
    <form
      className={styles.bulk}
      aria-label="Change the selected findings"
      onSubmit={(event) => {
        event.preventDefault();
        if (to && !ordering) onJudge({ to, reason: reason.trim() });
      }}
    >
      <span role="status">
        {`${selected.toLocaleString()} ${selected === 1 ? "finding" : "findings"} selected`}
      </span>
      <JudgementFields from={null} to={to} onTo={setTo} reason={reason} onReason={setReason} errors={{}} />
      <ReasonButton
        type="submit"
        loading={ordering}
        unavailable={mayTriage ?? (to === null ? "Choose the new status first." : null)}
      >
        Change status
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
