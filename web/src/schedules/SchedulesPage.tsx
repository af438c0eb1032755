import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { scheduleListQuery } from "@/api/schedules.ts";
import { DataGrid, GridSkeleton } from "@/parts/DataGrid.tsx";
import { EmptyState } from "@/parts/EmptyState.tsx";
import { first } from "@/parts/filters.ts";
import { PlusIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { LiveSwitch } from "@/shell/LiveSwitch.tsx";
import { useLive } from "@/shell/live.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { usePermission } from "@/shell/permissions.ts";
import { scheduleColumns } from "./schedule-columns.tsx";
import styles from "./schedules.module.css";

const AddScheduleDrawer = onDemand(async () => (await import("./AddScheduleDrawer.tsx")).AddScheduleDrawer);
const ScheduleDrawer = onDemand(async () => (await import("./ScheduleDrawer.tsx")).ScheduleDrawer);
const REFRESH_MS = 30_000;
const route = getRouteApi("/console/schedules");

export function SchedulesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const live = useLive();
  const [adding, { open, close }] = useDisclosure(false);
  const mayManage = usePermission("schedule:manage");
  const sort = first(search, "sort") === "-next_at" ? "-next_at" : "next_at";
  const list = useInfiniteQuery({
    ...scheduleListQuery({ sort }),
    refetchInterval: live.on ? REFRESH_MS : false,
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const total = list.data?.pages[0]?.total ?? null;
  const opened = rows.find((schedule) => schedule.id === first(search, "schedule"));
  const show = useCallback(
    (id: string | null) => {
      const { schedule: _, ...rest } = search;
      void navigate({ search: id ? { ...rest, schedule: [id] } : rest, replace: true });
    },
    [navigate, search],
  );
  const columns = useMemo(() => scheduleColumns(show), [show]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useMemo(
    () => (hasNextPage ? { load: () => void fetchNextPage(), loading: isFetchingNextPage } : null),
    [hasNextPage, fetchNextPage, isFetchingNextPage],
  );
  const add = (
    <ReasonButton unavailable={mayManage} leftSection={<PlusIcon size={14} />} onClick={open}>
      Add schedule
    </ReasonButton>
  );
  return (
    <div className={styles.page}>
      <PageHeader title="Schedules" counted={list.data?.pages[0]}>
        <LiveSwitch />
        {add}
      </PageHeader>
      <div className={styles.notices}>
        {list.isError && rows.length > 0 ? (
          <ProblemNotice
            error={list.error}
            what="These rows are not the newest."
            onRetry={() => void list.refetch()}
          />
        ) : null}
      </div>
      {list.isPending ? (
        <GridSkeleton label="Loading schedules" rows={6} />
      ) : rows.length > 0 ? (
        <DataGrid
          label="Schedules"
          columns={columns}
          rows={rows}
          rowId={(schedule) => schedule.id}
          total={total}
          sort={sort}
          onSort={(key) => {
            const { sort: _, ...rest } = search;
            void navigate({ search: key ? { ...rest, sort: [key] } : rest, replace: true });
          }}
          more={more}
          minWidth={1231}
        />
      ) : list.isError ? (
        <EmptyState
          title="The schedules could not be loaded"
          actions={
            <Button variant="default" onClick={() => void list.refetch()}>
              Retry
            </Button>
          }
        >
          Nothing is lost: schedules go on while this page cannot show them. {list.error.message}
        </EmptyState>
      ) : (
        <EmptyState title="No schedules yet" actions={add}>
          Give a scan its times and it runs with nobody watching; its results are imported and the times that
          were missed are listed here.
        </EmptyState>
      )}
      {adding ? <AddScheduleDrawer onClose={close} /> : null}
      {opened ? <ScheduleDrawer schedule={opened} onClose={() => show(null)} /> : null}
    </div>
  );
}
