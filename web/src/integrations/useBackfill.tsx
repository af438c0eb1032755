import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Integration, Job } from "@/api/contract.ts";
import { backfill } from "@/api/integrations.ts";
import { ImportIcon } from "@/parts/icons.tsx";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { usePermission } from "@/shell/permissions.ts";

/** Imports the runs that the scanner still has from before it was connected, and tells how many that are. */
export function useBackfill(integration: Integration) {
  const cache = useQueryClient();
  const mayImport = usePermission("scan:import");
  const order = useMutation({ mutationFn: () => backfill(integration.id) });
  const over = useCallback(() => void cache.invalidateQueries(), [cache]);
  const disabled = integration.enabled
    ? null
    : "The integration is disabled, so its scanner is not asked for anything. Enable it first.";
  const button = (
    <ReasonButton
      variant="default"
      leftSection={<ImportIcon size={14} />}
      unavailable={mayImport ?? disabled}
      loading={order.isPending}
      data-tip="Import the completed runs that the scanner still has from before it was connected"
      onClick={() => order.mutate()}
    >
      Import history
    </ReasonButton>
  );
  const notice = order.isError ? (
    <ProblemNotice error={order.error} what="The scanner was not asked for its earlier runs." />
  ) : order.data ? (
    <JobWatch
      key={order.data.job_id}
      jobId={order.data.job_id}
      doing="Asking the scanner for its earlier runs"
      done={words}
      onOver={over}
    />
  ) : null;
  return { button, notice };
}

/** What the hub says of a finished backfill; its document leaves results of jobs open. */
function words({ result }: Job): string {
  const count = (key: string) => {
    const value = result?.[key];
    return typeof value === "number" ? value : 0;
  };
  const [queued, scans, untold] = [count("queued"), count("scans"), count("untold")];
  const told =
    queued === 0
      ? "Nothing is left to import: every earlier run that the scanner tells of is in the hub or on its way."
      : `${queued.toLocaleString()} earlier ${queued === 1 ? "run is" : "runs are"} being imported. They change nothing that newer runs said.`;
  return untold === 0
    ? told
    : `${told} Of ${untold.toLocaleString()} of ${scans.toLocaleString()} scans the scanner tells no past.`;
}
