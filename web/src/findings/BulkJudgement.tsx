import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { FindingState } from "@/api/contract.ts";
import { findingKeys, judgeFindings, type Outcome } from "@/api/findings.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./findings.module.css";
import { JudgementFields } from "./JudgementFields.tsx";

export function BulkJudgement({ ids, onDone }: { ids: string[]; onDone: () => void }) {
  const [to, setTo] = useState<FindingState | null>(null);
  const [reason, setReason] = useState("");
  const [progress, setProgress] = useState(0);
  const mayTriage = usePermission("finding:triage");
  const cache = useQueryClient();
  const judgement = useMutation({
    mutationFn: (state: FindingState) =>
      judgeFindings(ids, { to: state, reason: reason.trim() }, setProgress),
    onSettled: () => cache.invalidateQueries({ queryKey: findingKeys.all }),
  });

  if (judgement.data) {
    return (
      <div className={styles.bulk}>
        <Notice tone={judgement.data.refused.length > 0 ? "warning" : "plain"}>
          {words(judgement.data)}
        </Notice>
        <Button variant="default" onClick={onDone}>
          Close
        </Button>
      </div>
    );
  }
  return (
    <form
      className={styles.bulk}
      aria-label="Change the selected findings"
      onSubmit={(event) => {
        event.preventDefault();
        if (to) judgement.mutate(to);
      }}
    >
      <span role="status">
        {judgement.isPending
          ? `Changed ${progress} of ${ids.length}`
          : `${ids.length.toLocaleString()} ${ids.length === 1 ? "finding" : "findings"} selected`}
      </span>
      <JudgementFields from={null} to={to} onTo={setTo} reason={reason} onReason={setReason} errors={{}} />
      <ReasonButton
        type="submit"
        loading={judgement.isPending}
        unavailable={mayTriage ?? (to === null ? "Choose the new status first." : null)}
      >
        Change status
      </ReasonButton>
      <Button variant="subtle" color="gray" onClick={onDone}>
        Deselect
      </Button>
      {judgement.isError ? <ProblemNotice error={judgement.error} what="The change broke off." /> : null}
    </form>
  );
}

/** What was changed, and each different reason why the rest was not. */
function words({ changed, refused }: Outcome): string {
  const reasons = [...new Set(refused.map((each) => each.reason))].join(" ");
  return refused.length === 0
    ? `${changed} changed.`
    : `${changed} changed, ${refused.length} not: ${reasons}`;
}
