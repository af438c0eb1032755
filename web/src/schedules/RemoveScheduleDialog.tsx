import { useQueryClient } from "@tanstack/react-query";
import type { Schedule } from "@/api/contract.ts";
import { scanKeys } from "@/api/scans.ts";
import { removeSchedule, scheduleKeys } from "@/api/schedules.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";

type Props = { schedule: Schedule; onClose: () => void };

export function RemoveScheduleDialog({ schedule, onClose }: Props) {
  const cache = useQueryClient();
  return (
    <ConfirmDialog
      title={`Remove the schedule of “${schedule.scan_name}”`}
      verb="Remove schedule; scan stays"
      failure="The schedule was not removed."
      act={async () => {
        await removeSchedule(schedule.id);
        void cache.invalidateQueries({ queryKey: scheduleKeys.all });
        void cache.invalidateQueries({ queryKey: scanKeys.one(schedule.scan_id) });
        onClose();
      }}
      onClose={onClose}
    >
      <p>
        The scan no longer starts by itself, and the record of its times is erased. The scan, its runs and its
        findings stay. To hold it only for a while, pause it instead.
      </p>
    </ConfirmDialog>
  );
}
