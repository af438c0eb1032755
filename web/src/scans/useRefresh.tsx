import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { scanKeys, syncNow } from "@/api/scans.ts";
import { RefreshIcon } from "@/parts/icons.tsx";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";

/** Asks the hub to poll every scanner and adopt what is new, now instead of at its next turn. */
export function useRefresh(integrationId?: string) {
  const cache = useQueryClient();
  const sync = useMutation({ mutationFn: () => syncNow(integrationId) });
  const over = useCallback(() => void cache.invalidateQueries(), [cache]);
  const button = (
    <Button
      variant="default"
      leftSection={<RefreshIcon size={14} />}
      loading={sync.isPending}
      data-tip="Poll the scanners and adopt new scans now"
      onClick={() => {
        void cache.invalidateQueries({ queryKey: scanKeys.all });
        sync.mutate();
      }}
    >
      Refresh
    </Button>
  );
  const notice = sync.isError ? (
    <ProblemNotice error={sync.error} what="The scanners were not asked." onRetry={() => sync.mutate()} />
  ) : sync.data ? (
    <JobWatch
      key={sync.data.job_id}
      jobId={sync.data.job_id}
      doing="Asking the scanners"
      done={() => "The scanners were asked; this page shows their answer."}
      onOver={over}
    />
  ) : null;
  return { button, notice };
}
