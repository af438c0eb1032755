import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import type { Scan } from "@/api/contract.ts";
import { integrationListQuery } from "@/api/integrations.ts";
import { assessmentRunsQuery, scanListQuery } from "@/api/scans.ts";
import { DataGrid, GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { FilterBar } from "@/parts/FilterBar.tsx";
import { chips, first, type Search, withoutFilters } from "@/parts/filters.ts";
import { PlusIcon, UploadIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { useConnectors, vendorName } from "@/parts/vendor.ts";
import { LiveSwitch } from "@/shell/LiveSwitch.tsx";
import { useLive } from "@/shell/live.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { useShortcut } from "@/shell/shortcuts.ts";
import { SCAN_COLUMNS } from "./scan-columns.tsx";
import { scanFilters, toScanQuery } from "./scan-filters.ts";
import styles from "./scans.module.css";
import { useRefresh } from "./useRefresh.tsx";

const NewScanDrawer = onDemand(async () => (await import("./NewScanDrawer.tsx")).NewScanDrawer);
const UploadDrawer = onDemand(async () => (await import("./UploadDrawer.tsx")).UploadDrawer);
const BulkScans = onDemand(async () => (await import("./BulkScans.tsx")).BulkScans);
const NO_ROWS: readonly Scan[] = [];
const NONE: ReadonlySet<string> = new Set();
const route = getRouteApi("/console/scans");

export function ScansPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const live = useLive();
  const [creating, { open: create, close: created }] = useDisclosure(false);
  const [uploading, { open: upload, close: uploaded }] = useDisclosure(false);
  const mayCreate = usePermission("scan:create");
  const mayImport = usePermission("scan:import");
  const refresh = useRefresh();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(NONE);
  useShortcut("c", "New scan", () => {
    if (mayCreate === null) create();
  });

  const known = useScanFilters(search, NO_ROWS);
  const query = useMemo(() => toScanQuery(known, search), [known, search]);
  const list = useInfiniteQuery(scanListQuery(query));
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  // Deleted rows leave the selection.
  const commanded = useMemo(() => rows.filter((scan) => chosen.has(scan.id)), [rows, chosen]);
  const specs = useScanFilters(search, rows);
  const total = list.data?.pages[0]?.total ?? null;
  const filtered = chips(specs, search).length > 0 || first(search, "q") !== undefined;
  const change = (next: Search) => void navigate({ search: next, replace: true });

  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useMemo(
    () => (hasNextPage ? { load: () => void fetchNextPage(), loading: isFetchingNextPage } : null),
    [hasNextPage, fetchNextPage, isFetchingNextPage],
  );
  const sort = useCallback(
    (key: string | undefined) => {
      const { sort: _, ...rest } = search;
      void navigate({ search: key ? { ...rest, sort: [key] } : rest, replace: true });
    },
    [navigate, search],
  );

  const newScan = (
    <ReasonButton unavailable={mayCreate} leftSection={<PlusIcon size={14} />} onClick={create}>
      New scan
    </ReasonButton>
  );
  const uploadReport = (
    <ReasonButton
      variant="default"
      unavailable={mayImport}
      leftSection={<UploadIcon size={14} />}
      onClick={upload}
    >
      Upload report
    </ReasonButton>
  );

  return (
    <div className={styles.page}>
      <PageHeader title="Scans" counted={list.data?.pages[0]}>
        <LiveSwitch />
        {refresh.button}
        {uploadReport}
        {newScan}
      </PageHeader>
      <FilterBar specs={specs} search={search} onChange={change} searchLabel="Search scans">
        <span aria-live="polite">
          {live.arrived > 0 ? (
            <Button variant="light" onClick={live.showArrived}>
              Show {live.arrived} new
            </Button>
          ) : null}
        </span>
      </FilterBar>
      {chosen.size > 0 ? <BulkScans scans={commanded} onDone={() => setChosen(NONE)} /> : null}
      <div className={styles.notices}>
        {refresh.notice}
        {list.isError && rows.length > 0 ? (
          <ProblemNotice
            error={list.error}
            what="These rows are not the newest."
            onRetry={() => void list.refetch()}
          />
        ) : null}
      </div>
      {list.isPending ? (
        <GridSkeleton label="Loading scans" />
      ) : rows.length > 0 ? (
        <DataGrid
          label="Scans"
          columns={SCAN_COLUMNS}
          rows={rows}
          rowId={(scan) => scan.id}
          total={total}
          sort={first(search, "sort")}
          onSort={sort}
          changed={live.changed}
          selection={{ chosen, onChange: setChosen }}
          more={more}
          minWidth={1267}
        />
      ) : list.isError ? (
        <EmptyState
          title="The scans could not be loaded"
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
          title="No scan matches these filters"
          actions={
            <Button variant="default" onClick={() => change(withoutFilters(specs, search))}>
              Clear filters
            </Button>
          }
        >
          Remove a filter above to see more.
        </EmptyState>
      ) : (
        <EmptyState
          title="No scans yet"
          actions={
            <>
              {newScan}
              {uploadReport}
            </>
          }
        >
          Scans appear here when you start one, upload a report, or add an integration: Scanhelm then adopts
          what its scanner already has.
        </EmptyState>
      )}
      {creating ? <NewScanDrawer onClose={created} /> : null}
      {uploading ? <UploadDrawer onClose={uploaded} /> : null}
    </div>
  );
}

/** The hub filters by one vendor, so only those met in the rows so far or named in the address are offered. */
function useScanFilters(search: Search, rows: readonly Scan[]) {
  const connectors = useConnectors();
  const { data: integrations } = useQuery(integrationListQuery);
  const { data: assessments } = useQuery(assessmentRunsQuery);
  return useMemo(() => {
    const met = new Set([...(search.vendor ?? []), ...rows.flatMap((scan) => scan.vendor ?? [])]);
    const vendors = [...met]
      .sort()
      .map((vendor) => ({ value: vendor, label: vendorName(connectors, vendor) }));
    const links = integrations?.items.map((each) => ({ value: each.id, label: each.name })) ?? [];
    const named = new Set([
      ...(search.assessment_run_id ?? []),
      ...(assessments?.items.map((each) => each.id) ?? []),
    ]);
    const runs = [...named].map((id) => ({ value: id, label: id }));
    return scanFilters(vendors, links, runs);
  }, [connectors, integrations, assessments, search.vendor, search.assessment_run_id, rows]);
}
