import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { findingListQuery } from "@/api/findings.ts";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { FindingList } from "./FindingList.tsx";
import { findingFilters, toFindingQuery } from "./finding-filters.ts";

const route = getRouteApi("/console/findings");

export function FindingsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const known = useMemo(() => findingFilters(search), [search]);
  const filter = useMemo(() => toFindingQuery(known, search), [known, search]);
  const list = useInfiniteQuery(findingListQuery(filter));
  const specs = useMemo(() => {
    const names = list.data?.pages.flatMap((page) => page.items.map((finding) => finding.scanner)) ?? [];
    return findingFilters(search, [...new Set(names.filter((name) => name !== null))]);
  }, [list.data, search]);
  return (
    <>
      <PageHeader title="Findings" count={list.data?.pages[0]?.total ?? null} />
      <FindingList
        list={list}
        specs={specs}
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
