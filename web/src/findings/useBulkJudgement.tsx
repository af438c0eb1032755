import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Job } from "@/api/contract.ts";
import {
  type FindingSelection,
  findingKeys,
  type Judgement,
  judgedRows,
  judgeFindings,
} from "@/api/findings.ts";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./findings.module.css";

/** Orders a judgement on many findings and follows it, whatever is filtered or selected meanwhile. */
export function useBulkJudgement(onOrdered: () => void) {
  const cache = useQueryClient();
  const order = useMutation({
    mutationFn: ({ selection, judgement }: { selection: FindingSelection; judgement: Judgement }) =>
      judgeFindings(selection, judgement),
    onSuccess: onOrdered,
  });
  const over = useCallback(() => void cache.invalidateQueries({ queryKey: findingKeys.all }), [cache]);
  const ticket = order.data;
  const notice = order.isError ? (
    <ProblemNotice error={order.error} what="Nothing was changed." />
  ) : ticket ? (
    <div className={styles.job}>
      <JobWatch
        key={ticket.job_id}
        jobId={ticket.job_id}
        doing={`Changing ${ticket.selected.toLocaleString()} ${ticket.selected === 1 ? "finding" : "findings"}`}
        done={words}
        onOver={over}
      />
      <Button variant="default" onClick={order.reset}>
        Close
      </Button>
    </div>
  ) : null;
  return { order, notice };
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
