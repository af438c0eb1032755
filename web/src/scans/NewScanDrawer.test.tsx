import { cleanup, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test, vi } from "vitest";
import { integrations, localScanners, scan } from "../../dev/fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";
import { readTargets } from "./targets.ts";

async function openDrawer(scannersAnswer: Promise<void> = Promise.resolve(), scanners = localScanners) {
  hub.use(
    http.get(at("/scans"), () => listing([scan()])),
    http.get(at("/scanners"), async () => {
      await scannersAnswer;
      return listing(scanners);
    }),
    http.get(at("/integrations"), () => listing(integrations(Date.now()))),
    http.get(at("/integrations/:id/sub-scanners"), () => listing([])),
  );
  const { user } = open("/scans");
  await user.click(await screen.findByRole("button", { name: "New scan" }));
  return { user, drawer: await screen.findByRole("dialog", { name: "New scan" }) };
}

test("a local scan sends its path and types and opens the new scan", async () => {
  let body: unknown;
  hub.use(
    http.post(at("/scans"), async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(scan({ id: "fresh", name: "Fresh" }), { status: 201 });
    }),
    http.get(at("/scans/fresh"), () => HttpResponse.json(scan({ id: "fresh", name: "Fresh" }))),
    http.get(at("/scans/fresh/findings"), () => listing([])),
  );
  const { user, drawer } = await openDrawer();
  await user.type(within(drawer).getByLabelText("Path"), "/srv/shop");
  await user.click(await within(drawer).findByRole("checkbox", { name: "code" }));
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  await waitFor(() => expect(window.location.pathname).toBe("/scans/fresh"));
  expect(body).toEqual({ target_path: "/srv/shop", scan_types: ["code"] });
});

test("a host without a chosen type is scanned by scanners of hosts", async () => {
  let body: unknown;
  hub.use(
    http.post(at("/scans"), async ({ request }) => {
      body = await request.json();
      return refusal(409, "target_unavailable", "The operator does not grant it.");
    }),
  );
  const { user, drawer } = await openDrawer();
  await user.click(within(drawer).getByRole("combobox", { name: "What to scan" }));
  await user.click(await screen.findByRole("option", { name: "Host or network" }));
  const types = await within(drawer).findAllByRole("checkbox");
  expect(types.map((type) => type.closest("div")?.parentElement?.textContent)).toEqual([
    expect.stringContaining("Nmap"),
  ]);
  expect((types[0] as HTMLInputElement).checked).toBe(true);
  await user.type(within(drawer).getByLabelText("Host or range"), "10.20.0.0/24");
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  expect(await within(drawer).findByText(/The operator does not grant it/)).toBeDefined();
  expect(body).toEqual({ target_host: "10.20.0.0/24", scan_types: ["network"] });
});

test("while the hub asks its scanners the form says so", async () => {
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { drawer } = await openDrawer(asked);
  expect(await within(drawer).findByText(/Asking the scanners of the hub/)).toBeDefined();
  expect(within(drawer).queryByRole("checkbox", { name: "code" })).toBeNull();
  answer();
  expect(await within(drawer).findByRole("checkbox", { name: "code" })).toBeDefined();
  expect(within(drawer).queryByText(/Asking the scanners of the hub/)).toBeNull();
  expect(within(drawer).queryByRole("checkbox", { name: "network" })).toBeNull();
});

test("what a directory is made of is a type of scan with words of its own", async () => {
  let body: unknown;
  hub.use(
    http.post(at("/scans"), async ({ request }) => {
      body = await request.json();
      return refusal(409, "target_unavailable", "The operator does not grant it.");
    }),
  );
  const { user, drawer } = await openDrawer();
  const sbom = await within(drawer).findByRole("checkbox", { name: "sbom" });
  expect(sbom.closest("div")?.parentElement?.textContent).toContain(
    "Lists what the directory is made of, no findings. Runs Syft.",
  );
  await user.type(within(drawer).getByLabelText("Path"), "/srv/shop");
  await user.click(sbom);
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  expect(await within(drawer).findByText(/The operator does not grant it/)).toBeDefined();
  expect(body).toEqual({ target_path: "/srv/shop", scan_types: ["sbom"] });
});

test("the machine of the hub is offered where the hub may scan it, and needs no name", async () => {
  const bodies: unknown[] = [];
  const nmap = localScanners.filter((each) => each.id === "nmap");
  const lynis = nmap.map((each) => ({ ...each, id: "lynis", name: "Lynis", scan_types: ["baseline"] }));
  hub.use(
    http.post(at("/scans"), async ({ request }) => {
      bodies.push(await request.json());
      return refusal(409, "target_unavailable", "Not now.");
    }),
  );
  const closed = await openDrawer();
  await within(closed.drawer).findByRole("checkbox", { name: "code" });
  await closed.user.click(within(closed.drawer).getByRole("combobox", { name: "What to scan" }));
  expect(await screen.findAllByRole("option")).toHaveLength(3);
  cleanup();

  const { user, drawer } = await openDrawer(undefined, [...localScanners, ...lynis]);
  await within(drawer).findByRole("checkbox", { name: "code" });
  await user.click(within(drawer).getByRole("combobox", { name: "What to scan" }));
  await user.click(await screen.findByRole("option", { name: "The machine of the hub" }));
  expect(within(drawer).queryByLabelText("Path")).toBeNull();
  expect(within(drawer).getByRole("checkbox", { name: "baseline" })).toHaveProperty("checked", true);
  expect(within(drawer).queryByRole("checkbox", { name: "Suppress nothing" })).toBeNull();
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  await waitFor(() => expect(bodies).toEqual([{ this_machine: true, scan_types: ["baseline"] }]));
});

test("a project need not be heard", async () => {
  let body: unknown;
  hub.use(
    http.post(at("/scans"), async ({ request }) => {
      body = await request.json();
      return refusal(409, "target_unavailable", "Not now.");
    }),
  );
  const { user, drawer } = await openDrawer();
  await user.type(within(drawer).getByLabelText("Path"), "/srv/shop");
  await user.click(within(drawer).getByRole("checkbox", { name: "Suppress nothing" }));
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  await waitFor(() => expect(body).toEqual({ target_path: "/srv/shop", scan_types: [], no_suppress: true }));
});

test("a missing tool is named with the way to get it", async () => {
  const { drawer } = await openDrawer();
  expect(await within(drawer).findAllByText(/Skipped: Trivy \(apt install trivy\)/)).not.toHaveLength(0);
});

test("the hub's field errors stand at their fields, the first gets the focus, nothing typed is lost", async () => {
  hub.use(
    http.post(at("/scans"), () =>
      refusal(422, "invalid", "The scan cannot be created as it is.", [
        { field: "target_path", code: "outside_roots", detail: "This path may not be scanned." },
        { field: "scan_types", code: "required", detail: "Choose at least one." },
      ]),
    ),
  );
  const { user, drawer } = await openDrawer();
  const path = within(drawer).getByLabelText("Path");
  await user.type(path, "/etc");
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  expect(await within(drawer).findByText("This path may not be scanned.")).toBeDefined();
  expect(within(drawer).getByText("Choose at least one.")).toBeDefined();
  expect(path.getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(path);
  expect((path as HTMLInputElement).value).toBe("/etc");
});

test("a taken name is an error of the name field", async () => {
  hub.use(
    http.post(at("/scans"), () =>
      refusal(409, "scan_name_taken", "Another scan is called so; try “shop 2”."),
    ),
  );
  const { user, drawer } = await openDrawer();
  await user.type(within(drawer).getByLabelText("Path"), "/srv/shop");
  await user.type(within(drawer).getByLabelText("Name"), "shop");
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  expect(await within(drawer).findByText("Another scan is called so; try “shop 2”.")).toBeDefined();
  expect(within(drawer).getByLabelText("Name").getAttribute("aria-invalid")).toBe("true");
});

test("without a target nothing is sent, and the field says so", async () => {
  const asked = vi.fn();
  hub.use(http.post(at("/scans"), asked));
  const { user, drawer } = await openDrawer();
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  expect(await within(drawer).findByText("Say what to scan.")).toBeDefined();
  expect(asked).not.toHaveBeenCalled();
});

test("an error of no field stands on top with the request id", async () => {
  hub.use(http.post(at("/scans"), () => refusal(409, "company_deactivated", "This company is deactivated.")));
  const { user, drawer } = await openDrawer();
  await user.type(within(drawer).getByLabelText("Path"), "/srv/shop");
  await user.click(within(drawer).getByRole("button", { name: "Start scan" }));
  const alert = await within(drawer).findByRole("alert");
  expect(alert.textContent).toContain("This company is deactivated.");
  expect(alert.textContent).toContain("req-1");
});

test("targets are split, counted and sent once", () => {
  expect(readTargets(" 10.0.0.1\n10.0.0.2, 10.0.0.1;host  \n\n")).toEqual({
    unique: ["10.0.0.1", "10.0.0.2", "host"],
    repeated: ["10.0.0.1"],
  });
});
