/** What assets are made of, used for all of them and for one: filters, rows, and what to say when there are none. */
import { Button } from "@mantine/core";
import { type UseInfiniteQueryResult, useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { componentCountsQuery } from "@/api/components.ts";
import type { Component, Page } from "@/api/contract.ts";
import { DataGrid, GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { FilterBar } from "@/parts/FilterBar.tsx";
import { chips, first, type Search, withoutFilters } from "@/parts/filters.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ASSET_COMPONENT_COLUMNS, COMPONENT_COLUMNS } from "./component-columns.tsx";
import { componentFilters } from "./component-filters.ts";
import styles from "./components.module.css";

type Props = {
  list: UseInfiniteQueryResult<{ pages: Page<Component>[]; pageParams: unknown[] }>;
  search: Search;
  onSearch: (search: Search) => void;
  /** Of this one alone. */
  assetId?: string;
  nothingYet: ReactNode;
  /** At the end of the filters. */
  children?: ReactNode;
};

export function ComponentList({ list, search, onSearch, assetId, nothingYet, children }: Props) {
  const figures = useQuery(componentCountsQuery(assetId));
  const specs = useMemo(() => componentFilters(figures.data, search), [figures.data, search]);
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useMemo(
    () => (hasNextPage ? { load: () => void fetchNextPage(), loading: isFetchingNextPage } : null),
    [hasNextPage, fetchNextPage, isFetchingNextPage],
  );
  const filtered = chips(specs, search).length > 0 || first(search, "q") !== undefined;
  const retry = () => void list.refetch();
  return (
    <>
      <FilterBar specs={specs} search={search} onChange={onSearch} searchLabel="Search components">
        {children}
      </FilterBar>
      {list.isError && rows.length > 0 ? (
        <div className={styles.notices}>
          <ProblemNotice error={list.error} what="These rows are not the newest." onRetry={retry} />
        </div>
      ) : null}
      {list.isPending ? (
        <GridSkeleton label="Loading components" />
      ) : rows.length > 0 ? (
        <DataGrid
          label="Components"
          columns={assetId ? ASSET_COMPONENT_COLUMNS : COMPONENT_COLUMNS}
          rows={rows}
          rowId={(component) => component.id}
          total={list.data?.pages[0]?.total ?? null}
          sort={first(search, "sort")}
          onSort={(key) => {
            const { sort: _, ...rest } = search;
            onSearch(key ? { ...rest, sort: [key] } : rest);
          }}
          more={more}
          minWidth={1040}
        />
      ) : list.isError ? (
        <EmptyState
          title="The components could not be loaded"
          actions={
            <Button variant="default" onClick={retry}>
              Retry
            </Button>
          }
        >
          Nothing is lost: the hub did not answer as it should. {list.error.message}
        </EmptyState>
      ) : filtered ? (
        <EmptyState
          title="No component matches these filters"
          actions={
            <Button variant="default" onClick={() => onSearch(withoutFilters(specs, search))}>
              Clear filters
            </Button>
          }
        >
          Remove a filter above to see more.
        </EmptyState>
      ) : (
        nothingYet
      )}
    </>
  );
}
