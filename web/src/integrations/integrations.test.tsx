import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { connectors, integrations, localScanners } from "../../dev/fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";

const now = Date.now();
const [nessus, qualys] = integrations(now);

function serve() {
  hub.use(
    http.get(at("/connectors"), () => listing(connectors)),
    http.get(at("/scanners"), () => listing(localScanners)),
    http.get(at("/integrations"), () => listing(integrations(now))),
    http.get(at("/integrations/i1"), () => HttpResponse.json(nessus)),
    http.get(at("/integrations/i1/health"), () => HttpResponse.json(nessus?.health)),
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
