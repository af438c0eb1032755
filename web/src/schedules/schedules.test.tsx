import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import type { Schedule, ScheduleRun } from "@/api/contract.ts";
import { scan } from "../../dev/fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";
import { shownIn } from "./zone-time.ts";

const run = (change: Partial<ScheduleRun> = {}): ScheduleRun => ({
  schedule_id: "sch1",
  nominal_at: "2026-11-20T01:30:00.000Z",
  decided_at: "2026-11-20T04:00:00.000Z",
  outcome: "missed",
  reason: "The hub was not running at this time.",
  scan_id: "s1",
  command_id: null,
  finished_at: null,
  result: null,
  ...change,
});

const schedule = (change: Partial<Schedule> = {}): Schedule => ({
  id: "sch1",
  company_id: "c1",
  scan_id: "s1",
  scan_name: "Quarterly external perimeter",
  integration_name: "Nessus Hamburg",
  vendor: "nessus",
  cron: "30 2 * * 1-5",
  tz: "Asia/Tokyo",
  enabled: true,
  paused_reason: null,
  next_at: "2030-01-01T17:30:00.000Z",
  next_fires: ["2030-01-01T17:30:00.000Z", "2030-01-02T17:30:00.000Z"],
  last_run: run({ outcome: "started", result: "completed", reason: null }),
  missed: [run()],
  created_by: "user/u1",
  created_at: "2026-11-01T00:00:00.000Z",
  updated_at: "2026-11-01T00:00:00.000Z",
  version: 3,
  ...change,
});

test("a schedule shows its next time on its own clock and what was not served", async () => {
  hub.use(
    http.get(at("/schedules"), () =>
      listing([schedule(), schedule({ id: "sch2", scan_name: "B", enabled: false })]),
    ),
    http.get(at("/schedules/sch1/runs"), () =>
      listing([
        run(),
        run({
          nominal_at: "2026-11-19T01:30:00.000Z",
          outcome: "started",
          result: "completed",
          reason: null,
        }),
      ]),
    ),
  );
  const { user } = open("/schedules");
  const grid = await screen.findByRole("table", { name: "Schedules" });
  expect(within(grid).getByText("Active")).toBeDefined();
  expect(within(grid).getByText("Paused")).toBeDefined();
  expect(within(grid).getAllByText(shownIn("Asia/Tokyo", "2030-01-01T17:30:00.000Z")).length).toBeGreaterThan(
    0,
  );
  await user.click(within(grid).getByRole("button", { name: /1 times of Quarterly/ }));
  const drawer = await screen.findByRole("dialog");
  const before = await within(drawer).findByRole("list", { name: "Times before" });
  expect(within(before).getByText("Missed")).toBeDefined();
  expect(within(before).getByText("The hub was not running at this time.")).toBeDefined();
  expect(within(before).getByText("Completed")).toBeDefined();
});

test("the form shows what the hub makes of the times, and its faults at their fields", async () => {
  let body: unknown;
  hub.use(
    http.get(at("/schedules"), () => listing([])),
    http.get(at("/scans"), () => listing([scan({ id: "s1", name: "Perimeter" })])),
    http.get(at("/schedules/preview"), ({ request }) => {
      const asked = new URL(request.url).searchParams;
      if (asked.get("cron") !== "30 2 * * *") {
        return refusal(422, "invalid_input", "No.", [
          { field: "cron", code: "fields", detail: "A cron expression has 5 fields; this one has 6." },
        ]);
      }
      return HttpResponse.json({
        cron: "30 2 * * *",
        tz: "UTC",
        follows_the_clock: false,
        next_fires: ["2030-01-01T02:30:00.000Z"],
      });
    }),
    http.post(at("/schedules"), async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(schedule(), { status: 201 });
    }),
  );
  const { user } = open("/schedules");
  expect(await screen.findByText("No schedules yet")).toBeDefined();
  await user.click(screen.getAllByRole("button", { name: "Add schedule" })[0] as HTMLElement);
  const drawer = await screen.findByRole("dialog");
  const cron = within(drawer).getByLabelText("Times (cron)");
  await user.type(cron, "0 30 2 * * *");
  expect(await within(drawer).findByText(/has 5 fields; this one has 6/)).toBeDefined();
  await user.click(within(drawer).getByRole("button", { name: "Every night" }));
  expect(await within(drawer).findByText(shownIn("UTC", "2030-01-01T02:30:00.000Z"))).toBeDefined();
  await user.click(within(drawer).getByRole("button", { name: "Add schedule" }));
  expect(await within(drawer).findByText("Choose a scan.")).toBeDefined();
  await user.click(within(drawer).getByRole("combobox", { name: "Scan" }));
  await user.click(await screen.findByRole("option", { name: "Perimeter" }));
  await user.click(within(drawer).getByRole("button", { name: "Add schedule" }));
  await waitFor(() => expect(body).toMatchObject({ scan_id: "s1", cron: "30 2 * * *" }));
});

test("pausing sends the version that was read", async () => {
  let sent: unknown;
  let match: string | null = null;
  hub.use(
    http.get(at("/schedules"), () => listing([schedule()])),
    http.patch(at("/schedules/sch1"), async ({ request }) => {
      sent = await request.json();
      match = request.headers.get("if-match");
      return HttpResponse.json(schedule({ enabled: false }));
    }),
  );
  const { user } = open("/schedules");
  await user.click(await screen.findByRole("button", { name: /Actions for the schedule of Quarterly/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Pause schedule" }));
  await waitFor(() => expect(sent).toEqual({ enabled: false }));
  expect(match).toBe('"3"');
});

test("a hub that does not answer is said, with a way on", async () => {
  hub.use(http.get(at("/schedules"), () => refusal(503, "store_unavailable", "The database is busy.")));
  open("/schedules");
  expect(await screen.findByText("The schedules could not be loaded")).toBeDefined();
  expect(screen.getByRole("button", { name: "Retry" })).toBeDefined();
});
