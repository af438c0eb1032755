/** Follows a background job to its end. The page may be left meanwhile; the hub goes on. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Job } from "@/api/contract.ts";
import { jobIsOver, jobQuery } from "@/api/jobs.ts";
import { Notice } from "./EmptyState.tsx";
import { ProblemNotice } from "./ProblemNotice.tsx";

type Props = {
  jobId: string;
  doing: string;
  done: (job: Job) => React.ReactNode;
  onOver?: (job: Job) => void;
};

export function JobWatch({ jobId, doing, done, onOver }: Props) {
  const { data: job, error, refetch } = useQuery(jobQuery(jobId));
  const told = useRef<string | null>(null);
  useEffect(() => {
    if (!job || !jobIsOver(job) || told.current === job.id) return;
    told.current = job.id;
    onOver?.(job);
  }, [job, onOver]);

  if (error)
    return (
      <ProblemNotice error={error} what="The job's state is not known." onRetry={() => void refetch()} />
    );
  if (job?.state === "failed") {
    return (
      <ProblemNotice error={new Error(job.error ?? "The hub gave no reason.")} what={`${doing} failed.`} />
    );
  }
  if (job?.state === "cancelled") return <Notice tone="warning">{doing} was cancelled.</Notice>;
  if (job?.state === "done") return <Notice tone="plain">{done(job)}</Notice>;
  const percent = share(job?.progress ?? {});
  return (
    <div role="status">
      <p className="quiet">
        {doing}
        {job?.state === "queued" || !job
          ? " is waiting for its turn."
          : percent === null
            ? "…"
            : `: ${Math.round(percent)} %`}
      </p>
      {percent === null ? null : (
        <progress
          value={percent}
          max={100}
          aria-label={doing}
          style={{ width: "100%", accentColor: "var(--accent)" }}
        />
      )}
    </div>
  );
}

function share(progress: NonNullable<Job["progress"]>): number | null {
  const { done, total } = progress;
  if (typeof done !== "number" || typeof total !== "number" || total === 0) return null;
  return Math.min((done / total) * 100, 100);
}
