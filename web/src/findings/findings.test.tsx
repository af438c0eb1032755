import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { findingDetail, manyFindings } from "../../dev/finding-fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";

const MATCHING = 250;

/** More match than are loaded. What is ordered is kept; the jobs are done at once. */
function serve(
  result: Record<string, unknown> = { changed: 1, refused: 0, rows: [{ id: "f1", result: "changed" }] },
) {
  const ordered: Record<string, unknown>[] = [];
  hub.use(
    http.get(at("/findings"), () =>
      HttpResponse.json({ items: manyFindings(3, Date.now()), next_cursor: null, total: MATCHING }),
    ),
    http.get(at("/meta/finding-states"), () =>
      HttpResponse.json({ transitions: [{ from: "open", to: "in_progress", needs_reason: false }] }),
    ),
    http.post(at("/findings/bulk"), async ({ request }) => {
      ordered.push((await request.json()) as Record<string, unknown>);
      return HttpResponse.json({ job_id: "j1", job_url: "", selected: 1 }, { status: 202 });
    }),
    http.get(at("/jobs/j1"), () => HttpResponse.json({ id: "j1", kind: "judge", state: "done", result })),
  );
  return ordered;
}

const bar = () => screen.findByRole("form", { name: "Change the selected findings" });
const tick = async () => (await screen.findAllByRole("checkbox", { name: "Select row" }))[0] as HTMLElement;

async function chooseInProgress(user: ReturnType<typeof open>["user"]) {
  await user.click(within(await bar()).getByPlaceholderText("New status"));
  await user.click(await screen.findByRole("option", { name: "In progress" }));
}

test("everything that matches is judged by the filter under which it was chosen", async () => {
  const ordered = serve();
  const { user } = open("/findings?severity=critical");
  await user.click(await tick());
  await user.click(within(await bar()).getByRole("button", { name: "Select all 250 matching" }));
  expect(within(await bar()).getByText("250 findings selected")).toBeDefined();
  await chooseInProgress(user);
  await user.click(within(await bar()).getByRole("button", { name: "Change status" }));
  await waitFor(() => expect(ordered).toHaveLength(1));
  expect(ordered[0]?.filter).toEqual({ severity: ["critical"], status: [] });
});

test("another filter begins with nothing selected, and never with all of it", async () => {
  const ordered = serve();
  const { user } = open("/findings?severity=critical&status=open");
  await user.click(await tick());
  await user.click(within(await bar()).getByRole("button", { name: "Select all 250 matching" }));
  await chooseInProgress(user);
  await user.click(screen.getByRole("button", { name: "Remove filter Severity: Critical" }));
  await waitFor(() => expect(window.location.search).toBe("?status=open"));
  await waitFor(() =>
    expect(screen.queryByRole("form", { name: "Change the selected findings" })).toBeNull(),
  );
  await user.click(await tick());
  expect(within(await bar()).getByText("1 finding selected")).toBeDefined();
  await chooseInProgress(user);
  await user.click(within(await bar()).getByRole("button", { name: "Change status" }));
  await waitFor(() => expect(ordered).toHaveLength(1));
  expect(ordered[0]).toMatchObject({ ids: ["f1"] });
  expect(ordered[0]).not.toHaveProperty("filter");
});

test("choosing single rows again takes “all that match” back", async () => {
  serve();
  const { user } = open("/findings");
  await user.click(await tick());
  await user.click(within(await bar()).getByRole("button", { name: "Select all 250 matching" }));
  await user.click((await screen.findAllByRole("checkbox", { name: "Select row" }))[1] as HTMLElement);
  expect(within(await bar()).getByText("2 findings selected")).toBeDefined();
});

test("what became of the order is told, also after the filter was changed; each reason once", async () => {
  serve({
    changed: 1,
    refused: 2,
    rows: [
      { id: "f1", result: "changed" },
      { id: "f2", result: "refused", reason: "It was closed meanwhile." },
      { id: "f3", result: "refused", reason: "It was closed meanwhile." },
    ],
  });
  const { user } = open("/findings?severity=critical");
  await user.click(await tick());
  await chooseInProgress(user);
  await user.click(within(await bar()).getByRole("button", { name: "Change status" }));
  await waitFor(() =>
    expect(screen.queryByRole("form", { name: "Change the selected findings" })).toBeNull(),
  );
  await user.click(screen.getByRole("button", { name: "Remove filter Severity: Critical" }));
  expect(await screen.findByText("1 changed, 2 not: It was closed meanwhile.")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByText(/1 changed/)).toBeNull();
});

test("an order that waits is not sent again; a refused one says so and keeps the selection", async () => {
  serve();
  let asked = 0;
  let refuse = () => {};
  const refused = new Promise<void>((resolve) => {
    refuse = resolve;
  });
  hub.use(
    http.post(at("/findings/bulk"), async () => {
      asked += 1;
      await refused;
      return refusal(422, "too_many", "At most 100,000 findings are judged at once.");
    }),
  );
  const { user } = open("/findings");
  await user.click(await tick());
  await chooseInProgress(user);
  await user.click(within(await bar()).getByRole("button", { name: "Change status" }));
  await waitFor(() => expect(asked).toBe(1));
  fireEvent.submit(await bar());
  fireEvent.submit(await bar());
  refuse();
  expect(await screen.findByText(/At most 100,000 findings/)).toBeDefined();
  expect(asked).toBe(1);
  expect(within(await bar()).getByText("1 finding selected")).toBeDefined();
});

test("a finding names who else sees the weakness, why, and how that was judged", async () => {
  serve();
  const [shown] = manyFindings(1, Date.now());
  if (!shown) throw new Error("no finding");
  const related = {
    id: "f2",
    title: "Fixes of OpenSSH 9.8",
    severity: "high",
    status: "false_positive",
    location: shown.location,
    cves: ["CVE-2024-6387", "CVE-2024-39894"],
    rules: [{ scanner: "openvas", rule_id: "1.3.6.1.4.1.25623.1.0.114681" }],
    reason: "both name CVE-2024-6387, 1 of the 2 CVEs that either names",
    judged: {
      at: shown.last_seen_at,
      actor: "user/u1",
      state: "false_positive",
      reason: "The distribution has the fix.",
    },
  };
  const detail = { ...findingDetail(shown, Date.now()), related: [related] };
  hub.use(http.get(at("/findings/f1"), () => HttpResponse.json(detail)));
  open("/findings?finding=f1");
  const section = (await screen.findByRole("heading", { name: "Same weakness seen by" })).parentElement;
  expect(section?.textContent).toContain("openvas");
  expect(section?.textContent).toContain("both name CVE-2024-6387, 1 of the 2 CVEs that either names");
  expect(section?.textContent).toContain("The distribution has the fix.");
});

test("an export is the list under its filters, in an order of its own", async () => {
  serve();
  const { user } = open("/findings?severity=critical&severity=high&q=open%20ssl&sort=title");
  await user.click(await screen.findByRole("button", { name: "Export" }));
  const link = await screen.findByRole("menuitem", { name: /^SARIF/ });
  expect(link.getAttribute("href")).toBe(
    "/api/v1/findings/export?severity=critical&severity=high&q=open+ssl&format=sarif",
  );
  expect(link.hasAttribute("download")).toBe(true);
  expect(screen.getByText("250 findings")).toBeDefined();
});

test("grouped is a switch of the list; what is behind a row is counted and never judged unseen", async () => {
  const asked: (string | null)[] = [];
  serve();
  hub.use(
    http.get(at("/findings"), ({ request }) => {
      const grouped = new URL(request.url).searchParams.get("grouped");
      asked.push(grouped);
      const group = { findings: 3, sightings: 4, scanners: ["nessus", "openvas"] };
      const items = manyFindings(3, Date.now()).map((finding) => ({ ...finding, group }));
      return HttpResponse.json({ items, next_cursor: null, total: MATCHING });
    }),
  );
  const { user } = open("/findings?risk_min=75");
  await user.click(await tick());
  expect(within(await bar()).getByRole("button", { name: "Select all 250 matching" })).toBeDefined();
  expect(screen.queryByText("more findings of this weakness", { exact: false })).toBeNull();
  await user.click(screen.getByRole("switch", { name: "Grouped" }));
  await waitFor(() => expect(window.location.search).toBe("?risk_min=75&grouped=true"));
  expect(screen.queryByRole("form", { name: "Change the selected findings" })).toBeNull();
  expect((await screen.findAllByText("more findings of this weakness", { exact: false })).length).toBe(3);
  await user.click(await tick());
  expect(within(await bar()).queryByRole("button", { name: /^Select all/ })).toBeNull();
  expect(asked).toEqual([null, "true"]);
});

test("findings are given to an owner, alone or with a judgement; nobody is a choice too", async () => {
  const ordered = serve();
  hub.use(
    http.get(at("/users"), () =>
      listing([{ id: "u2", name: "Ben Okafor", email: "ben@example.com", role: "analyst" }]),
    ),
  );
  const { user } = open("/findings");
  const give = async (name: string) => {
    await user.click(within(await bar()).getByRole("combobox", { name: "New owner" }));
    await user.click(await screen.findByRole("option", { name }));
  };
  await user.click(await tick());
  await give("Ben Okafor");
  await user.click(within(await bar()).getByRole("button", { name: "Change owner" }));
  await waitFor(() => expect(ordered).toHaveLength(1));
  await user.click(await tick());
  await chooseInProgress(user);
  await give("Nobody");
  await user.click(within(await bar()).getByRole("button", { name: "Change status and owner" }));
  await waitFor(() => expect(ordered).toHaveLength(2));
  expect(ordered.map(({ action }) => action)).toEqual([
    { owner: "u2" },
    { to: "in_progress", reason: "", owner: null },
  ]);
});

test("tags are counted for the other filters, and only when somebody looks", async () => {
  serve();
  const asked: string[] = [];
  const tag = (code: string, findings: number) => ({
    tag: `owasp-2021:${code}`,
    framework: "OWASP Top 10 2021",
    name: "A name",
    published: true,
    findings,
  });
  hub.use(
    http.get(at("/findings/compliance"), ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json({ tags: [tag("A01", 0), tag("A02", 12_345), tag("A03", 0)] });
    }),
  );
  const { user } = open("/findings?severity=high&compliance=owasp-2021%3AA03");
  await tick();
  await user.click(screen.getByRole("button", { name: "Filter" }));
  expect(asked).toEqual([]);
  await user.hover(await screen.findByRole("menuitem", { name: "Compliance" }));
  const counted = await screen.findByRole("menuitemcheckbox", { name: "owasp-2021:A02 12,345" });
  expect(asked).toEqual(["?severity=high"]);
  expect(screen.queryByRole("menuitemcheckbox", { name: /A01/ })).toBeNull();
  expect(
    screen.getByRole("menuitemcheckbox", { name: "owasp-2021:A03 0" }).getAttribute("aria-checked"),
  ).toBe("true");
  fireEvent.click(counted);
  await waitFor(() => expect(window.location.search).toContain("compliance=owasp-2021%3AA02"));
});
