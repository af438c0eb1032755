/** What the reader sees when a page breaks: the frame stays, the fault is named, the way on is offered. */
import { Button } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { ApiError } from "@/api/client.ts";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { EmptyState } from "./EmptyState.tsx";
import { ProblemNotice } from "./ProblemNotice.tsx";

export function Unexpected({ error, reset }: ErrorComponentProps) {
  if (error instanceof ApiError && error.status === 404) return <NotFound />;
  return (
    <>
      <PageHeader title="This page could not be shown" />
      <div style={{ padding: "0 20px" }}>
        <ProblemNotice error={error} what="This page could not be shown." onRetry={reset} />
      </div>
    </>
  );
}

export function NotFound() {
  return (
    <>
      <PageHeader title="Not found" />
      <EmptyState
        title="There is nothing here"
        actions={
          <Button component="a" href="/scans" variant="default">
            Go to scans
          </Button>
        }
      >
        The address is wrong, the thing was deleted, or it belongs to a company you cannot see.
      </EmptyState>
    </>
  );
}
