import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ScanCommand } from "@/api/contract.ts";
import { cancelScan, commandScan, importScan, scanKeys } from "@/api/scans.ts";

/** The verbs of one scan. None of them touches the shown status: only what the hub observes does. */
export function useScanActions(id: string) {
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: scanKeys.all });
  return {
    command: useMutation({
      mutationFn: (command: ScanCommand) => commandScan(id, command),
      onSettled: refresh,
    }),
    cancel: useMutation({ mutationFn: () => cancelScan(id), onSettled: refresh }),
    import: useMutation({ mutationFn: (force: boolean) => importScan(id, force), onSettled: refresh }),
  };
}
