import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { BulkAction, Job } from "@/api/contract.ts";
import { changeFindings, type FindingSelection, findingKeys, judged } from "@/api/findings.ts";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./findings.module.css";

/** Orders a change of many findings and follows it, whatever is filtered or selected meanwhile. */
export function useBulkJudgement(onOrdered: () => void) {
  const cache = useQueryClient();
  const order = useMutation({
    mutationFn: ({ selection, action }: { selection: FindingSelection; action: BulkAction }) =>
      changeFindings(selection, action),
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
  const { changed, unchanged, pending, refused, rows } = judged(job);
  const count = (number: number) => number.toLocaleString();
  const parts = [`${count(changed)} changed`];
  if (pending > 0) parts.push(`${count(pending)} wait for an approval`);
  if (unchanged > 0) parts.push(`${count(unchanged)} were so already`);
  if (refused === 0) return `${parts.join(", ")}.`;
  const refusals = (rows ?? []).filter((row) => row.result === "refused");
  const reasons = [...new Set(refusals.map((row) => row.reason))].join(" ");
  return `${parts.join(", ")}, ${count(refused)} not${reasons ? `: ${reasons}` : "."}`;
}
