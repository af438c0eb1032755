/** Until when findings have to be gone. */
import { Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CRITICALITIES, SEVERITIES, type SlaPolicy } from "@/api/contract.ts";
import { putSlaPolicy, slaPolicyQuery } from "@/api/policies.ts";
import { CRITICALITY_WORDS } from "@/assets/asset-filters.ts";
import { Actor } from "@/parts/Actor.tsx";
import { Notice } from "@/parts/EmptyState.tsx";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { Section } from "@/parts/Section.tsx";
import { SEVERITY_WORDS } from "@/parts/SeverityMark.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { toPolicy, toValues, workedExample } from "./due-dates.ts";
import { NumberEntry } from "./NumberEntry.tsx";
import { PolicyFoot } from "./PolicyFoot.tsx";
import { PolicyState } from "./PolicyState.tsx";
import styles from "./policies.module.css";
import { usePolicyDraft } from "./usePolicyDraft.ts";

const FIELDS = [
  ...SEVERITIES.map((severity) => `days.${severity}`),
  "kev_days",
  ...CRITICALITIES.map((criticality) => `percent.${criticality}`),
];

export function DueDatesSection() {
  const policy = useQuery(slaPolicyQuery);
  return (
    <Section
      title="Due dates"
      about="Findings get a date until which they should be gone, counted from when they were first seen; what is late can be filtered and sorted."
      readAt={policy.dataUpdatedAt}
    >
      <PolicyState query={policy} label="the due dates" failure="The due dates could not be loaded.">
        {(read) => <DueDateForm read={read} />}
      </PolicyState>
    </Section>
  );
}

function DueDateForm({ read }: { read: SlaPolicy }) {
  const denied = usePermission("company:manage");
  const draft = usePolicyDraft({
    read,
    valuesOf: toValues,
    query: slaPolicyQuery,
    send: (policy, values) => putSlaPolicy(policy, toPolicy(values)),
  });
  const { values, change } = draft;
  const errors = fieldErrors(draft.error, FIELDS);
  const readOnly = denied !== null;
  return (
    <Form onSubmit={draft.save} error={draft.error} errors={errors} failure="The due dates were not saved.">
      {read.version === 0 ? (
        <Notice tone="plain">
          No due dates yet: nobody has switched them on. The numbers are a proposal; a due date is a promise
          that only the company itself can make.
        </Notice>
      ) : null}
      <Switch
        label="Findings have due dates"
        checked={values.enabled}
        disabled={readOnly}
        onChange={(event) => change({ ...values, enabled: event.currentTarget.checked })}
      />
      <fieldset className={styles.group}>
        <legend>Days by severity; empty for none</legend>
        <div className={styles.fields}>
          {SEVERITIES.map((severity) => (
            <NumberEntry
              key={severity}
              label={SEVERITY_WORDS[severity]}
              placeholder="None"
              readOnly={readOnly}
              value={values.days[severity]}
              error={errors[`days.${severity}`]}
              onChange={(entry) => change({ ...values, days: { ...values.days, [severity]: entry } })}
            />
          ))}
        </div>
      </fieldset>
      <fieldset className={styles.group}>
        <legend>Days for what is known to be exploited; the earlier date counts</legend>
        <div className={styles.fields}>
          <NumberEntry
            label="Known exploited"
            placeholder="None"
            readOnly={readOnly}
            value={values.kevDays}
            error={errors.kev_days}
            onChange={(kevDays) => change({ ...values, kevDays })}
          />
        </div>
      </fieldset>
      <fieldset className={styles.group}>
        <legend>Per cent of these days, by criticality of the asset</legend>
        <div className={styles.fields}>
          {CRITICALITIES.map((criticality) => (
            <NumberEntry
              key={criticality}
              label={CRITICALITY_WORDS[criticality]}
              readOnly={readOnly}
              value={values.percent[criticality]}
              error={errors[`percent.${criticality}`]}
              onChange={(entry) =>
                change({ ...values, percent: { ...values.percent, [criticality]: entry } })
              }
            />
          ))}
        </div>
      </fieldset>
      <output className={styles.example}>{workedExample(values)}</output>
      <PolicyFoot draft={draft} denied={denied} verb="Save due dates">
        {read.pending ? <span role="status">Findings are being rated by it.</span> : null}
        {read.updated_at && read.updated_by ? (
          <span className="quiet">
            Last changed <RelativeTime at={read.updated_at} /> by <Actor actor={read.updated_by} />
          </span>
        ) : null}
      </PolicyFoot>
    </Form>
  );
}
