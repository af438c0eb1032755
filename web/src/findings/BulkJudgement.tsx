import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { FindingFilter, FindingState, Job } from "@/api/contract.ts";
import { findingKeys, judgedRows, judgeFindings } from "@/api/findings.ts";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./findings.module.css";
import { JudgementFields } from "./JudgementFields.tsx";

type Props = {
  ids: string[];
  /** Everything that matches, of which `ids` are only those on the page. */
  everything: { filter: FindingFilter; total: number } | null;
  onDone: () => void;
};

export function BulkJudgement({ ids, everything, onDone }: Props) {
  const [to, setTo] = useState<FindingState | null>(null);
  const [reason, setReason] = useState("");
  const [all, setAll] = useState(false);
  const mayTriage = usePermission("finding:triage");
  const cache = useQueryClient();
  const judgement = useMutation({
    mutationFn: (state: FindingState) =>
      judgeFindings(all && everything ? { filter: everything.filter } : { ids }, {
        to: state,
        reason: reason.trim(),
      }),
  });
  const over = useCallback(() => void cache.invalidateQueries({ queryKey: findingKeys.all }), [cache]);

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
  const selected = all && everything ? everything.total : ids.length;
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
        {`${selected.toLocaleString()} ${selected === 1 ? "finding" : "findings"} selected`}
      </span>
      <JudgementFields from={null} to={to} onTo={setTo} reason={reason} onReason={setReason} errors={{}} />
      <ReasonButton
        type="submit"
        loading={judgement.isPending}
        unavailable={mayTriage ?? (to === null ? "Choose the new status first." : null)}
      >
        Change status
      </ReasonButton>
      {everything && !all ? (
        <Button variant="subtle" onClick={() => setAll(true)}>
          {`Select all ${everything.total.toLocaleString()} matching`}
        </Button>
      ) : null}
      <Button variant="subtle" color="gray" onClick={onDone}>
        Deselect
      </Button>
      {judgement.isError ? <ProblemNotice error={judgement.error} what="Nothing was changed." /> : null}
    </form>
  );
}

/** What was changed, and each different reason why the rest was not. */
function words(job: Job): string {
  const rows = judgedRows(job);
  const of = (result: string) => rows.filter((row) => row.result === result);
  const refused = of("refused");
  const parts = [`${of("changed").length} changed`];
  if (of("unchanged").length > 0) parts.push(`${of("unchanged").length} were so already`);
  if (refused.length === 0) return `${parts.join(", ")}.`;
  const reasons = [...new Set(refused.map((row) => row.reason))].join(" ");
  return `${parts.join(", ")}, ${refused.length} not: ${reasons}`;
}
