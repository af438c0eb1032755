import { queryOptions } from "@tanstack/react-query";
import { answer, hub, idempotencyKey } from "./client.ts";
import type {
  NewSuppressionRule,
  SuppressionExpression,
  SuppressionRule,
  SuppressionRulePatch,
} from "./contract.ts";

export const suppressionKeys = { all: ["suppression"] as const };

/** A company has at most 200 rules: they come whole. */
export const suppressionRulesQuery = queryOptions({
  queryKey: [...suppressionKeys.all, "rules"],
  queryFn: ({ signal }) =>
    answer(hub.GET("/api/v1/suppression-rules", { params: { query: { limit: 500 } }, signal })),
});

export const previewSuppression = (expression: SuppressionExpression) =>
  answer(hub.POST("/api/v1/suppression-rules/preview", { body: { expression } }));

export const addSuppressionRule = (body: NewSuppressionRule) =>
  answer(hub.POST("/api/v1/suppression-rules", { body, headers: idempotencyKey() }));

/** Sent with the version that was read, so that nobody changes or approves what they have not seen. */
const seen = ({ id, version }: SuppressionRule) => ({
  params: { path: { id } },
  headers: { "If-Match": `"${version}"` },
});

export const changeSuppressionRule = (rule: SuppressionRule, body: SuppressionRulePatch) =>
  answer(hub.PATCH("/api/v1/suppression-rules/{id}", { ...seen(rule), body }));

export const approveSuppressionRule = (rule: SuppressionRule) =>
  answer(hub.POST("/api/v1/suppression-rules/{id}/approve", seen(rule)));

export const removeSuppressionRule = (rule: SuppressionRule) =>
  answer(hub.DELETE("/api/v1/suppression-rules/{id}", seen(rule)));
