import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { FindingState, Job } from "@/api/contract.ts";
import { findingKeys, judgeFindings } from "@/api/findings.ts";
import { fieldErrors } from "@/parts/Form.tsx";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./findings.module.css";
import { JudgementFields } from "./JudgementFields.tsx";

export function BulkJudgement({ ids, onDone }: { ids: string[]; onDone: () => void }) {
  const [to, setTo] = useState<FindingState | null>(null);
  const [reason, setReason] = useState("");
  const mayTriage = usePermission("finding:triage");
  const cache = useQueryClient();
  const judgement = useMutation({
    mutationFn: (state: FindingState) => judgeFindings(ids, { to: state, reason: reason.trim() }),
  });
  const over = useCallback(() => void cache.invalidateQueries({ queryKey: findingKeys.all }), [cache]);
  const errors = fieldErrors(judgement.error, ["to", "reason"]);

  if (judgement.data) {
    return (
      <div className={styles.bulk}>
        <JobWatch jobId={judgement.data.job_id} doing="Changing the findings" done={words} onOver={over} />
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
        {ids.length.toLocaleString()} {ids.length === 1 ? "finding" : "findings"} selected
      </span>
      <JudgementFields
        from={null}
        to={to}
        onTo={setTo}
        reason={reason}
        onReason={setReason}
        errors={errors}
      />
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
      {judgement.isError && Object.keys(errors).length === 0 ? (
        <ProblemNotice error={judgement.error} what="No finding was changed." />
      ) : null}
    </form>
  );
}

function words(job: Job): string {
  const { done, changed, skipped } = job.result ?? {};
  const rows = Array.isArray(job.result?.rows) ? job.result.rows.length : null;
  const moved = typeof changed === "number" ? changed : typeof done === "number" ? done : rows;
  const left = typeof skipped === "number" && skipped > 0 ? `, ${skipped} skipped` : "";
  return moved === null ? "The change is complete." : `${moved} changed${left}.`;
}
