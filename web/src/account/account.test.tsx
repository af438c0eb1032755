import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { scan, session } from "../../dev/fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";
import { safeReturn } from "./safe-return.ts";

test("who is not logged in comes back to the same address after logging in", async () => {
  let loggedIn = false;
  hub.use(
    http.get(at("/session"), () =>
      loggedIn ? HttpResponse.json(session) : refusal(401, "unauthenticated", "Log in first."),
    ),
    http.post(at("/session"), async ({ request }) => {
      const body = (await request.json()) as { password: string };
      if (body.password !== "right")
        return refusal(401, "bad_credentials", "The e-mail or the password is wrong.");
      loggedIn = true;
      return new HttpResponse(null, { status: 204 });
    }),
    http.get(at("/scans"), () => listing([scan()])),
  );
  const { user } = open("/scans?status=failed");
  await user.type(await screen.findByLabelText("E-mail"), "ann@example.com");
  const password = screen.getByLabelText("Password", { selector: "input" });
  await user.type(password, "wrong");
  await user.click(screen.getByRole("button", { name: "Log in" }));
  expect((await screen.findByRole("alert")).textContent).toContain("The e-mail or the password is wrong.");
  await user.clear(password);
  await user.type(password, "right");
  await user.click(screen.getByRole("button", { name: "Log in" }));
  await waitFor(() => expect(window.location.pathname + window.location.search).toBe("/scans?status=failed"));
  expect(await screen.findByRole("link", { name: "Quarterly external perimeter" })).toBeDefined();
});

test("a session that ends on a page leads to the log-in page", async () => {
  hub.use(http.get(at("/scans"), () => refusal(401, "unauthenticated", "The session has ended.")));
  open("/scans?sort=name");
  expect(await screen.findByRole("heading", { name: "Log in" })).toBeDefined();
  expect(new URLSearchParams(window.location.search).get("return")).toBe("/scans?sort=name");
});

test.each([
  "//evil.example",
  "https://evil.example",
  "/\\evil.example",
  "javascript:alert(1)",
  "/login?return=/x",
  undefined,
])("after log-in %s is not followed", (address) => {
  expect(safeReturn(address)).toBe("/scans");
});

test("set-up needs its token and shows the hub's field errors", async () => {
  hub.use(
    http.post(at("/setup"), () =>
      refusal(422, "invalid", "Not yet.", [
        { field: "password", code: "too_short", detail: "Use 12 characters or more." },
      ]),
    ),
  );
  const { user } = open("/setup?token=once");
  await user.type(await screen.findByLabelText("Company"), "Nordwind");
  await user.click(screen.getByRole("button", { name: "Set up" }));
  expect(await screen.findByText("Use 12 characters or more.")).toBeDefined();
});

test("a new API key is shown once", async () => {
  const key = { id: "k1", name: "ci", prefix: "shk_ab", role: "viewer", created_at: "2026-11-20T12:00:00Z" };
  hub.use(
    http.get(at("/api-keys"), () => listing([])),
    http.post(at("/api-keys"), () => HttpResponse.json({ ...key, secret: "shk_ab_secret" }, { status: 201 })),
  );
  const { user } = open("/admin/api-keys");
  await user.click((await screen.findAllByRole("button", { name: "Create key" }))[0] as HTMLElement);
  await user.type(await screen.findByLabelText("Name"), "ci");
  const buttons = screen.getAllByRole("button", { name: "Create key" });
  await user.click(buttons.at(-1) as HTMLElement);
  expect(await screen.findByText("shk_ab_secret")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "I have copied it" }));
  await waitFor(() => expect(screen.queryByText("shk_ab_secret")).toBeNull());
});
