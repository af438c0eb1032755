/** Due dates, four eyes and feeds in the console: what it says before, what the hub refuses, what came of it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectAccessible, launch, logIn, openPage } from "../support/browser.mjs";
import { startDemo } from "../support/hub.mjs";

const KEV = JSON.stringify({
  title: "CISA Catalog of Known Exploited Vulnerabilities",
  catalogVersion: "2026.05.18",
  dateReleased: "2026-05-18T14:00:00.0000Z",
  count: 1,
  vulnerabilities: [
    {
      cveID: "CVE-2021-44228",
      vulnerabilityName: "Apache Log4j2 Remote Code Execution Vulnerability",
      dateAdded: "2021-12-10",
      dueDate: "2021-12-24",
      knownRansomwareCampaignUse: "Known",
    },
  ],
});

describe("policies", () => {
  let hub;
  let browser;
  let page;
  let faults;

  const part = (name) => page.getByRole("region", { name });
  const days = (severity) =>
    part("Due dates").getByRole("group", { name: /^Days by severity/ }).getByLabel(severity, { exact: true });
  const saveDueDates = () => part("Due dates").getByRole("button", { name: "Save due dates" }).click();

  before(async () => {
    [hub, browser] = await Promise.all([startDemo("--scans", "3"), launch()]);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    await logIn(context, hub);
    ({ page, faults } = await openPage(context));
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  test("an untouched company reads a proposal, whom four eyes would leave waiting, and which feeds it lacks", async () => {
    await page.goto(`${hub.url}/scans`);
    await page.getByRole("link", { name: "Policies" }).click();
    await page.getByRole("heading", { name: "Policies", level: 1 }).waitFor();
    await part("Due dates").getByText(/No due dates yet/).waitFor();
    await part("Four eyes").getByText(/Only one member may decide requests/).waitFor();
    await part("Feeds").getByText(/No feed is loaded yet/).waitFor();
    await expectAccessible(page, "the policies page");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 860 });
    await expectAccessible(page, "the policies page, dark and narrow");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), 0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
  });

  test("due dates are worked out while one types, refused at their field, and reach the findings", async () => {
    await part("Due dates").getByRole("switch", { name: "Findings have due dates" }).check();
    await days("High").fill("45");
    await part("Due dates").getByText(/a high finding on a critical asset: 22 days 12 hours/).waitFor();
    await days("Medium").fill("10");
    await saveDueDates();
    await part("Due dates").getByText(/may not be due before what is high \(45 days\)/).waitFor();
    await expectAccessible(page, "the due dates with a fault");
    await days("Medium").fill("90");
    await saveDueDates();
    await part("Due dates").getByText("Saved.").waitFor();
    const policy = await hub.api("/sla-policy");
    assert.deepEqual([policy.enabled, policy.days.high, policy.days.medium], [true, 45, 90]);
    await part("Due dates").getByText("Findings are being rated by it.").waitFor({ state: "detached" });
    const { items } = await hub.api("/findings?sort=due_at&limit=1");
    assert.ok(items[0].due_at);
  });

  test("what somebody else changed meanwhile is read again, not overwritten", async () => {
    const { enabled, days: present, kev_days, percent } = await hub.api("/sla-policy");
    const body = JSON.stringify({ enabled, days: { ...present, critical: 7 }, kev_days, percent });
    await days("Low").fill("365");
    await hub.api("/sla-policy", { method: "PUT", headers: { "content-type": "application/json" }, body });
    await saveDueDates();
    await part("Due dates").getByText(/Somebody has changed this meanwhile/).waitFor();
    assert.deepEqual([await days("Critical").inputValue(), await days("Low").inputValue()], ["7", "180"]);
    assert.equal((await hub.api("/sla-policy")).days.low, 180);
  });

  test("a state that needs a second person is chosen", async () => {
    await part("Four eyes").getByLabel("Risk accepted").check();
    await part("Four eyes").getByRole("button", { name: "Save four eyes" }).click();
    await part("Four eyes").getByText("Saved.").waitFor();
    assert.deepEqual((await hub.api("/triage-policy")).approval_states, ["risk_accepted"]);
  });

  test("an operator loads a feed's file: a cut one says why and changes nothing, a whole one counts", async () => {
    const load = async (text) => {
      await part("Feeds").getByRole("button", { name: "Load file for KEV" }).click();
      const dialog = page.getByRole("dialog");
      await page
        .locator("input[type=file]")
        .setInputFiles({ name: "kev.json", mimeType: "application/json", buffer: Buffer.from(text) });
      await dialog.getByRole("button", { name: "Load", exact: true }).click();
      await dialog.waitFor({ state: "detached" });
    };
    await load(KEV.slice(0, 200));
    await part("Feeds").getByText(/^Loading KEV failed/).waitFor();
    await part("Feeds").getByText("Last attempt failed").waitFor();
    await expectAccessible(page, "a feed that failed");
    await load(KEV);
    await part("Feeds").getByText(/^KEV: 1 record\./).waitFor();
    await part("Feeds").getByRole("row", { name: /^KEV/ }).getByText("2026.05.18").waitFor();
    assert.deepEqual(faults, []);
  });
});
