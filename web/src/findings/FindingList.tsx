/** The finding queue, used for all scans and for one: filters, rows, bulk judgement and the drawer beside them. */
import { Button, Switch } from "@mantine/core";
import { type UseInfiniteQueryResult, useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import type { Finding, FindingFilter, Page } from "@/api/contract.ts";
import { complianceQuery } from "@/api/findings.ts";
import { DataGrid, GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { FilterBar } from "@/parts/FilterBar.tsx";
import { chips, first, type Search, withoutFilters } from "@/parts/filters.ts";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { findingColumns } from "./finding-columns.tsx";
import { findingFilters, isGrouped } from "./finding-filters.ts";
import styles from "./findings.module.css";
import { useBulkJudgement } from "./useBulkJudgement.tsx";
import { useSelection } from "./useSelection.ts";

type Props = {
  list: UseInfiniteQueryResult<{ pages: Page<Finding>[]; pageParams: unknown[] }>;
  /** What `list` asks for, without its order. */
  filter: FindingFilter;
  search: Search;
  onSearch: (search: Search) => void;
  nothingYet: ReactNode;
};

const BulkJudgement = onDemand(async () => (await import("./BulkJudgement.tsx")).BulkJudgement);
const FindingDrawer = onDemand(async () => (await import("./FindingDrawer.tsx")).FindingDrawer);

export function FindingList({ list, filter, search, onSearch, nothingYet }: Props) {
  const grouped = isGrouped(search);
  const [counting, setCounting] = useState(false);
  const { compliance: _, ...others } = filter;
  const tags = useQuery({ ...complianceQuery(others, grouped), enabled: counting });
  const ask = () => (counting && tags.isError ? void tags.refetch() : setCounting(true));
  const specs = findingFilters(search, { data: tags.data, isError: tags.isError, ask });
  const { selection, choose, chooseAll, chooseNone } = useSelection({ filter, grouped });
  const { order, notice } = useBulkJudgement(chooseNone);
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const total = list.data?.pages[0]?.total ?? null;
  // Rows that are gone leave the selection.
  const ids = useMemo(
    () => rows.flatMap(({ id }) => (selection.ids.has(id) ? [id] : [])),
    [rows, selection.ids],
  );
  const all = selection.all && total !== null;
  const selected = all ? total : ids.length;
  const opened = first(search, "finding");
  const filtered = chips(specs, search).length > 0 || first(search, "q") !== undefined;

  const open = useCallback((id: string) => onSearch({ ...search, finding: [id] }), [onSearch, search]);
  const close = () => {
    const { finding: _, ...rest } = search;
    onSearch(rest);
  };
  const columns = useMemo(() => findingColumns(open, grouped), [open, grouped]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useMemo(
    () => (hasNextPage ? { load: () => void fetchNextPage(), loading: isFetchingNextPage } : null),
    [hasNextPage, fetchNextPage, isFetchingNextPage],
  );

  return (
    <>
      <FilterBar specs={specs} search={search} onChange={onSearch} searchLabel="Search findings">
        <Switch
          label="Grouped"
          wrapperProps={{
            "data-tip":
              "One row for what several scanners report of one weakness: the strongest that matches.",
          }}
          checked={grouped}
          onChange={() => {
            const { grouped: _, ...rest } = search;
            onSearch(grouped ? rest : { ...rest, grouped: ["true"] });
          }}
        />
      </FilterBar>
      {ids.length > 0 ? (
        <BulkJudgement
          selected={selected}
          // By the filter also those would be meant that stand behind the strongest of their group, unseen.
          matching={!grouped && total !== null && total > selected ? total : null}
          ordering={order.isPending}
          onAll={chooseAll}
          onNone={chooseNone}
          onOrder={(action) => order.mutate({ selection: all ? { filter } : { ids }, action })}
        />
      ) : null}
      <div className={styles.notices}>
        {notice}
        {list.isError && rows.length > 0 ? (
          <ProblemNotice
            error={list.error}
            what="These rows are not the newest."
            onRetry={() => void list.refetch()}
          />
        ) : null}
      </div>
      {list.isPending ? (
        <GridSkeleton label="Loading findings" />
      ) : rows.length > 0 ? (
        <DataGrid
          label="Findings"
          columns={columns}
          rows={rows}
          rowId={(finding) => finding.id}
          total={total}
          sort={first(search, "sort")}
          onSort={(key) => {
            const { sort: _, ...rest } = search;
            onSearch(key ? { ...rest, sort: [key] } : rest);
          }}
          current={opened}
          selection={{ chosen: selection.ids, onChange: choose }}
          more={more}
          minWidth={1122}
        />
      ) : list.isError ? (
        <EmptyState
          title="The findings could not be loaded"
          actions={
            <Button variant="default" onClick={() => void list.refetch()}>
              Retry
            </Button>
          }
        >
          Nothing is lost: the hub did not answer as it should. {list.error.message}
        </EmptyState>
      ) : filtered ? (
        <EmptyState
          title="No finding matches these filters"
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
      {opened ? <FindingDrawer id={opened} onClose={close} /> : null}
    </>
  );
}
