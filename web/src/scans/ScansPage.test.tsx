import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { ALL_CAPABILITIES, scan } from "../../dev/fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";
import { FakeEventSource } from "../../test/setup.ts";

function answerScans(...scans: ReturnType<typeof scan>[]) {
  const asked: URLSearchParams[] = [];
  hub.use(
    http.get(at("/scans"), ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return listing(scans);
    }),
  );
  return asked;
}

test("the address decides what is asked, and a chip takes a filter out of both", async () => {
  const asked = answerScans(scan());
  const { user } = open("/scans?status=running&status=failed&sort=-started_at");
  await screen.findByRole("link", { name: "Quarterly external perimeter" });
  expect(asked[0]?.getAll("status")).toEqual(["running", "failed"]);
  expect(asked[0]?.get("sort")).toBe("-started_at");
  await user.click(screen.getByRole("button", { name: "Remove filter Status: Running" }));
  await waitFor(() => expect(window.location.search).toBe("?status=failed&sort=-started_at"));
  await waitFor(() => expect(asked.at(-1)?.getAll("status")).toEqual(["failed"]));
});

test("an unknown filter value is named, not sent and not fatal", async () => {
  const asked = answerScans(scan());
  open("/scans?status=sideways");
  expect((await screen.findByText(/Not known here and not applied/)).textContent).toContain("sideways");
  await screen.findByRole("link", { name: "Quarterly external perimeter" });
  expect(asked[0]?.getAll("status")).toEqual([]);
});

test("a header asks the hub for another order through the address", async () => {
  const asked = answerScans(scan());
  const { user } = open("/scans");
  await user.click(await screen.findByRole("button", { name: "Name" }));
  await waitFor(() => expect(window.location.search).toBe("?sort=name"));
  await waitFor(() => expect(asked.at(-1)?.get("sort")).toBe("name"));
  expect(screen.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort")).toBe("ascending");
});

test("typing searches after a moment, and shortcuts stay out of the field", async () => {
  const asked = answerScans(scan());
  const { user } = open("/scans");
  await screen.findByRole("link", { name: "Quarterly external perimeter" });
  await user.keyboard("/");
  const box = screen.getByRole("searchbox", { name: "Search scans" });
  expect(document.activeElement).toBe(box);
  await user.type(box, "p?c");
  await waitFor(() => expect(asked.at(-1)?.get("q")).toBe("p?c"));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.getByRole("button", { name: "Live" })).toBeDefined();
});

test("nothing yet: explains and offers the first steps", async () => {
  answerScans();
  open("/scans");
  expect(await screen.findByRole("heading", { name: "No scans yet" })).toBeDefined();
  expect(screen.getAllByRole("button", { name: "New scan" }).length).toBeGreaterThan(1);
});

test("nothing matches: offers to clear the filters", async () => {
  answerScans();
  const { user } = open("/scans?status=failed&sort=name");
  expect(await screen.findByRole("heading", { name: "No scan matches these filters" })).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Clear filters" }));
  await waitFor(() => expect(window.location.search).toBe("?sort=name"));
});

test("could not load: says so and never looks like an empty hub", async () => {
  hub.use(http.get(at("/scans"), () => refusal(500, "internal", "The store did not answer.")));
  open("/scans");
  expect(await screen.findByRole("heading", { name: "The scans could not be loaded" })).toBeDefined();
  expect(screen.getByText(/The store did not answer/)).toBeDefined();
  expect(screen.queryByText("No scans yet")).toBeNull();
});

test("the next page is fetched with the cursor of the last", async () => {
  const cursors: (string | null)[] = [];
  hub.use(
    http.get(at("/scans"), ({ request }) => {
      const cursor = new URL(request.url).searchParams.get("cursor");
      cursors.push(cursor);
      return cursor === null
        ? listing([scan({ id: "a", name: "First page" })], "after-a")
        : listing([scan({ id: "b", name: "Second page" })]);
    }),
  );
  open("/scans");
  expect(await screen.findByText("Second page")).toBeDefined();
  expect(cursors).toEqual([null, "after-a"]);
});

test("live changes reach the row; paused, they do not", async () => {
  let current = scan({ status: "running", progress: 10 });
  answerScans(current);
  hub.use(http.get(at("/scans/s1"), () => HttpResponse.json(current)));
  const { user } = open("/scans");
  await screen.findByText("10 %");
  current = { ...current, progress: 64 };
  FakeEventSource.last?.say("scan.progress", { scan_id: "s1", progress: 64 });
  expect(await screen.findByText("64 %")).toBeDefined();
  const stream = FakeEventSource.last;
  await user.click(screen.getByRole("button", { name: "Live" }));
  expect(screen.getByRole("button", { name: "Paused" })).toBeDefined();
  expect(stream?.readyState).toBe(FakeEventSource.CLOSED);
});

test("deleting names the consequence and shows the vendor's refusal although the scan is gone", async () => {
  answerScans(scan());
  let query = "";
  hub.use(
    http.delete(at("/scans/s1"), ({ request }) => {
      query = new URL(request.url).search;
      return HttpResponse.json({ deleted: true, remote: "failed", warnings: ["Nessus answered 500."] });
    }),
  );
  const { user } = open("/scans");
  await user.click(await screen.findByRole("button", { name: /^Actions for/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByRole("button", { name: "Delete here; vendor copy stays" })).toBeDefined();
  await user.click(within(dialog).getByRole("checkbox", { name: /Also delete the copy/ }));
  await user.click(within(dialog).getByRole("button", { name: "Delete here and at the vendor" }));
  expect(await screen.findByText(/Nessus answered 500/)).toBeDefined();
  expect(query).toBe("?cascade_remote=true");
});

test("hostile names are text", async () => {
  answerScans(scan({ name: "<img src=x onerror=alert(1)>" }));
  const { container } = open("/scans");
  await screen.findByRole("button", { name: /^Actions for <img/ });
  expect(container.querySelector("img")).toBeNull();
});

test("who may not create sees why", async () => {
  answerScans();
  const { session } = await import("../../dev/fixtures.ts");
  hub.use(http.get(at("/session"), () => HttpResponse.json({ ...session, permissions: ["scan:read"] })));
  open("/scans");
  const [button] = await screen.findAllByRole("button", { name: "New scan" });
  expect(button?.getAttribute("aria-disabled")).toBe("true");
  expect(button?.getAttribute("data-tip")).toContain("scan:create");
});

test("refresh follows the hub's look at the scanners, and shows what it found when it is over", async () => {
  const found = [scan()];
  const bodies: unknown[] = [];
  let state = "running";
  hub.use(
    http.get(at("/scans"), () => listing(found)),
    http.post(at("/sync"), async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json({ job_id: "j1", job_url: "/api/v1/jobs/j1" }, { status: 202 });
    }),
    http.get(at("/jobs/j1"), () => HttpResponse.json({ id: "j1", kind: "sync", state, result: {} })),
  );
  const { user } = open("/scans");
  await screen.findByRole("link", { name: "Quarterly external perimeter" });
  await user.click(screen.getByRole("button", { name: "Refresh" }));
  expect(await screen.findByText("Asking the scanners…")).toBeDefined();
  expect(bodies).toEqual([{}]);
  // Only now, so that no earlier question can have been answered with it.
  found.push(scan({ id: "s2", name: "Adopted just now" }));
  state = "done";
  expect(await screen.findByText(/The scanners were asked/)).toBeDefined();
  expect(await screen.findByRole("link", { name: "Adopted just now" })).toBeDefined();
});

test("one command goes to every selected scan that can take it, and each keeps its own answer", async () => {
  const paused = { available: false, supported: true, reason: "Only a running scan can be paused." };
  answerScans(
    scan({ id: "a", name: "Noisy A", status: "running" }),
    scan({ id: "b", name: "Noisy B", status: "running" }),
    scan({
      id: "c",
      name: "Done C",
      status: "completed",
      capabilities: { ...ALL_CAPABILITIES, pause: paused },
    }),
  );
  const sent: string[] = [];
  hub.use(
    http.post(at("/scans/:id/pause"), ({ params }) => {
      sent.push(String(params.id));
      return params.id === "b"
        ? refusal(409, "not_possible_in_state", "The scan has just ended.")
        : HttpResponse.json({}, { status: 202 });
    }),
  );
  const { user } = open("/scans");
  await screen.findByText("Noisy A");
  await user.click(screen.getByRole("checkbox", { name: "Select all loaded rows" }));
  const bar = await screen.findByRole("region", { name: "Command the selected scans" });
  expect(within(bar).getByText("3 scans selected")).toBeDefined();
  await user.click(within(bar).getByRole("button", { name: "Pause 2" }));
  expect(await within(bar).findByText("Pause: sent for 1, refused for 1:")).toBeDefined();
  expect(within(bar).getByText("“Noisy B”: The scan has just ended.")).toBeDefined();
  expect(sent.sort()).toEqual(["a", "b"]);
  expect(within(bar).getByRole("button", { name: "Resume" }).getAttribute("aria-disabled")).toBe("true");
  await user.click(within(bar).getByRole("button", { name: "Deselect" }));
  expect(screen.queryByRole("region", { name: "Command the selected scans" })).toBeNull();
});

test("a command to many is sent once however often it is pressed, and tells how far it has come", async () => {
  answerScans(
    scan({ id: "a", name: "Noisy A", status: "running" }),
    scan({ id: "b", name: "Noisy B", status: "running" }),
  );
  const sent: string[] = [];
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  hub.use(
    http.post(at("/scans/:id/pause"), async ({ params }) => {
      sent.push(String(params.id));
      if (params.id === "b") await answered;
      return HttpResponse.json({}, { status: 202 });
    }),
  );
  const { user } = open("/scans");
  await screen.findByText("Noisy A");
  await user.click(screen.getByRole("checkbox", { name: "Select all loaded rows" }));
  const bar = await screen.findByRole("region", { name: "Command the selected scans" });
  const pause = within(bar).getByRole("button", { name: "Pause 2" });
  fireEvent.click(pause);
  fireEvent.click(pause);
  expect(await within(bar).findByText("Pause: 1 of 2")).toBeDefined();
  expect(within(bar).getByRole("progressbar", { name: "Pause" }).getAttribute("value")).toBe("1");
  for (const name of ["Pause 2", "Stop 2", "Delete 2", "Deselect"]) {
    const button = within(bar).getByRole("button", { name });
    expect(button.getAttribute("aria-disabled")).toBe("true");
    await user.click(button);
  }
  answer();
  expect(await within(bar).findByText("Pause: sent for 2.")).toBeDefined();
  expect(sent.sort()).toEqual(["a", "b"]);
});

test("many scans are deleted after their number was confirmed; each refusal is told, also when the rest is gone", async () => {
  const left = [
    scan({ id: "a", name: "Old A" }),
    scan({ id: "b", name: "Old B", origin: "upload", integration_id: null, external_scan_id: null }),
    scan({ id: "c", name: "Busy C", origin: "local", status: "running", integration_id: null }),
  ];
  const asked: string[] = [];
  hub.use(
    http.get(at("/scans"), () => listing(left)),
    http.delete(at("/scans/:id"), ({ params, request }) => {
      asked.push(`${params.id}${new URL(request.url).search}`);
      if (params.id === "b") return refusal(409, "scan_is_active", "It is being imported.");
      left.splice(
        left.findIndex(({ id }) => id === params.id),
        1,
      );
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = open("/scans");
  await screen.findByText("Old A");
  await user.click(screen.getByRole("checkbox", { name: "Select all loaded rows" }));
  const bar = await screen.findByRole("region", { name: "Command the selected scans" });
  await user.click(within(bar).getByRole("button", { name: "Delete 3" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByText("Still running here: 1. Deleting cancels them first.")).toBeDefined();
  expect(asked).toEqual([]);
  await user.click(within(dialog).getByRole("button", { name: "Delete 3 scans; vendor copies stay" }));
  expect(await within(bar).findByText("Delete: done for 2, refused for 1:")).toBeDefined();
  expect(within(bar).getByText("“Old B”: It is being imported.")).toBeDefined();
  await waitFor(() => expect(within(bar).getByText("1 scan selected")).toBeDefined());
  expect(asked.sort()).toEqual(["a", "b", "c?force=true"]);
  expect(screen.queryByText("Old A")).toBeNull();
  left.length = 0;
  await user.click(within(bar).getByRole("button", { name: "Delete 1" }));
  await user.click(await screen.findByRole("button", { name: "Delete 1 scan" }));
  expect(await within(bar).findByText("“Old B”: It is being imported.")).toBeDefined();
  await user.click(await within(bar).findByRole("button", { name: "Close" }));
  expect(screen.queryByRole("region", { name: "Command the selected scans" })).toBeNull();
});

test("who may not delete sees why, also for many", async () => {
  answerScans(scan());
  const { session } = await import("../../dev/fixtures.ts");
  const permissions = session.permissions.filter((each) => each !== "scan:delete");
  hub.use(http.get(at("/session"), () => HttpResponse.json({ ...session, permissions })));
  const { user } = open("/scans");
  await screen.findByRole("link", { name: "Quarterly external perimeter" });
  await user.click(screen.getByRole("checkbox", { name: "Select all loaded rows" }));
  const button = await screen.findByRole("button", { name: "Delete 1" });
  expect(button.getAttribute("aria-disabled")).toBe("true");
  expect(button.getAttribute("data-tip")).toContain("scan:delete");
});

test("an assessment run is a filter, offered by name", async () => {
  const asked = answerScans(scan({ assessment_run_id: "2026-Q4" }));
  hub.use(http.get(at("/assessment-runs"), () => listing([{ id: "2026-Q3" }, { id: "2026-Q4" }])));
  const { user } = open("/scans?assessment_run_id=2026-Q4");
  await screen.findByRole("link", { name: "Quarterly external perimeter" });
  expect(asked[0]?.get("assessment_run_id")).toBe("2026-Q4");
  await user.click(screen.getByRole("button", { name: "Remove filter Assessment run: 2026-Q4" }));
  await waitFor(() => expect(asked.at(-1)?.get("assessment_run_id")).toBeNull());
});
