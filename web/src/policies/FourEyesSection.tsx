/** Which judgements need a second person. */
import { Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { FindingState, TriagePolicy } from "@/api/contract.ts";
import { changeTriagePolicy, triagePolicyQuery } from "@/api/policies.ts";
import { STATE_WORDS } from "@/findings/finding-filters.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { Section } from "@/parts/Section.tsx";
import { usePermission } from "@/shell/permissions.ts";
import type { Entry } from "./due-dates.ts";
import { NumberEntry } from "./NumberEntry.tsx";
import { PolicyFoot } from "./PolicyFoot.tsx";
import { PolicyState } from "./PolicyState.tsx";
import styles from "./policies.module.css";
import { usePolicyDraft } from "./usePolicyDraft.ts";

type Values = { states: FindingState[]; requestDays: Entry };

const toValues = (policy: TriagePolicy): Values => ({
  states: policy.approval_states,
  requestDays: policy.request_days,
});

export function FourEyesSection() {
  const policy = useQuery(triagePolicyQuery);
  return (
    <Section
      title="Four eyes"
      about="A judgement that takes findings out of the queue waits until somebody else approves it, for the states that are chosen here."
      readAt={policy.dataUpdatedAt}
    >
      <PolicyState
        query={policy}
        label="the policy"
        failure="The states that need a second person could not be loaded."
      >
        {(read) => <FourEyesForm read={read} />}
      </PolicyState>
    </Section>
  );
}

function FourEyesForm({ read }: { read: TriagePolicy }) {
  const denied = usePermission("company:manage");
  const draft = usePolicyDraft({
    read,
    valuesOf: toValues,
    query: triagePolicyQuery,
    send: (policy, { states, requestDays }) =>
      changeTriagePolicy(policy, { approval_states: states, request_days: requestDays || 0 }),
  });
  const { values, change } = draft;
  const errors = fieldErrors(draft.error, ["approval_states", "request_days"]);
  const choose = (state: FindingState, chosen: boolean) =>
    change({
      ...values,
      states: read.eligible_states.filter((each) => (each === state ? chosen : values.states.includes(each))),
    });
  return (
    <Form onSubmit={draft.save} error={draft.error} errors={errors} failure="The policy was not saved.">
      {read.approvers < 2 ? (
        <Notice tone="warning">{fewApprovers(read.approvers)}</Notice>
      ) : (
        <p className={styles.note}>
          {read.approvers.toLocaleString()} members may decide requests; nobody decides their own.
        </p>
      )}
      <fieldset className={styles.group}>
        <legend>States that need a second person</legend>
        <div className={styles.states}>
          {read.eligible_states.map((state) => (
            <Checkbox
              key={state}
              label={STATE_WORDS[state]}
              checked={values.states.includes(state)}
              disabled={denied !== null}
              onChange={(event) => choose(state, event.currentTarget.checked)}
            />
          ))}
        </div>
        {values.states.length === 0 ? (
          <p className={`${styles.note} quiet`}>None: every judgement is made at once.</p>
        ) : null}
        {errors.approval_states ? <p role="alert">{errors.approval_states}</p> : null}
      </fieldset>
      <NumberEntry
        label="Days until an undecided request ends"
        className={styles.narrow}
        readOnly={denied !== null}
        value={values.requestDays}
        error={errors.request_days}
        onChange={(requestDays) => change({ ...values, requestDays })}
      />
      <PolicyFoot draft={draft} denied={denied} verb="Save four eyes" />
    </Form>
  );
}

const fewApprovers = (approvers: number) =>
  approvers === 0
    ? "No member may decide requests: whatever needs a second person would wait until it ends. It takes two members with the role admin."
    : "Only one member may decide requests, and nobody decides their own: what that member asks for would wait until it ends. It takes two members with the role admin.";
