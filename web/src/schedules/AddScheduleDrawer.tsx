import { Button, Drawer, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NewSchedule, Scan } from "@/api/contract.ts";
import { scanChoicesQuery, scanKeys } from "@/api/scans.ts";
import { addSchedule, scheduleKeys } from "@/api/schedules.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { type Timetable, TimetableFields } from "./TimetableFields.tsx";
import { viewersZone } from "./zone-time.ts";

const TYPING_MS = 250;

export function AddScheduleDrawer({ onClose }: { onClose: () => void }) {
  const [scan, setScan] = useState<string | null>(null);
  const [search, setSearch] = useState("");
  const [missing, setMissing] = useState(false);
  const [times, setTimes] = useState<Timetable>({ cron: "", tz: viewersZone() });
  const [wanted] = useDebouncedValue(search.trim(), TYPING_MS);
  const scans = useQuery(scanChoicesQuery(wanted));
  const cache = useQueryClient();
  const creation = useMutation({
    mutationFn: (body: NewSchedule) => addSchedule(body),
    onSuccess: (schedule) => {
      void cache.invalidateQueries({ queryKey: scheduleKeys.all });
      void cache.invalidateQueries({ queryKey: scanKeys.one(schedule.scan_id) });
      onClose();
    },
  });
  const errors = fieldErrors(creation.error, ["scan_id", "cron", "tz"]);
  const choices = (scans.data?.items ?? []).filter(canBeScheduled);
  const submit = () => {
    setMissing(scan === null);
    if (scan === null) return;
    creation.mutate({ scan_id: scan, cron: times.cron.trim(), tz: times.tz.trim() });
  };
  return (
    <Drawer opened onClose={onClose} title="Add schedule">
      <Form onSubmit={submit} error={creation.error} errors={errors} failure="The schedule was not added.">
        {scans.isError ? (
          <ProblemNotice
            error={scans.error}
            what="The scans could not be loaded."
            onRetry={() => void scans.refetch()}
          />
        ) : null}
        <Select
          label="Scan"
          description="Scans that can be launched at their scanner or run here, and have no schedule yet."
          searchable
          data={choices.map((each) => ({ value: each.id, label: each.name }))}
          filter={({ options }) => options}
          nothingFoundMessage={scans.isPending ? "Looking" : "No such scan can be scheduled"}
          searchValue={search}
          onSearchChange={setSearch}
          value={scan}
          onChange={setScan}
          error={errors.scan_id ?? (missing && scan === null ? "Choose a scan." : undefined)}
        />
        <TimetableFields value={times} onChange={setTimes} errors={errors} />
        <div>
          <Button type="submit" loading={creation.isPending}>
            Add schedule
          </Button>
        </div>
      </Form>
    </Drawer>
  );
}

/** The hub decides; this only keeps those out of the list for which the answer is known. */
function canBeScheduled(scan: Scan): boolean {
  if (scan.schedule) return false;
  if (scan.origin === "local") return true;
  return scan.integration_id != null && scan.capabilities.launch.supported;
}
