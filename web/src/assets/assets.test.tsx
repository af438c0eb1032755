import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { session } from "../../dev/fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";

const counts = { total: 3, critical: 1, high: 2, medium: 0, low: 0, info: 0 };
const asset = {
  id: "a1",
  kind: "host",
  name: "db1.example.com",
  identity: "fqdn:db1.example.com",
  keys: ["fqdn:db1.example.com", "ip:10.0.0.5"],
  operating_system: "Linux",
  criticality: "normal",
  first_seen_at: "2026-01-01T00:00:00Z",
  last_seen_at: "2026-01-02T00:00:00Z",
  tags: ["prod"],
  version: 3,
  owner: null,
  stale: true,
  open_findings: counts,
};
const seen = {
  source: "scanner:nmap",
  integration_id: null,
  integration: null,
  connector: null,
  scanners: ["nmap"],
  latest: {
    run_id: "r1",
    scan_id: "s1",
    at: "2026-01-02T00:00:00Z",
    authenticated: null,
    complete: true,
    policy: null,
  },
  last_complete_at: "2026-01-02T00:00:00Z",
  last_authenticated_at: null,
  sightings: 4,
  last_found_at: "2026-01-02T00:00:00Z",
};
const told = {
  ...seen,
  source: "integration:i1",
  integration_id: "i1",
  integration: "Head office",
  latest: null,
};

const serve = () =>
  hub.use(
    http.get(at("/assets"), () => listing([asset])),
    http.get(at("/assets/a1"), () => HttpResponse.json({ ...asset, coverage: [told, seen] })),
    http.get(at("/findings"), () => listing([])),
  );

test("the list is asked for what its address says, and each asset leads to its page", async () => {
  let asked = "";
  serve();
  hub.use(
    http.get(at("/assets"), ({ request }) => {
      asked = new URL(request.url).search;
      return listing([asset]);
    }),
  );
  const { user } = open("/assets?kind=host&stale=true&tag=prod&owner=me&q=db");
  const row = await screen.findByRole("link", { name: "db1.example.com" });
  const query = new URLSearchParams(asked);
  expect(Object.fromEntries(query)).toMatchObject({
    kind: "host",
    stale: "true",
    tag: "prod",
    owner: "me",
    q: "db",
  });
  await user.click(row);
  expect(await screen.findByRole("heading", { name: "db1.example.com" })).toBeDefined();
});

test("what no report tells is shown as not told, never as no", async () => {
  serve();
  open("/assets/a1?tab=coverage");
  const table = await screen.findByRole("table", { name: "Coverage" });
  const row = (name: RegExp) => within(within(table).getByRole("row", { name }));
  expect(row(/nmap/).getAllByText("Not told")).toHaveLength(1);
  expect(row(/nmap/).getByText("Whole")).toBeDefined();
  expect(row(/Head office/).getAllByText("Not told")).toHaveLength(3);
});

test("a tag is added to what was read, and a refusal says so", async () => {
  const sent: { tag: string | null; body: unknown }[] = [];
  serve();
  hub.use(
    http.patch(at("/assets/a1"), async ({ request }) => {
      sent.push({ tag: request.headers.get("if-match"), body: await request.json() });
      return refusal(412, "stale_version", "The asset has changed since it was read.");
    }),
  );
  const { user } = open("/assets/a1");
  await user.type(await screen.findByLabelText("Tags", { selector: "input" }), "shop{Enter}");
  await waitFor(() => expect(sent).toEqual([{ tag: '"3"', body: { tags: ["prod", "shop"] } }]));
  expect(await screen.findByText(/Nothing was changed/)).toBeDefined();
});

test("its criticality is changed as it was read, and what follows is said", async () => {
  const sent: { tag: string | null; body: unknown }[] = [];
  serve();
  hub.use(
    http.patch(at("/assets/a1"), async ({ request }) => {
      sent.push({ tag: request.headers.get("if-match"), body: await request.json() });
      return HttpResponse.json({ ...asset, criticality: "critical", coverage: [] });
    }),
  );
  const { user } = open("/assets/a1");
  const field = await screen.findByRole("combobox", { name: "Criticality" });
  expect((field as HTMLInputElement).value).toBe("Normal");
  await user.click(field);
  await user.click(await screen.findByRole("option", { name: "Critical" }));
  expect(await screen.findByText(/Its findings are rated anew/)).toBeDefined();
  expect(sent).toEqual([{ tag: '"3"', body: { criticality: "critical" } }]);
});

test("whoever may not change an asset reads whose it is and what depends on it", async () => {
  serve();
  const permissions = session.permissions.filter((permission) => permission !== "asset:write");
  hub.use(http.get(at("/session"), () => HttpResponse.json({ ...session, permissions })));
  open("/assets/a1");
  expect(await screen.findByText("Owner: nobody")).toBeDefined();
  expect(screen.getByText("Criticality: normal")).toBeDefined();
  expect(screen.queryByLabelText("Tags")).toBeNull();
  expect(screen.queryByLabelText("Criticality")).toBeNull();
});

test("an asset that is not there is said not to be", async () => {
  hub.use(http.get(at("/assets/a9"), () => refusal(404, "not_found", "There is nothing here.")));
  open("/assets/a9");
  expect(await screen.findByRole("heading", { name: /not found/i })).toBeDefined();
});

test("another asset is merged into this one, and taken apart again", async () => {
  let merged = false;
  let undone: string | null = null;
  const merge = () => ({
    id: "m1",
    asset_id: "a1",
    absorbed: { id: "a2", name: "10.0.0.5", identity: "ip:10.0.0.5" },
    reason: "same machine",
    merged_by: "system",
    merged_at: "2026-01-03T00:00:00Z",
    undone_by: undone && "system",
    undone_at: undone,
  });
  serve();
  const sent: unknown[] = [];
  hub.use(
    http.get(at("/assets"), () =>
      listing([asset, { ...asset, id: "a2", name: "10.0.0.5", identity: "ip:10.0.0.5" }]),
    ),
    http.get(at("/assets/a1/merges"), () => listing(merged ? [merge()] : [])),
    http.post(at("/assets/a1/merges"), async ({ request }) => {
      sent.push([request.headers.get("If-Match"), await request.json()]);
      merged = true;
      return HttpResponse.json(merge(), { status: 201 });
    }),
    http.post(at("/asset-merges/m1/undo"), () => {
      undone = "2026-01-04T00:00:00Z";
      return HttpResponse.json(merge());
    }),
  );
  const { user } = open("/assets/a1?tab=merged");
  await user.click(await screen.findByRole("button", { name: "Merge another asset into this one" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Merge" }));
  await within(dialog).findByText(/Choose the asset/);
  await user.click(within(dialog).getByRole("combobox", { name: /The same as/ }));
  await user.click(await screen.findByRole("option", { name: "10.0.0.5" }));
  await user.type(within(dialog).getByLabelText("Reason"), "same machine");
  await user.click(within(dialog).getByRole("button", { name: "Merge" }));
  await user.click(await screen.findByRole("button", { name: "Undo…" }));
  expect(sent).toEqual([['"3"', { from: "a2", reason: "same machine" }]]);
  await user.click(await screen.findByRole("button", { name: "Undo the merge" }));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Undo…" })).toBeNull());
  expect(undone).not.toBeNull();
});
