import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { findingListQuery } from "@/api/findings.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { ExportMenu } from "./ExportMenu.tsx";
import { FindingList } from "./FindingList.tsx";
import { toFindingFilter, toFindingQuery } from "./finding-filters.ts";

const route = getRouteApi("/console/findings");

export function FindingsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(() => toFindingQuery(search), [search]);
  const list = useInfiniteQuery(findingListQuery(filter));
  const counted = list.data?.pages[0];
  return (
    <>
      <PageHeader title="Findings" counted={counted}>
        <ExportMenu filter={filter} counted={counted} />
      </PageHeader>
      <FindingList
        list={list}
        filter={toFindingFilter(filter)}
        search={search}
        onSearch={(next) => void navigate({ search: next, replace: true })}
        nothingYet={
          <EmptyState title="No findings yet">
            Every imported scan feeds this one queue. Import a completed scan or upload a report to fill it.
          </EmptyState>
        }
      />
    </>
  );
}
