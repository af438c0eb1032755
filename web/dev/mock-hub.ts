/**
 * A hub that is none: answers the console during `vite dev` so that pages can be looked at without a server. The
 * cookie `mock` chooses a mood: full, empty, failing, slow, out. It is never part of a build.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { COMPLIANCE, findingDetail, manyFindings } from "./finding-fixtures.ts";
import * as sample from "./fixtures.ts";
import * as notified from "./notification-fixtures.ts";
import * as policies from "./policy-fixtures.ts";

type Answer = { status?: number; body?: unknown };
type Ask = { method: string; url: URL; body: Record<string, unknown>; empty: boolean };

const START = Date.now();
const SCANS = sample.manyScans(5_000, START);
const FINDINGS = manyFindings(3_000, START);

const problem = (status: number, code: string, detail: string, errors: unknown[] = []): Answer => ({
  status,
  body: { type: "about:blank", title: code, status, code, detail, errors, request_id: "01JD8Z6S6T0Q5W" },
});

function page<Item>(items: Item[], { url }: Ask): Answer {
  const limit = Number(url.searchParams.get("limit") ?? 50);
  const start = Number(url.searchParams.get("cursor") ?? 0);
  const next = start + limit < items.length ? String(start + limit) : null;
  return { body: { items: items.slice(start, start + limit), next_cursor: next, total: items.length } };
}

function matching<Item extends object>(
  items: Item[],
  { url }: Ask,
  keys: string[],
  text: keyof Item,
): Item[] {
  const q = url.searchParams.get("q")?.toLowerCase();
  return items.filter(
    (item) =>
      keys.every((key) => {
        const wanted = url.searchParams.getAll(key);
        return wanted.length === 0 || wanted.includes(String((item as Record<string, unknown>)[key]));
      }) &&
      (!q || String(item[text]).toLowerCase().includes(q)),
  );
}

const routes: [string, RegExp, (ask: Ask, id: string) => Answer][] = [
  ["GET", /^\/session$/, () => ({ body: sample.session })],
  [
    "POST",
    /^\/session$/,
    ({ body }) =>
      body.password === "right"
        ? { status: 204 }
        : problem(401, "bad_login", "The e-mail or the password is wrong."),
  ],
  ["DELETE", /^\/session$/, () => ({ status: 204 })],
  ["POST", /^\/session\/company$/, () => ({ status: 204 })],
  [
    "GET",
    /^\/scans$/,
    (ask) =>
      page(
        ask.empty
          ? []
          : matching(
              SCANS,
              ask,
              ["status", "origin", "vendor", "integration_id", "import_state", "stale"],
              "name",
            ),
        ask,
      ),
  ],
  [
    "POST",
    /^\/scans$/,
    ({ body }) =>
      problem(422, "invalid", "The scan cannot be created as it is.", [
        {
          field: body.integration_id ? "targets" : "target_path",
          code: "outside_roots",
          detail: "This path is outside the directories the hub may scan ([local] roots).",
        },
      ]),
  ],
  [
    "GET",
    /^\/scans\/([^/]+)$/,
    (_, id) => {
      const found = SCANS.find((scan) => scan.id === id);
      return found ? { body: found } : problem(404, "not_found", "No such scan here.");
    },
  ],
  [
    "DELETE",
    /^\/scans\/([^/]+)$/,
    ({ url }) =>
      url.searchParams.get("cascade_remote")
        ? {
            body: {
              deleted: true,
              remote: "failed",
              warnings: ["500 from the scanner; its copy is still there."],
            },
          }
        : { status: 204 },
  ],
  [
    "GET",
    /^\/scans\/[^/]+\/preview$/,
    () => ({
      body: {
        hosts: 212,
        vulnerabilities: 1_204,
        by_severity: { total: 1_204, critical: 3, high: 18, medium: 44, low: 12, info: 1_127 },
        observed_at: sample.ago(0.2, Date.now()),
        rows: FINDINGS.slice(0, 12).map((finding) => ({
          rule_id: finding.id,
          severity: finding.severity,
          title: finding.title,
          family: "General",
          count: 3,
        })),
      },
    }),
  ],
  [
    "GET",
    /^\/scans\/[^/]+\/activity$/,
    () => ({ body: { items: sample.activity(Date.now()), next_cursor: null } }),
  ],
  [
    "GET",
    /^\/scans\/[^/]+\/config$/,
    () => ({
      body: {
        config: {
          policy: "Internal, credentialed",
          max_checks: 4,
          plugins: { families: ["Debian", "Web Servers"] },
        },
        targets: ["10.20.0.0/24", "10.20.4.0/24"],
      },
    }),
  ],
  [
    "GET",
    /^\/scans\/[^/]+\/findings$/,
    (ask) =>
      page(ask.empty ? [] : matching(FINDINGS.slice(0, 400), ask, ["severity", "status"], "title"), ask),
  ],
  ["POST", /^\/scans\/[^/]+\/(launch|pause|resume|stop)$/, () => ({ status: 202, body: { id: "cmd1" } })],
  ["POST", /^\/scans\/[^/]+\/import$/, () => ({ status: 202, body: { job_id: "job1", job_url: "" } })],
  ["GET", /^\/assessment-runs$/, () => ({ body: { items: [], next_cursor: null, total: 0 } })],
  ["POST", /^\/sync$/, () => ({ status: 202, body: { job_id: "job1", job_url: "" } })],
  ["POST", /^\/imports$/, () => ({ status: 202, body: { job_id: "job2", job_url: "" } })],
  [
    "GET",
    /^\/jobs\/(.+)$/,
    (_, id) => ({
      body: {
        id,
        kind: "sync",
        state: "done",
        progress: { done: 1, total: 1 },
        result: {
          scan_id: "s1",
          created: 12,
          updated: 190,
          reopened: 2,
          unchanged: 3,
          quarantined: [{}],
          changed: 2,
          rows: [
            { id: "f1", result: "changed" },
            { id: "f2", result: "refused", reason: "It was closed meanwhile." },
          ],
          queued: 2,
          scans: 8,
          untold: 1,
        },
      },
    }),
  ],
  [
    "GET",
    /^\/findings$/,
    (ask) => page(ask.empty ? [] : matching(FINDINGS, ask, ["severity", "status"], "title"), ask),
  ],
  ["POST", /^\/findings\/bulk$/, () => ({ status: 202, body: { job_id: "job3", job_url: "", selected: 2 } })],
  ["GET", /^\/findings\/compliance$/, () => ({ body: { tags: COMPLIANCE } })],
  [
    "GET",
    /^\/findings\/([^/]+)$/,
    (_, id) => {
      const found = FINDINGS.find((finding) => finding.id === id);
      return found
        ? { body: findingDetail(found, Date.now()) }
        : problem(404, "not_found", "No such finding here.");
    },
  ],
  [
    "GET",
    /^\/meta\/finding-states$/,
    () => ({
      body: {
        transitions: [
          { from: "open", to: "in_progress", needs_reason: false },
          { from: "open", to: "false_positive", needs_reason: true },
        ],
      },
    }),
  ],
  ["GET", /^\/connectors$/, () => ({ body: { items: sample.connectors, next_cursor: null } })],
  ["GET", /^\/scanners$/, () => ({ body: { items: sample.localScanners, next_cursor: null } })],
  ["GET", /^\/integrations$/, (ask) => page(ask.empty ? [] : sample.integrations(Date.now()), ask)],
  [
    "POST",
    /^\/integrations$/,
    () =>
      problem(422, "invalid", "The integration cannot be added as it is.", [
        { field: "credentials.secret_key", code: "required", detail: "The secret key is missing." },
        {
          field: "base_url",
          code: "forbidden_address",
          detail: "10.0.0.5 is private; the operator must grant it under [network] allow.",
        },
      ]),
  ],
  [
    "GET",
    /^\/integrations\/([^/]+)$/,
    (_, id) => {
      const found = sample.integrations(Date.now()).find((each) => each.id === id);
      return found ? { body: found } : problem(404, "not_found", "No such integration here.");
    },
  ],
  [
    "GET",
    /^\/integrations\/([^/]+)\/health$/,
    (_, id) => ({ body: sample.integrations(Date.now()).find((each) => each.id === id)?.health }),
  ],
  [
    "GET",
    /^\/integrations\/[^/]+\/sub-scanners$/,
    () => ({
      body: {
        items: [
          {
            id: "n1",
            external_id: "7",
            name: "hh-scanner-1",
            status: "on",
            version: "10.8",
            last_seen_at: sample.ago(1, Date.now()),
          },
        ],
        next_cursor: null,
      },
    }),
  ],
  [
    "GET",
    /^\/integrations\/[^/]+\/remote-scans$/,
    () => ({
      body: {
        items: SCANS.slice(0, 8).map((scan, index) => ({
          external_scan_id: scan.external_scan_id ?? "99",
          name: scan.name,
          status: scan.vendor_status_raw,
          adoption: index === 3 ? "blocked" : index === 4 ? "new" : "adopted",
          scan_id: index === 3 || index === 4 ? null : scan.id,
        })),
        next_cursor: null,
      },
    }),
  ],
  [
    "POST",
    /^\/integrations\/[^/]+\/test$/,
    () => ({
      body: {
        ok: false,
        steps: [
          { step: "dns", ok: true, detail: "10.20.1.5", fix: null },
          { step: "tcp", ok: true, detail: "connected in 4 ms", fix: null },
          {
            step: "tls",
            ok: false,
            detail: "the certificate is signed by an unknown authority",
            fix: "Paste the authority's certificate under Edit.",
          },
        ],
      },
    }),
  ],
  [
    "POST",
    /^\/integrations\/[^/]+\/backfill$/,
    () => ({ status: 202, body: { job_id: "job4", job_url: "", queued: 2, complete: true } }),
  ],
  [
    "GET",
    /^\/integrations\/[^/]+\/webhook$/,
    ({ empty }) => ({
      body: sample.webhook(
        empty
          ? {}
          : {
              secret: { hint: "…f00d", updated_at: sample.ago(4_000, Date.now()) },
              last_delivery_at: sample.ago(7, Date.now()),
              last_refused: { at: sample.ago(3_000, Date.now()), because: "It carried no secret." },
            },
      ),
    }),
  ],
  [
    "POST",
    /^\/integrations\/[^/]+\/webhook\/secret$/,
    () => ({
      status: 201,
      body: { secret: "whs_0f1e2d3c4b5a69788796a5b4c3d2e1f0", webhook: sample.webhook() },
    }),
  ],
  ["DELETE", /^\/integrations\/[^/]+\/webhook$/, () => ({ status: 204 })],
  ["GET", /^\/notification-channels$/, (ask) => page(ask.empty ? [] : notified.channels(Date.now()), ask)],
  [
    "POST",
    /^\/notification-channels$/,
    ({ body }) => ({
      status: 201,
      body: {
        channel: notified.channel({ name: String(body.name) }),
        secret: body.kind === "webhook" ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : null,
      },
    }),
  ],
  ["PATCH", /^\/notification-channels\/[^/]+$/, () => ({ body: notified.channel() })],
  ["DELETE", /^\/notification-channels\/[^/]+$/, () => ({ status: 204 })],
  [
    "POST",
    /^\/notification-channels\/[^/]+\/secret$/,
    () => ({
      status: 201,
      body: { channel: notified.channel(), secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
    }),
  ],
  [
    "POST",
    /^\/notification-channels\/[^/]+\/test$/,
    () => ({
      body: {
        delivered: false,
        status: 404,
        detail: "The receiver answered 404: nobody is at this address. Check it.",
        duration_ms: 12,
      },
    }),
  ],
  ["GET", /^\/notification-rules$/, (ask) => page(ask.empty ? [] : notified.rules, ask)],
  ["POST", /^\/notification-rules$/, () => ({ status: 201, body: notified.rule() })],
  ["PATCH", /^\/notification-rules\/[^/]+$/, () => ({ body: notified.rule() })],
  ["DELETE", /^\/notification-rules\/[^/]+$/, () => ({ status: 204 })],
  [
    "GET",
    /^\/notification-deliveries$/,
    (ask) =>
      page(ask.empty ? [] : matching(notified.deliveries(120, Date.now()), ask, ["state"], "summary"), ask),
  ],
  ["GET", /^\/notification-deliveries\/[^/]+$/, () => ({ body: notified.deliveryDetail() })],
  ["POST", /^\/notification-deliveries\/[^/]+\/redeliver$/, () => ({ body: notified.deliveryDetail() })],
  [
    "GET",
    /^\/sla-policy$/,
    ({ empty }) => ({
      body: policies.slaPolicy(
        empty
          ? {}
          : {
              enabled: true,
              version: 3,
              pending: true,
              updated_at: sample.ago(300, Date.now()),
              updated_by: "user/u2",
            },
      ),
    }),
  ],
  [
    "PUT",
    /^\/sla-policy$/,
    () =>
      problem(422, "invalid_input", "The policy cannot be taken as it is.", [
        {
          field: "days.low",
          code: "out_of_range",
          detail: "What is low may not be due before what is medium (90 days).",
        },
      ]),
  ],
  [
    "GET",
    /^\/triage-policy$/,
    ({ empty }) => ({
      body: policies.triagePolicy(
        empty ? { approvers: 1 } : { approval_states: ["risk_accepted", "false_positive"] },
      ),
    }),
  ],
  [
    "PATCH",
    /^\/triage-policy$/,
    () => problem(412, "stale_version", "The policy changed since you read it."),
  ],
  [
    "GET",
    /^\/feeds$/,
    ({ empty }) => ({ body: { items: empty ? policies.emptyFeeds : policies.feeds(Date.now()) } }),
  ],
  ["POST", /^\/feeds\/[^/]+(\/refresh)?$/, () => ({ status: 202, body: { job_id: "job5", job_url: "" } })],
  ["GET", /^\/schedules$/, (ask) => page([], ask)],
  [
    "GET",
    /^\/blocklist$/,
    () => ({
      body: {
        items: [
          {
            id: "b1",
            integration_id: "i1",
            external_scan_id: "3991",
            name: "Old lab sweep",
            created_at: sample.ago(5_000, Date.now()),
            created_by: "user/u1",
          },
        ],
        next_cursor: null,
      },
    }),
  ],
  [
    "GET",
    /^\/api-keys$/,
    (ask) =>
      page(
        ask.empty
          ? []
          : [
              {
                id: "k1",
                name: "nightly pipeline",
                prefix: "shk_7Fq2",
                role: "analyst",
                expires_at: null,
                revoked_at: null,
                created_at: sample.ago(90_000, Date.now()),
                last_used_at: sample.ago(44, Date.now()),
              },
            ],
        ask,
      ),
  ],
  [
    "POST",
    /^\/api-keys$/,
    ({ body }) => ({
      status: 201,
      body: {
        id: "k2",
        name: body.name,
        prefix: "shk_x",
        secret: "shk_x9f2c1e77ab0142c0ffee",
        created_at: sample.ago(0, Date.now()),
        last_used_at: null,
      },
    }),
  ],
];

function events(response: ServerResponse, quiet: boolean) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write(": hello\n\n");
  if (quiet) return;
  const timer = setInterval(() => {
    const running = SCANS.find((scan) => scan.status === "running");
    if (!running) return;
    running.progress = Math.min((running.progress ?? 0) + 1, 99);
    running.version += 1;
    response.write(
      `event: scan.progress\ndata: ${JSON.stringify({ scan_id: running.id, progress: running.progress })}\n\n`,
    );
  }, 3_000);
  response.on("close", () => clearInterval(timer));
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  try {
    return JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://mock.invalid");
  const path = url.pathname.replace("/api/v1", "");
  const mood = /mock=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "full";
  if (path === "/events") {
    events(response, mood !== "full");
    return;
  }
  const ask: Ask = {
    method: request.method ?? "GET",
    url,
    body: await read(request),
    empty: mood === "empty",
  };
  let found: Answer = problem(404, "not_found", `The mock hub has no ${ask.method} ${path}.`);
  for (const [method, pattern, make] of routes) {
    const match = method === ask.method ? pattern.exec(path) : null;
    if (match) {
      found = make(ask, decodeURIComponent(match[1] ?? ""));
      break;
    }
  }
  if (mood === "failing" && path !== "/session")
    found = problem(500, "internal", "The store did not answer within 5 s.");
  if (mood === "out") found = problem(401, "not_logged_in", "Log in first.");
  if (mood === "slow" && path !== "/session") return;
  response.writeHead(found.status ?? 200, { "content-type": "application/json" });
  response.end(found.body === undefined ? undefined : JSON.stringify(found.body));
}

export function mockHub(): Plugin {
  return {
    name: "mock-hub",
    configureServer(server) {
      server.middlewares.use("/api/v1", (request, response) => {
        request.url = request.originalUrl ?? request.url;
        void answer(request, response);
      });
    },
  };
}
