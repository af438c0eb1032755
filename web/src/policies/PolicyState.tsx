/** A policy that is asked for, or that could not be. One that was read once stays when it cannot be read again. */
import type { ReactNode } from "react";
import { GridSkeleton } from "@/parts/DataGrid.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";

type Props<Policy> = {
  query: { data: Policy | undefined; isError: boolean; error: unknown; refetch: () => unknown };
  label: string;
  failure: string;
  children: (policy: Policy) => ReactNode;
};

export function PolicyState<Policy>({ query, label, failure, children }: Props<Policy>) {
  const { data, isError, error } = query;
  const retry = () => void query.refetch();
  if (data === undefined) {
    if (!isError) return <GridSkeleton part label={`Loading ${label}`} rows={3} />;
    return (
      <ProblemNotice
        error={error}
        what={`${failure} They hold while this page cannot show them.`}
        onRetry={retry}
      />
    );
  }
  return (
    <>
      {isError ? <ProblemNotice error={error} what="This is not the newest." onRetry={retry} /> : null}
      {children(data)}
    </>
  );
}
