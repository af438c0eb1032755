/** The hub as tests see it: a few answers everybody needs, each test adds or overrides its own. */
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { session } from "../dev/fixtures.ts";
import { emptyFeeds, slaPolicy, triagePolicy } from "../dev/policy-fixtures.ts";

const base = "http://console.test/api/v1";

export const at = (path: string) => `${base}${path}`;

export const listing = <Item>(items: Item[], next: string | null = null) =>
  HttpResponse.json({ items, next_cursor: next, total: items.length });

export const refusal = (
  status: number,
  code: string,
  detail: string,
  errors: { field: string; code: string; detail: string }[] = [],
) =>
  HttpResponse.json(
    { type: "about:blank", title: code, status, code, detail, errors, request_id: "req-1" },
    { status, headers: { "content-type": "application/problem+json" } },
  );

export const hub = setupServer(
  http.get(at("/session"), () => HttpResponse.json(session)),
  http.get(at("/integrations"), () => listing([])),
  http.get(at("/scanners"), () => listing([])),
  http.get(at("/connectors"), () => listing([])),
  http.get(at("/assessment-runs"), () => listing([])),
  http.get(at("/approvals"), () => listing([])),
  http.get(at("/users"), () => listing([])),
  http.get(at("/findings/:id/comments"), () => listing([])),
  http.get(at("/notification-channels"), () => listing([])),
  http.get(at("/notification-rules"), () => listing([])),
  http.get(at("/notification-deliveries"), () => listing([])),
  http.get(at("/sla-policy"), () => HttpResponse.json(slaPolicy())),
  http.get(at("/triage-policy"), () => HttpResponse.json(triagePolicy())),
  http.get(at("/feeds"), () => HttpResponse.json({ items: emptyFeeds })),
  http.get(at("/meta/finding-states"), () => HttpResponse.json({ transitions: [] })),
);
