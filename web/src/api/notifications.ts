import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, hub, idempotencyKey } from "./client.ts";
import type {
  DeliveryListQuery,
  NewNotificationChannel,
  NewNotificationRule,
  NotificationChannel,
  NotificationChannelPatch,
  NotificationRule,
  NotificationRulePatch,
} from "./contract.ts";

const PAGE_ROWS = 50;

export const notificationKeys = { all: ["notifications"] as const };

/** A company has at most 50 channels and 100 rules: they come whole. */
export const channelsQuery = queryOptions({
  queryKey: [...notificationKeys.all, "channels"],
  queryFn: ({ signal }) =>
    answer(hub.GET("/api/v1/notification-channels", { params: { query: { limit: 500 } }, signal })),
});

export const rulesQuery = queryOptions({
  queryKey: [...notificationKeys.all, "rules"],
  queryFn: ({ signal }) =>
    answer(hub.GET("/api/v1/notification-rules", { params: { query: { limit: 500 } }, signal })),
});

export const deliveriesQuery = (filter: DeliveryListQuery) =>
  infiniteQueryOptions({
    queryKey: [...notificationKeys.all, "deliveries", filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        hub.GET("/api/v1/notification-deliveries", {
          params: { query: { ...filter, limit: PAGE_ROWS, cursor: pageParam ?? undefined } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: [...notificationKeys.all, "delivery", id],
    queryFn: ({ signal }) =>
      answer(hub.GET("/api/v1/notification-deliveries/{id}", { params: { path: { id } }, signal })),
  });

export const addChannel = (body: NewNotificationChannel) =>
  answer(hub.POST("/api/v1/notification-channels", { body, headers: idempotencyKey() }));

/** Sent with the version that was read, so that two people cannot overwrite each other unseen. */
export const changeChannel = ({ id, version }: NotificationChannel, body: NotificationChannelPatch) =>
  answer(
    hub.PATCH("/api/v1/notification-channels/{id}", {
      params: { path: { id } },
      headers: { "If-Match": `"${version}"` },
      body,
    }),
  );

export const removeChannel = (id: string) =>
  answer(hub.DELETE("/api/v1/notification-channels/{id}", { params: { path: { id } } }));

export const testChannel = (id: string) =>
  answer(hub.POST("/api/v1/notification-channels/{id}/test", { params: { path: { id } } }));

export const renewSecret = (id: string) =>
  answer(hub.POST("/api/v1/notification-channels/{id}/secret", { params: { path: { id } } }));

export const addRule = (body: NewNotificationRule) =>
  answer(hub.POST("/api/v1/notification-rules", { body, headers: idempotencyKey() }));

export const changeRule = ({ id, version }: NotificationRule, body: NotificationRulePatch) =>
  answer(
    hub.PATCH("/api/v1/notification-rules/{id}", {
      params: { path: { id } },
      headers: { "If-Match": `"${version}"` },
      body,
    }),
  );

export const removeRule = (id: string) =>
  answer(hub.DELETE("/api/v1/notification-rules/{id}", { params: { path: { id } } }));

export const redeliver = (id: string) =>
  answer(hub.POST("/api/v1/notification-deliveries/{id}/redeliver", { params: { path: { id } } }));
