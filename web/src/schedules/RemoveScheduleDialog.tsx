import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Schedule } from "@/api/contract.ts";
import { scanKeys } from "@/api/scans.ts";
import { removeSchedule, scheduleKeys } from "@/api/schedules.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./schedules.module.css";

export function RemoveScheduleDialog({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const cache = useQueryClient();
  const removal = useMutation({
    mutationFn: () => removeSchedule(schedule.id),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: scheduleKeys.all });
      void cache.invalidateQueries({ queryKey: scanKeys.one(schedule.scan_id) });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={`Remove the schedule of “${schedule.scan_name}”`}>
      <div style={{ display: "grid", gap: 12 }}>
        {removal.isError ? (
          <ProblemNotice error={removal.error} what="The schedule was not removed." />
        ) : null}
        <p>
          The scan no longer starts by itself, and the record of its times is erased. The scan, its runs and
          its findings stay. To hold it only for a while, pause it instead.
        </p>
        <div className={styles.buttons}>
          <Button color="red.8" loading={removal.isPending} onClick={() => removal.mutate()}>
            Remove schedule; scan stays
          </Button>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
        </div>
      </div>
    </Modal>
  );
}
