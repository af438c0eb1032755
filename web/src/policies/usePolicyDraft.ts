/**
 * What is entered over a policy that was read. What others change comes in while nothing is entered, and never under
 * one's hands: then the hub refuses what is sent, and the form begins anew with what holds.
 */
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { isStale } from "@/api/policies.ts";

type Props<Policy, Values> = {
  read: Policy;
  valuesOf: (policy: Policy) => Values;
  query: { queryKey: QueryKey };
  send: (read: Policy, values: Values) => Promise<Policy>;
};

export function usePolicyDraft<Policy extends { version: number }, Values>({
  read,
  valuesOf,
  query,
  send,
}: Props<Policy, Values>) {
  const begun = (policy: Policy) => ({ policy, values: valuesOf(policy) });
  const [draft, setDraft] = useState(() => begun(read));
  const touched = JSON.stringify(draft.values) !== JSON.stringify(valuesOf(draft.policy));
  if (!touched && read.version > draft.policy.version) setDraft(begun(read));
  const cache = useQueryClient();
  const save = useMutation({
    mutationFn: () => send(draft.policy, draft.values),
    onSuccess: (written) => {
      cache.setQueryData(query.queryKey, written);
      setDraft(begun(written));
    },
    onError: async (error) => {
      if (!isStale(error)) return;
      await cache.refetchQueries({ queryKey: query.queryKey });
      const fresh = cache.getQueryData<Policy>(query.queryKey);
      if (fresh) setDraft(begun(fresh));
    },
  });
  const stale = isStale(save.error);
  return {
    values: draft.values,
    touched,
    saving: save.isPending,
    saved: save.isSuccess && !touched,
    stale: stale && !touched,
    /** Why it was not saved, unless it was stale. */
    error: stale ? null : save.error,
    change: (values: Values) => setDraft({ ...draft, values }),
    save: () => save.mutate(),
  };
}
