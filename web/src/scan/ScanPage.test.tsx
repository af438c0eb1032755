import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import type { Finding, Scan } from "@/api/contract.ts";
import { followInterval } from "@/shell/live.tsx";
import { manyFindings } from "../../dev/finding-fixtures.ts";
import { ALL_CAPABILITIES, activity, counts, EPOCH, scan } from "../../dev/fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";
import { FakeEventSource } from "../../test/setup.ts";

function serve(current: () => Scan) {
  hub.use(
    http.get(at("/scans/:id"), () => HttpResponse.json(current())),
    http.get(at("/scans/:id/preview"), () =>
      HttpResponse.json({
        hosts: 12,
        vulnerabilities: 345,
        by_severity: counts(1, 2, 3, 4, 335),
        observed_at: "2026-11-20T12:00:00Z",
        rows: [{ rule_id: "1", severity: "high", title: "<b>bold</b> claim", family: "Web", count: 7 }],
      }),
    ),
    http.get(at("/scans/:id/activity"), () => listing(activity(EPOCH))),
    http.get(at("/scans/:id/findings"), () => listing([])),
    http.get(at("/scans/:id/config"), () =>
      HttpResponse.json({ config: { policy: "<script>x</script>" }, targets: ["10.0.0.1", "10.0.0.2"] }),
    ),
  );
}

test("shows six key figures, the details and the scanner's own view as text", async () => {
  serve(() => scan({ status: "running", import_state: "none", asset_count: null, finished_at: null }));
  open("/scans/s1?tab=scanner");
  expect(await screen.findByText("<b>bold</b> claim")).toBeDefined();
  const figures = screen.getByLabelText("Key figures");
  for (const label of ["Findings", "Imported", "Assets", "Targets", "Duration", "Finished"]) {
    expect(within(figures).getByText(label)).toBeDefined();
  }
  expect(within(figures).getByText("Assets").nextElementSibling?.textContent).toBe("—");
  const details = screen.getByRole("complementary", { name: "Details" });
  expect(within(details).getByRole("link", { name: "Nessus Hamburg" }).getAttribute("href")).toBe(
    "/integrations/i1",
  );
  expect(document.title).toContain("Quarterly external perimeter");
});

test("a scan that lists components says how many", async () => {
  serve(() => scan({ components: 1_234 }));
  open("/scans/s1");
  const figures = within(await screen.findByLabelText("Key figures"));
  expect(figures.getByText("Components").nextElementSibling?.textContent).toBe((1_234).toLocaleString());
});

test("offers the import on the scanner tab only while nothing has been imported", async () => {
  let current = scan({ import_state: "none" });
  let asked = 0;
  serve(() => current);
  hub.use(
    http.post(at("/scans/:id/import"), () => {
      asked += 1;
      current = scan({ import_state: "running", status: "importing" });
      return HttpResponse.json({ job_id: "j", job_url: "" }, { status: 202 });
    }),
  );
  const { user } = open("/scans/s1?tab=scanner");
  const call = await screen.findByText(/Nothing of this scan has been imported yet/);
  await user.click(within(call).getByRole("button", { name: "Import now" }));
  await waitFor(() => expect(screen.queryByText(/Nothing of this scan has been imported yet/)).toBeNull());
  expect(asked).toBe(1);
});

test("an unavailable command keeps the focus and tells its reason; an unsupported one is not there", async () => {
  serve(() =>
    scan({
      status: "running",
      capabilities: {
        ...ALL_CAPABILITIES,
        launch: { available: false, supported: false, reason: "Invicti offers no launch through its API." },
        resume: {
          available: false,
          supported: true,
          reason: "Only a paused scan can be resumed; this one is running.",
        },
      },
    }),
  );
  let sent = 0;
  hub.use(
    http.post(at("/scans/:id/resume"), () => {
      sent += 1;
      return HttpResponse.json({}, { status: 202 });
    }),
  );
  const { user } = open("/scans/s1?tab=activity");
  const resume = await screen.findByRole("button", { name: "Resume" });
  expect(screen.queryByRole("button", { name: "Launch" })).toBeNull();
  expect(resume.getAttribute("aria-disabled")).toBe("true");
  resume.focus();
  expect(document.activeElement).toBe(resume);
  const reason = document.getElementById(resume.getAttribute("aria-describedby") ?? "");
  expect(reason?.textContent).toBe("Only a paused scan can be resumed; this one is running.");
  await user.click(resume);
  expect(sent).toBe(0);
});

test("a sent command stays “sent” until the scanner's own state confirms it, and is sent once", async () => {
  let current = scan({ status: "running", progress: 40 });
  let sent = 0;
  serve(() => current);
  hub.use(
    http.post(at("/scans/:id/pause"), () => {
      sent += 1;
      return HttpResponse.json({}, { status: 202 });
    }),
  );
  const { user } = open("/scans/s1?tab=activity");
  await user.click(await screen.findByRole("button", { name: "Pause" }));
  const pausing = await screen.findByRole("button", { name: "Pausing…" });
  await user.click(pausing);
  expect(sent).toBe(1);
  expect(screen.queryByText("Paused")).toBeNull();
  current = scan({ status: "paused", progress: 40, version: 2 });
  FakeEventSource.last?.say("scan.status", { scan_id: "s1", status: "paused" });
  expect(await screen.findAllByText("Paused")).not.toHaveLength(0);
  expect(screen.queryByRole("button", { name: "Pausing…" })).toBeNull();
});

test("a refused command says so and can be tried again", async () => {
  serve(() => scan({ status: "running" }));
  hub.use(
    http.post(at("/scans/:id/stop"), () => refusal(409, "not_possible_in_state", "The scan has just ended.")),
  );
  const { user } = open("/scans/s1?tab=activity");
  await user.click(await screen.findByRole("button", { name: "Stop" }));
  expect((await screen.findByRole("alert")).textContent).toContain("The scan has just ended.");
  expect(screen.getByRole("button", { name: "Stop" }).getAttribute("aria-disabled")).toBeNull();
});

test("the tab is the address, and the configuration is text", async () => {
  serve(() => scan());
  const { user } = open("/scans/s1?tab=config");
  expect(await screen.findByText(/<script>x<\/script>/)).toBeDefined();
  expect(screen.getByText("10.0.0.2")).toBeDefined();
  await user.click(screen.getByRole("tab", { name: "Activity" }));
  await waitFor(() => expect(window.location.search).toBe("?tab=activity"));
  expect(await screen.findByText(/Adopted from Nessus Hamburg/)).toBeDefined();
});

test("the change that asked for the scan is told, and only a web address becomes a link", async () => {
  const ci = {
    commit_sha: "5f3c2a1",
    branch_name: "feature/login",
    pr_number: 42,
    repo_url: "javascript:alert(1)",
    triggered_by: "pipeline 7",
  };
  serve(() => scan({ ci, assessment_run_id: "release 7" }));
  open("/scans/s1?tab=activity");
  const details = await screen.findByRole("complementary", { name: "Details" });
  for (const text of ["5f3c2a1", "feature/login", "42", "pipeline 7", "javascript:alert(1)"]) {
    expect(within(details).getByText(text)).toBeDefined();
  }
  expect(within(details).queryByRole("link", { name: /javascript/ })).toBeNull();
  expect(within(details).getByRole("link", { name: "release 7" }).getAttribute("href")).toBe(
    "/scans?assessment_run_id=release+7",
  );
});

test("the findings of a scan are judged together, and each that was not says why", async () => {
  const rows = manyFindings(3, EPOCH);
  const [one, two] = rows as [Finding, Finding, Finding];
  serve(() => scan({ import_state: "done" }));
  const orders: unknown[] = [];
  hub.use(
    http.get(at("/scans/:id/findings"), () =>
      HttpResponse.json({ items: rows, next_cursor: null, total: 4312 }),
    ),
    http.get(at("/meta/finding-states"), () =>
      HttpResponse.json({
        states: [],
        transitions: [{ from: "open", to: "false_positive", needs_reason: true }],
      }),
    ),
    http.post(at("/findings/bulk"), async ({ request }) => {
      orders.push(await request.json());
      return HttpResponse.json({ job_id: "j1", job_url: "", selected: 2 }, { status: 202 });
    }),
    http.get(at("/jobs/j1"), () =>
      HttpResponse.json({
        id: "j1",
        kind: "judge_findings",
        state: "done",
        result: {
          changed: 1,
          refused: 1,
          rows: [
            { id: one.id, result: "changed" },
            { id: two.id, result: "refused", code: "not_possible_in_state", reason: "It is fixed." },
          ],
        },
      }),
    ),
  );
  const { user } = open("/scans/s1?tab=findings");
  const [, first, second] = await screen.findAllByRole("checkbox");
  await user.click(first as HTMLElement);
  await user.click(second as HTMLElement);
  const bar = await screen.findByRole("form", { name: "Change the selected findings" });
  expect(within(bar).getByText("2 findings selected")).toBeDefined();
  expect(within(bar).getByRole("button", { name: "Select all 4,312 matching" })).toBeDefined();
  await user.click(within(bar).getByRole("combobox", { name: "New status" }));
  await user.click(await screen.findByRole("option", { name: "False positive" }));
  await user.type(within(bar).getByRole("textbox", { name: "Reason" }), "test code");
  await user.click(within(bar).getByRole("button", { name: "Change status" }));
  expect(await screen.findByText("1 changed, 1 not: It is fixed.")).toBeDefined();
  expect(orders).toEqual([{ ids: [one.id, two.id], action: { to: "false_positive", reason: "test code" } }]);
});

test("unknown and foreign scans are the same page", async () => {
  hub.use(http.get(at("/scans/:id"), () => refusal(404, "not_found", "No such scan here.")));
  open("/scans/other");
  expect(await screen.findByRole("heading", { name: "Not found" })).toBeDefined();
});

test("is followed every 8 seconds while it works, and not otherwise", () => {
  expect(followInterval(true, "running")).toBe(8_000);
  expect(followInterval(true, "importing")).toBe(8_000);
  for (const status of ["queued", "paused", "completed", "failed", "cancelled", undefined]) {
    expect(followInterval(true, status)).toBe(false);
  }
  expect(followInterval(false, "running")).toBe(false);
});
