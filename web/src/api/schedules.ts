import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, hub, idempotencyKey } from "./client.ts";
import type { NewSchedule, Schedule, ScheduleListQuery, SchedulePatch } from "./contract.ts";

const PAGE_ROWS = 100;

export const scheduleKeys = {
  all: ["schedules"] as const,
  lists: ["schedules", "list"] as const,
};

export const scheduleListQuery = (filter: ScheduleListQuery) =>
  infiniteQueryOptions({
    queryKey: [...scheduleKeys.lists, filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/schedules", {
          params: { query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const scheduleRunsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...scheduleKeys.all, "one", id, "runs"],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/schedules/{id}/runs", {
          params: { path: { id }, query: { limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

/** The hub reads the timetable, so what is shown is what it will do; the last good answer stays while one types. */
export const timetableQuery = (cron: string, tz: string) =>
  queryOptions({
    queryKey: [...scheduleKeys.all, "preview", cron, tz],
    queryFn: ({ signal }) =>
      answer(hub.GET("/api/v1/schedules/preview", { params: { query: { cron, tz } }, signal })),
    enabled: cron !== "",
    retry: false,
    placeholderData: keepPreviousData,
  });

export const addSchedule = (body: NewSchedule) =>
  answer(hub.POST("/api/v1/schedules", { body, headers: idempotencyKey() }));

/** Sent with the version that was read, so that two people cannot overwrite each other unseen. */
export const changeSchedule = ({ id, version }: Schedule, body: SchedulePatch) =>
  answer(
    hub.PATCH("/api/v1/schedules/{id}", {
      params: { path: { id } },
      headers: { "If-Match": `"${version}"` },
      body,
    }),
  );

export const removeSchedule = (id: string) =>
  answer(hub.DELETE("/api/v1/schedules/{id}", { params: { path: { id } } }));
