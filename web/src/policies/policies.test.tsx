import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { session } from "../../dev/fixtures.ts";
import { feeds, slaPolicy, triagePolicy } from "../../dev/policy-fixtures.ts";
import { at, hub, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";

const section = (name: string) => screen.findByRole("region", { name });
const withinSection = async (name: string) => within(await section(name));

const days = async (due: Awaited<ReturnType<typeof withinSection>>, severity: string) =>
  within(await due.findByRole("group", { name: /^Days by severity/ })).getByLabelText(severity);

function asOperator() {
  hub.use(
    http.get(at("/session"), () => HttpResponse.json({ ...session, role: "operator" })),
    http.get(at("/feeds"), () => HttpResponse.json({ items: feeds() })),
  );
}

test("nobody has written a policy: each part says what it does, and what is proposed", async () => {
  open("/policies");
  const due = await withinSection("Due dates");
  expect(await due.findByText(/No due dates yet/)).toBeDefined();
  expect((due.getByLabelText("Findings have due dates") as HTMLInputElement).checked).toBe(false);
  expect(
    due.getByText(/^Switched on, for example, a high finding on a critical asset: 15 days;/),
  ).toBeDefined();
  const eyes = await withinSection("Four eyes");
  expect(await eyes.findByText(/every judgement is made at once/)).toBeDefined();
  expect(eyes.getByText(/^3 members may decide requests/)).toBeDefined();
  const facts = await withinSection("Feeds");
  expect(await facts.findByText(/No feed is loaded yet/)).toBeDefined();
});

test("what is entered is worked out at once, and sent with the version that was read", async () => {
  const sent: { match: string | null; body: unknown }[] = [];
  hub.use(
    http.put(at("/sla-policy"), async ({ request }) => {
      const body = (await request.json()) as object;
      sent.push({ match: request.headers.get("if-match"), body });
      return HttpResponse.json(slaPolicy({ ...body, version: 1 }));
    }),
  );
  const { user } = open("/policies");
  const due = await withinSection("Due dates");
  await user.click(await due.findByLabelText("Findings have due dates"));
  const high = await days(due, "High");
  await user.clear(high);
  await user.type(high, "45");
  expect(due.getByText(/a high finding on a critical asset: 22 days 12 hours/)).toBeDefined();
  await user.clear(await days(due, "Low"));
  await user.click(due.getByRole("button", { name: "Save due dates" }));
  expect(await due.findByText("Saved.")).toBeDefined();
  expect(sent).toEqual([
    {
      match: '"0"',
      body: {
        enabled: true,
        days: { critical: 15, high: 45, medium: 90, low: null, info: null },
        kev_days: 14,
        percent: { low: 150, normal: 100, high: 75, critical: 50 },
      },
    },
  ]);
  expect(due.queryByText(/No due dates yet/)).toBeNull();
});

test("what the hub refuses is said at its field, and nothing entered is lost", async () => {
  hub.use(
    http.put(at("/sla-policy"), () =>
      refusal(422, "invalid_input", "No.", [
        { field: "days.high", code: "out_of_range", detail: "Between 1 and 3650 days, or none." },
        { field: "percent.critical", code: "out_of_range", detail: "Between 10 and 1000 percent." },
      ]),
    ),
  );
  const { user } = open("/policies");
  const due = await withinSection("Due dates");
  const high = await days(due, "High");
  await user.clear(high);
  await user.type(high, "9000");
  await user.click(due.getByRole("button", { name: "Save due dates" }));
  expect(await due.findByText("Between 1 and 3650 days, or none.")).toBeDefined();
  expect(due.getByText("Between 10 and 1000 percent.")).toBeDefined();
  expect((high as HTMLInputElement).value).toBe("9000");
  await waitFor(() => expect(document.activeElement).toBe(high));
});

test("a policy that somebody else changed is said to be, and read again", async () => {
  let present = slaPolicy({ enabled: true, version: 4 });
  hub.use(
    http.get(at("/sla-policy"), () => HttpResponse.json(present)),
    http.put(at("/sla-policy"), () => {
      present = slaPolicy({ enabled: true, version: 5, kev_days: 7 });
      return refusal(412, "stale_version", "The policy has changed since it was read. Read it again.");
    }),
  );
  const { user } = open("/policies");
  const due = await withinSection("Due dates");
  await user.type(await days(due, "Info"), "365");
  await user.click(due.getByRole("button", { name: "Save due dates" }));
  expect(await due.findByText(/Somebody has changed this meanwhile/)).toBeDefined();
  expect((due.getByLabelText("Known exploited") as HTMLInputElement).value).toBe("7");
  expect(((await days(due, "Info")) as HTMLInputElement).value).toBe("");
});

test("states are chosen for a second person; one who could decide alone is warned of", async () => {
  const sent: { match: string | null; body: unknown }[] = [];
  hub.use(
    http.get(at("/triage-policy"), () => HttpResponse.json(triagePolicy({ approvers: 1, version: 2 }))),
    http.patch(at("/triage-policy"), async ({ request }) => {
      const body = (await request.json()) as object;
      sent.push({ match: request.headers.get("if-match"), body });
      return HttpResponse.json(triagePolicy({ ...body, approvers: 1, version: 3 }));
    }),
  );
  const { user } = open("/policies");
  const eyes = await withinSection("Four eyes");
  expect(await eyes.findByText(/Only one member may decide requests/)).toBeDefined();
  await user.click(eyes.getByLabelText("Closed"));
  await user.click(eyes.getByLabelText("Risk accepted"));
  const days = eyes.getByLabelText("Days until an undecided request ends");
  await user.clear(days);
  await user.type(days, "14");
  await user.click(eyes.getByRole("button", { name: "Save four eyes" }));
  expect(await eyes.findByText("Saved.")).toBeDefined();
  expect(sent).toEqual([
    { match: '"2"', body: { approval_states: ["risk_accepted", "closed"], request_days: 14 } },
  ]);
});

test("whoever may not change policies reads them, and why", async () => {
  const permissions = session.permissions.filter((permission) => permission !== "company:manage");
  hub.use(http.get(at("/session"), () => HttpResponse.json({ ...session, permissions })));
  open("/policies");
  const due = await withinSection("Due dates");
  const save = await due.findByRole("button", { name: "Save due dates" });
  expect(save.getAttribute("aria-disabled")).toBe("true");
  expect(((await days(due, "High")) as HTMLInputElement).readOnly).toBe(true);
  const eyes = await withinSection("Four eyes");
  expect((await eyes.findByLabelText("Closed")).hasAttribute("disabled")).toBe(true);
  expect(eyes.getAllByText(/lacks the permission company:manage/).length).toBeGreaterThan(0);
});

test("only operators change feeds; everybody else reads how they are brought", async () => {
  hub.use(
    http.get(at("/feeds"), () =>
      HttpResponse.json({ items: feeds().map((feed) => ({ ...feed, error: null, source: null })) }),
    ),
  );
  open("/policies");
  const facts = await withinSection("Feeds");
  expect(await facts.findByText("scanhelm feeds import epss FILE")).toBeDefined();
  expect(facts.getByText(/The operator of this installation sees why/)).toBeDefined();
  expect(facts.queryByRole("button", { name: "Refresh EPSS" })).toBeNull();
});

test("an operator sees why a feed failed, and has it looked for again", async () => {
  asOperator();
  hub.use(
    http.post(at("/feeds/kev/refresh"), () =>
      HttpResponse.json({ job_id: "j1", job_url: "" }, { status: 202 }),
    ),
    http.get(at("/jobs/j1"), () =>
      HttpResponse.json({ id: "j1", kind: "load_feed", state: "done", result: { outcome: "unchanged" } }),
    ),
  );
  const { user } = open("/policies");
  const facts = await withinSection("Feeds");
  expect(await facts.findByText(/the answer was 404/)).toBeDefined();
  expect(facts.getByRole("button", { name: "Refresh CWE" }).getAttribute("data-tip")).toMatch(
    /\[feeds\] cwe/,
  );
  await user.click(facts.getByRole("button", { name: "Refresh KEV" }));
  expect(await facts.findByText("KEV: this is what was loaded already.")).toBeDefined();
});

test("an operator brings the file of a feed, also one that is older", async () => {
  let form: FormData | undefined;
  asOperator();
  hub.use(
    http.post(at("/feeds/cwe"), async ({ request }) => {
      form = await request.formData();
      return HttpResponse.json({ job_id: "j2", job_url: "" }, { status: 202 });
    }),
    http.get(at("/jobs/j2"), () =>
      HttpResponse.json({
        id: "j2",
        kind: "load_feed",
        state: "done",
        result: { outcome: "loaded", records: 969 },
      }),
    ),
  );
  const { user } = open("/policies");
  const facts = await withinSection("Feeds");
  await user.click(await facts.findByRole("button", { name: "Load file for CWE" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Load" }));
  expect(await dialog.findByText("Choose the file to load.")).toBeDefined();
  const input = document.querySelector<HTMLInputElement>("input[type=file]");
  if (!input) throw new Error("no place for a file");
  await user.upload(input, new File(["CWE-ID"], "699.csv"));
  await user.click(dialog.getByLabelText(/Also when it is older/));
  await user.click(dialog.getByRole("button", { name: "Load" }));
  expect(await facts.findByText(/^CWE: 969 records/)).toBeDefined();
  expect(form?.get("force")).toBe("true");
});

test("a part that cannot be loaded says so and leaves the others alone", async () => {
  hub.use(http.get(at("/sla-policy"), () => refusal(503, "store_unavailable", "The database is busy.")));
  open("/policies");
  const due = await withinSection("Due dates");
  expect(await due.findByText(/The due dates could not be loaded/)).toBeDefined();
  expect(due.getByRole("button", { name: "Retry" })).toBeDefined();
  expect(
    await (await withinSection("Four eyes")).findByRole("button", { name: "Save four eyes" }),
  ).toBeDefined();
  expect(await (await withinSection("Feeds")).findByRole("table", { name: "Feeds" })).toBeDefined();
});
