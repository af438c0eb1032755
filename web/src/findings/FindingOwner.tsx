/** Who takes care of a finding. */
import { Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FindingDetail } from "@/api/contract.ts";
import { findingKeys } from "@/api/findings.ts";
import { giveFinding, membersQuery } from "@/api/triage.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { usePermission } from "@/shell/permissions.ts";

export const named = (person: { name?: string | null; email?: string | null }) =>
  person.name || person.email || "Somebody who has left";

export function FindingOwner({ finding }: { finding: FindingDetail }) {
  const denied = usePermission("finding:triage");
  const members = useQuery(membersQuery);
  const cache = useQueryClient();
  const give = useMutation({
    mutationFn: (owner: string | null) => giveFinding(finding.id, owner),
    onSuccess: () => cache.invalidateQueries({ queryKey: findingKeys.all }),
  });
  const owner = finding.owner ?? null;
  if (denied) return owner ? named(owner) : "Nobody";
  const choices = (members.data?.items ?? []).map((member) => ({ value: member.id, label: named(member) }));
  if (owner?.gone) choices.push({ value: owner.id, label: named(owner) });
  return (
    <>
      <Select
        aria-label="Owner"
        placeholder="Nobody"
        clearable
        searchable
        data={choices}
        value={owner?.id ?? null}
        disabled={give.isPending}
        onChange={(id) => {
          if (id !== (owner?.id ?? null)) give.mutate(id);
        }}
      />
      {give.isError ? <ProblemNotice error={give.error} what="The owner was not changed." /> : null}
    </>
  );
}
