import { Button, Drawer } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schedule, SchedulePatch } from "@/api/contract.ts";
import { scanKeys } from "@/api/scans.ts";
import { changeSchedule, scheduleKeys } from "@/api/schedules.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { type Timetable, TimetableFields } from "./TimetableFields.tsx";

export function EditScheduleDrawer({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const [times, setTimes] = useState<Timetable>({ cron: schedule.cron, tz: schedule.tz });
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: (body: SchedulePatch) => changeSchedule(schedule, body),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: scheduleKeys.all });
      void cache.invalidateQueries({ queryKey: scanKeys.one(schedule.scan_id) });
      onClose();
    },
  });
  const errors = fieldErrors(change.error, ["cron", "tz"]);
  return (
    <Drawer opened onClose={onClose} title={`Edit schedule of ${schedule.scan_name}`}>
      <Form
        onSubmit={() => change.mutate({ cron: times.cron.trim(), tz: times.tz.trim() })}
        error={change.error}
        errors={errors}
        failure="The schedule was not changed."
      >
        <TimetableFields value={times} onChange={setTimes} errors={errors} />
        <div>
          <Button type="submit" loading={change.isPending}>
            Save changes
          </Button>
        </div>
      </Form>
    </Drawer>
  );
}
