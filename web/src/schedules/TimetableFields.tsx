/** Cron and zone with the hub's own reading of them below: the next five times, or what is wrong and how to mend it. */
import { Autocomplete, Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { timetableQuery } from "@/api/schedules.ts";
import { fieldErrors } from "@/parts/Form.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { NextFires } from "./NextFires.tsx";
import styles from "./schedules.module.css";
import { knownZones } from "./zone-time.ts";

const TYPING_MS = 300;
const EXAMPLES = [
  { label: "Every night", cron: "30 2 * * *" },
  { label: "Weekdays", cron: "30 2 * * 1-5" },
  { label: "Sundays", cron: "0 3 * * sun" },
  { label: "First of the month", cron: "0 4 1 * *" },
  { label: "Every 6 hours", cron: "0 */6 * * *" },
];

export type Timetable = { cron: string; tz: string };
type Props = {
  value: Timetable;
  onChange: (value: Timetable) => void;
  errors: Record<string, string>;
};

export function TimetableFields({ value, onChange, errors }: Props) {
  const zones = useMemo(knownZones, []);
  const [cron] = useDebouncedValue(value.cron.trim(), TYPING_MS);
  const [tz] = useDebouncedValue(value.tz.trim(), TYPING_MS);
  const preview = useQuery(timetableQuery(cron, tz));
  const read = fieldErrors(preview.error, ["cron", "tz"]);
  const faulty = preview.isError && Object.keys(read).length > 0;
  return (
    <>
      <div className={styles.field}>
        <TextInput
          label="Times (cron)"
          description="Minute, hour, day of month, month, day of week."
          placeholder="30 2 * * 1-5"
          classNames={{ input: "mono" }}
          value={value.cron}
          onChange={(event) => onChange({ ...value, cron: event.currentTarget.value })}
          error={errors.cron ?? read.cron}
        />
        <fieldset className={styles.examples}>
          <legend className="visually-hidden">Common times</legend>
          {EXAMPLES.map((example) => (
            <Button
              key={example.cron}
              size="compact-xs"
              variant="default"
              onClick={() => onChange({ ...value, cron: example.cron })}
            >
              {example.label}
            </Button>
          ))}
        </fieldset>
      </div>
      <Autocomplete
        label="Time zone"
        description="The times are read on the clocks of this place."
        data={zones}
        limit={20}
        value={value.tz}
        onChange={(zone) => onChange({ ...value, tz: zone })}
        error={errors.tz ?? read.tz}
      />
      <section aria-label="Next times" aria-live="polite" className={styles.preview}>
        <h3>Next 5 runs</h3>
        {faulty || cron === "" ? (
          <p className="quiet">They appear here when the times can be read.</p>
        ) : preview.isError ? (
          <ProblemNotice
            error={preview.error}
            what="The times could not be checked."
            onRetry={() => void preview.refetch()}
          />
        ) : preview.data ? (
          <>
            <NextFires fires={preview.data.next_fires} tz={preview.data.tz} label="Next 5 runs" />
            <p className="quiet">
              {preview.data.follows_the_clock
                ? "When clocks change, it keeps its rhythm: skipped times are left out, an hour that comes twice counts twice."
                : "When clocks change, each time still runs once: a skipped one right after the gap."}
            </p>
          </>
        ) : (
          <p className="quiet">Reading the times</p>
        )}
      </section>
    </>
  );
}
