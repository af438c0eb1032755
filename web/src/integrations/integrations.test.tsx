import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { connectors, integrations, localScanners, webhook } from "../../dev/fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";

const now = Date.now();
const [nessus, qualys, , invicti] = integrations(now);

function serve() {
  hub.use(
    http.get(at("/connectors"), () => listing(connectors)),
    http.get(at("/scanners"), () => listing(localScanners)),
    http.get(at("/integrations"), () => listing(integrations(now))),
    http.get(at("/integrations/i1"), () => HttpResponse.json(nessus)),
    http.get(at("/integrations/i1/health"), () => HttpResponse.json(nessus?.health)),
    http.get(at("/integrations/i4"), () => HttpResponse.json({ ...invicti, enabled: true })),
    http.get(at("/integrations/i4/health"), () => HttpResponse.json(invicti?.health)),
  );
}

test("a failing integration says what is wrong and what to do", async () => {
  serve();
  open("/integrations");
  expect(await screen.findByText("Failing")).toBeDefined();
  expect(screen.getByText(/password of the API account has expired/)).toBeDefined();
  expect(screen.getByText(qualys?.health.next_step ?? "")).toBeDefined();
});

test("the form asks for the connector's own fields and shows the hub's errors at them", async () => {
  serve();
  let body: unknown;
  hub.use(
    http.post(at("/integrations"), async ({ request }) => {
      body = await request.json();
      return refusal(422, "invalid", "It cannot be added as it is.", [
        { field: "credentials.secret_key", code: "required", detail: "The secret key is missing." },
        { field: "base_url", code: "forbidden", detail: "10.0.0.5 is private." },
      ]);
    }),
  );
  const { user } = open("/integrations");
  await user.click(await screen.findByRole("button", { name: "Add integration" }));
  await user.click(await screen.findByRole("button", { name: /Nessus/ }));
  const drawer = await screen.findByRole("dialog");
  await user.type(within(drawer).getByLabelText("Address"), "https://10.0.0.5:8834");
  await user.type(within(drawer).getByLabelText(/Access key/, { selector: "input" }), "abc");
  await user.click(within(drawer).getByRole("button", { name: "Add integration" }));
  expect(await within(drawer).findByText("The secret key is missing.")).toBeDefined();
  expect(within(drawer).getByText("10.0.0.5 is private.")).toBeDefined();
  expect(body).toMatchObject({
    connector: "nessus",
    base_url: "https://10.0.0.5:8834",
    credentials: { access_key: "abc" },
  });
});

test("changing the host asks for the secrets again; keeping it does not", async () => {
  serve();
  let body: unknown;
  let match: string | null = null;
  hub.use(
    http.patch(at("/integrations/i1"), async ({ request }) => {
      body = await request.json();
      match = request.headers.get("if-match");
      return HttpResponse.json(nessus);
    }),
  );
  const { user } = open("/integrations/i1");
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  const drawer = await screen.findByRole("dialog");
  expect((await within(drawer).findAllByText(/Left empty, it stays/)).length).toBe(2);
  const address = within(drawer).getByLabelText("Address");
  await user.clear(address);
  await user.type(address, "https://evil.example.com");
  expect(within(drawer).getAllByText(/asked again/)).toHaveLength(2);
  await user.clear(address);
  await user.type(address, nessus?.base_url ?? "");
  const name = within(drawer).getByLabelText("Name");
  await user.clear(name);
  await user.type(name, "Nessus HH");
  await user.click(within(drawer).getByRole("button", { name: "Save changes" }));
  await waitFor(() => expect(body).toEqual({ name: "Nessus HH" }));
  expect(match).toBe('"1"');
});

test("a test shows each step and the fix of the failed one", async () => {
  serve();
  hub.use(
    http.post(at("/integrations/i1/test"), () =>
      HttpResponse.json({
        ok: false,
        steps: [
          { step: "dns", ok: true, detail: "10.0.0.5", fix: null },
          { step: "tls", ok: false, detail: "unknown authority", fix: "Paste the authority's certificate." },
        ],
      }),
    ),
  );
  const { user } = open("/integrations/i1");
  await user.click(await screen.findByRole("button", { name: "Test connection" }));
  const steps = await screen.findByRole("list", { name: "Test steps" });
  expect(within(steps).getByText("passed")).toBeDefined();
  expect(within(steps).getByText("Paste the authority's certificate.")).toBeDefined();
});

test("history is imported on request: how many runs that were, and that a second time nothing is left", async () => {
  serve();
  let times = 0;
  hub.use(
    http.post(at("/integrations/i1/backfill"), () => {
      times += 1;
      const queued = times === 1 ? 12 : 0;
      return HttpResponse.json({ job_id: `j${times}`, job_url: "", queued, complete: true }, { status: 202 });
    }),
    http.get(at("/jobs/:id"), ({ params }) => {
      const result = { queued: params.id === "j1" ? 12 : 0, scans: 8, untold: params.id === "j1" ? 2 : 0 };
      return HttpResponse.json({ id: params.id, kind: "backfill", state: "done", result });
    }),
  );
  const { user } = open("/integrations/i1");
  await user.click(await screen.findByRole("button", { name: "Import history" }));
  const told = await screen.findByText(/^12 earlier runs are being imported/);
  expect(told.textContent).toContain("Of 2 of 8 scans the scanner tells no past.");
  await user.click(screen.getByRole("button", { name: "Import history" }));
  expect(await screen.findByText(/^Nothing is left to import/)).toBeDefined();
  expect(times).toBe(2);
});

test("history: what the hub refuses is said, and a connector without one does not offer it", async () => {
  serve();
  hub.use(
    http.post(at("/integrations/i1/backfill"), () =>
      refusal(409, "conflict", "The integration is disabled, so its scanner is not asked for anything."),
    ),
  );
  const { user, unmount } = open("/integrations/i1");
  await user.click(await screen.findByRole("button", { name: "Import history" }));
  expect((await screen.findByRole("alert")).textContent).toContain(
    "The scanner was not asked for its earlier runs. The integration is disabled",
  );
  unmount();
  open("/integrations/i4");
  await screen.findByRole("tab", { name: "Webhook" });
  expect(screen.queryByRole("button", { name: "Import history" })).toBeNull();
});

test("a vendor that calls: the hook's address, what to do there, and a secret that is shown once", async () => {
  serve();
  let hook = webhook();
  hub.use(
    http.get(at("/integrations/i4/webhook"), () => HttpResponse.json(hook)),
    http.post(at("/integrations/i4/webhook/secret"), () => {
      hook = webhook({ secret: { hint: "…cret", updated_at: new Date(now).toISOString() } });
      return HttpResponse.json({ secret: "whs_the_secret", webhook: hook }, { status: 201 });
    }),
    http.delete(at("/integrations/i4/webhook"), () => {
      hook = webhook();
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = open("/integrations/i4");
  await user.click(await screen.findByRole("tab", { name: "Webhook" }));
  expect(await screen.findByText("http://console.test/api/v1/hooks/i4")).toBeDefined();
  expect(screen.getByText(/custom HTTP header X-Scanhelm-Secret/)).toBeDefined();
  expect(screen.getByText("none yet, so no call is taken")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Make a secret…" }));
  await user.click(await screen.findByRole("button", { name: "Make a secret" }));
  expect(await screen.findByText("whs_the_secret")).toBeDefined();
  await user.keyboard("{Escape}");
  expect(screen.getByText("whs_the_secret")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "I have copied it" }));
  expect(screen.queryByText("whs_the_secret")).toBeNull();
  expect(await screen.findByText("…cret")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Make a new secret…" }));
  expect(await screen.findByText(/worth nothing from then on/)).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Not now" }));
  await user.click(screen.getByRole("button", { name: "Take no more calls…" }));
  await user.click(await screen.findByRole("button", { name: "Erase the secret" }));
  expect(await screen.findByText("none yet, so no call is taken")).toBeDefined();
});

test("a hook that cannot be read says so; a connector without one has no such tab", async () => {
  serve();
  hub.use(
    http.get(at("/integrations/i4/webhook"), () =>
      refusal(503, "store_unavailable", "The database is busy."),
    ),
  );
  const { unmount } = open("/integrations/i4?tab=webhook");
  expect(await screen.findByText(/The webhook could not be loaded/)).toBeDefined();
  unmount();
  open("/integrations/i1?tab=webhook");
  await screen.findByRole("button", { name: "Import history" });
  expect(screen.queryByRole("tab", { name: "Webhook" })).toBeNull();
  expect(screen.getByRole("tab", { name: "Health" }).getAttribute("aria-selected")).toBe("true");
});
