/** The state and the reason: what every judgement on findings needs. */
import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { FindingState } from "@/api/contract.ts";
import { transitionsQuery } from "@/api/findings.ts";
import { STATE_WORDS } from "./finding-filters.ts";

type Props = {
  from: FindingState | null;
  to: FindingState | null;
  onTo: (to: FindingState | null) => void;
  reason: string;
  onReason: (reason: string) => void;
  errors: Record<string, string>;
};

export function JudgementFields({ from, to, onTo, reason, onReason, errors }: Props) {
  const { data } = useQuery(transitionsQuery);
  const targets = new Map<FindingState, boolean>();
  for (const transition of data?.transitions ?? []) {
    if (from === null || transition.from === from) targets.set(transition.to, transition.needs_reason);
  }
  const reasonWanted = to !== null && targets.get(to) === true;
  return (
    <>
      <Select
        aria-label="New status"
        placeholder="New status"
        data={[...targets.keys()].map((value) => ({ value, label: STATE_WORDS[value] }))}
        value={to}
        onChange={(value) => onTo(value as FindingState | null)}
        error={errors.to}
      />
      <TextInput
        aria-label="Reason"
        placeholder={reasonWanted ? "Reason (required)" : "Reason"}
        value={reason}
        onChange={(event) => onReason(event.currentTarget.value)}
        error={errors.reason}
      />
    </>
  );
}
