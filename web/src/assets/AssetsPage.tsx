import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { assetListQuery } from "@/api/assets.ts";
import { DataGrid, GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { FilterBar } from "@/parts/FilterBar.tsx";
import { chips, first, type Search, withoutFilters } from "@/parts/filters.ts";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { ASSET_COLUMNS } from "./asset-columns.tsx";
import { ASSET_FILTERS, toAssetQuery } from "./asset-filters.ts";
import styles from "./assets.module.css";

const route = getRouteApi("/console/assets");

export function AssetsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(() => toAssetQuery(search), [search]);
  const list = useInfiniteQuery(assetListQuery(filter));
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const onSearch = (next: Search) => void navigate({ search: next, replace: true });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useMemo(
    () => (hasNextPage ? { load: () => void fetchNextPage(), loading: isFetchingNextPage } : null),
    [hasNextPage, fetchNextPage, isFetchingNextPage],
  );
  const filtered = chips(ASSET_FILTERS, search).length > 0 || first(search, "q") !== undefined;
  const retry = () => void list.refetch();
  return (
    <>
      <PageHeader title="Assets" counted={list.data?.pages[0]} />
      <FilterBar specs={ASSET_FILTERS} search={search} onChange={onSearch} searchLabel="Search assets" />
      {list.isError && rows.length > 0 ? (
        <div className={styles.notices}>
          <ProblemNotice error={list.error} what="These rows are not the newest." onRetry={retry} />
        </div>
      ) : null}
      {list.isPending ? (
        <GridSkeleton label="Loading assets" />
      ) : rows.length > 0 ? (
        <DataGrid
          label="Assets"
          columns={ASSET_COLUMNS}
          rows={rows}
          rowId={(asset) => asset.id}
          total={list.data?.pages[0]?.total ?? null}
          sort={first(search, "sort")}
          onSort={(key) => {
            const { sort: _, ...rest } = search;
            onSearch(key ? { ...rest, sort: [key] } : rest);
          }}
          more={more}
          minWidth={1092}
        />
      ) : list.isError ? (
        <EmptyState
          title="The assets could not be loaded"
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
          title="No asset matches these filters"
          actions={
            <Button variant="default" onClick={() => onSearch(withoutFilters(ASSET_FILTERS, search))}>
              Clear filters
            </Button>
          }
        >
          Remove a filter above to see more.
        </EmptyState>
      ) : (
        <EmptyState title="No assets yet">
          Hosts, sites, repositories and images appear here with the first report that names them.
        </EmptyState>
      )}
    </>
  );
}
