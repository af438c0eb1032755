/** A person's day at a hub with a simulated Nessus: everything by the page, the vendor moved behind its back. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import { expectAccessible, launch, openPage, PATIENCE_MS } from "../support/browser.mjs";
import { simulated, startDemo } from "../support/hub.mjs";

const REPORT = fileURLToPath(new URL("../fixtures/payments.sarif", import.meta.url));

describe("a living hub", () => {
  let hub;
  let browser;
  let context;
  let page;
  let faults;

  const heading = (name) => page.getByRole("heading", { name, level: 1 });
  const scans = () => page.getByRole("table", { name: "Scans" });
  const row = (name) => scans().getByRole("row").filter({ has: page.getByRole("link", { name }) });
  const openMenu = (name) => page.getByRole("button", { name: `Actions for ${name}` }).click();
  const search = (text) => page.goto(`${hub.url}/scans?q=${encodeURIComponent(text)}`);

  /** A scan that appears at the vendor alone; the hub has to find it. */
  const atVendor = (seed) => simulated(hub.vendor, "scans", { findings: 6, hosts: 2, ...seed });
  const advance = (seconds) => simulated(hub.vendor, "clock", { advance_s: seconds });

  before(async () => {
    [hub, browser] = await Promise.all([startDemo("--scans", "4"), launch()]);
    // The vendor's time stands still and is moved by the tests: what is waited for cannot already be over.
    await simulated(hub.vendor, "clock", { speed: 0 });
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    ({ page, faults } = await openPage(context));
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  test("logging in: a wrong password is refused, the right one leads where one wanted to go", async () => {
    await page.goto(`${hub.url}/integrations`);
    await heading("Log in").waitFor();
    await expectAccessible(page, "the log-in page");
    await page.getByLabel("E-mail").fill(hub.email);
    await page.getByLabel("Password", { exact: true }).fill("not this one");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("You were not logged in.").waitFor();
    await page.getByLabel("Password", { exact: true }).fill(hub.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await heading("Integrations").waitFor();
  });

  test("a scan at the vendor appears, runs, completes and is imported without a click", async () => {
    await search("Harbour office");
    await page.getByText("No scan matches these filters").waitFor();
    await atVendor({ name: "Harbour office", state: "running", duration_s: 600, progress_percent: 20 });
    await row("Harbour office").getByText("Running").waitFor();
    await advance(3_600);
    await row("Harbour office").getByText("Completed").waitFor();
    await row("Harbour office").getByText("100 %").waitFor();
    await expectAccessible(page, "the scans page");
  });

  test("its page shows every tab", async () => {
    await row("Harbour office").getByRole("link").click();
    await heading("Harbour office").waitFor();
    for (const [tab, shown] of [
      ["Scanner", page.getByText("Vulnerabilities")],
      ["Findings", page.getByRole("table", { name: "Findings" })],
      ["Config", page.getByText("Raw configuration")],
      ["Activity", page.getByText("import.complete")],
    ]) {
      await page.getByRole("tab", { name: tab }).click();
      await shown.first().waitFor();
      assert.match(page.url(), new RegExp(`tab=${tab.toLowerCase()}`));
      await expectAccessible(page, `the tab ${tab}`);
    }
  });

  test("a paused scan is paused when the vendor says so, not before", async () => {
    await atVendor({ name: "Night sweep", state: "running", duration_s: 3_000, progress_percent: 10 });
    await search("Night sweep");
    await row("Night sweep").getByText("Running").waitFor();
    await row("Night sweep").getByRole("link").click();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("The status changes when the scanner confirms it.").waitFor();
    // The vendor has the order and its clock stands: it is still on its way.
    await page.getByText("pausing", { exact: true }).first().waitFor();
    const status = await hub.api("/scans?q=Night%20sweep");
    assert.equal(status.items[0].status, "running");
    await advance(120);
    await page.getByText("Paused", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Resume" }).and(page.locator(":not([aria-disabled=true])")).waitFor();
  });

  test("deleting with the vendor's copy removes both, and it stays away", async () => {
    const { id } = await atVendor({ name: "Old lab", state: "completed" });
    await search("Old lab");
    await row("Old lab").waitFor();
    await openMenu("Old lab");
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Also delete the copy at").waitFor();
    await expectAccessible(page, "the delete dialog");
    await dialog.getByRole("checkbox").check();
    await dialog.getByRole("button", { name: "Delete here and at the vendor" }).click();
    await page.getByText("No scan matches these filters").waitFor();
    const { scans: left } = await simulated(hub.vendor, "scans");
    assert.ok(!left.some((scan) => scan.id === id && !scan.deleted), "the vendor still has the scan");
  });

  test("an uploaded report becomes a scan with its findings", async () => {
    await page.goto(`${hub.url}/scans`);
    await page.getByRole("button", { name: "Upload report" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator("input[type=file]").setInputFiles(REPORT);
    await dialog.getByLabel("Scan name").fill("Payments review");
    await dialog.getByRole("button", { name: "Upload", exact: true }).click();
    await dialog.getByText("2 created").waitFor();
    await dialog.getByRole("link", { name: "Open the scan" }).click();
    await heading("Payments review").waitFor();
    await page.getByRole("tab", { name: "Findings" }).click();
    await page.getByRole("button", { name: "Card number written to the log" }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("Why this is one finding").waitFor();
    await drawer.getByText("payments/log.py").first().waitFor();
    await expectAccessible(page, "a finding's drawer");
  });

  test("a judgement on a finding is kept", async () => {
    const drawer = page.getByRole("dialog");
    await drawer.getByPlaceholder("New status").click();
    await page.getByRole("option", { name: "False positive" }).click();
    await drawer.getByPlaceholder("Reason").fill("The number is masked before.");
    await drawer.getByRole("button", { name: "Change status" }).click();
    await drawer.getByText("The number is masked before.").first().waitFor();
    await page.reload();
    await page.getByRole("dialog").getByText("False positive").first().waitFor();
  });

  test("an integration with wrong keys says which step fails and how to mend it", async () => {
    await page.goto(`${hub.url}/integrations`);
    await page.getByRole("button", { name: "Add integration" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /Nessus/ }).click();
    await dialog.getByLabel("Name", { exact: true }).fill("Wrong keys");
    await dialog.getByLabel("Address").fill(hub.vendor);
    await dialog.getByLabel("Access key").fill("wrong");
    await dialog.getByLabel("Secret key").fill("wrong");
    await dialog.getByRole("button", { name: "Add integration" }).click();
    await heading("Wrong keys").waitFor();
    await page.getByRole("button", { name: "Test connection" }).click();
    await page.getByText("The connection does not work yet.").waitFor();
    const failed = page.getByRole("list", { name: "Test steps" }).getByRole("listitem").filter({ hasText: "failed" });
    await failed.getByText("Sign-in").waitFor();
    assert.notEqual(await failed.locator("strong").innerText(), "");
    await expectAccessible(page, "an integration's page");
  });

  test("a local scan of the sample folder finishes with findings", async (t) => {
    const { items } = await hub.api("/scanners");
    if (!items.some((scanner) => scanner.id === "bandit" && scanner.available)) {
      t.skip("Bandit is not installed: scripts/setup-test.sh scanners");
      return;
    }
    await page.goto(`${hub.url}/scans`);
    await page.getByRole("button", { name: "New scan" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Path").fill(hub.folder);
    await dialog.getByRole("checkbox", { name: "code" }).check({ timeout: 3 * PATIENCE_MS });
    await dialog.getByLabel("Name", { exact: true }).fill("Shop sources");
    await dialog.getByRole("button", { name: "Start scan" }).click();
    await heading("Shop sources").waitFor();
    await page.getByText("Completed", { exact: true }).first().waitFor({ timeout: 3 * PATIENCE_MS });
    await page.getByRole("tab", { name: "Findings" }).click();
    await page.getByRole("table", { name: "Findings" }).getByText("orders.py").first().waitFor();
  });

  test("the keyboard reaches pages, rows and the search", async () => {
    await page.goto(`${hub.url}/integrations`);
    await heading("Integrations").waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("f");
    await heading("Findings").waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await heading("Scans").waitFor();
    await scans().waitFor();
    await page.keyboard.press("j");
    await page.waitForFunction(() => document.activeElement?.closest('[data-index="0"]') !== null);
    await page.keyboard.press("j");
    await page.waitForFunction(() => document.activeElement?.closest('[data-index="1"]') !== null);
    await page.keyboard.press("/");
    await page.waitForFunction(() => document.activeElement?.matches("input[type=search], input[aria-label='Search scans']"));
    await page.keyboard.type("c?");
    assert.equal(await page.getByRole("dialog").count(), 0);
    await page.keyboard.press("Tab");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Shortcuts" }).waitFor();
    await expectAccessible(page, "the list of shortcuts");
  });

  test("filters are the address and outlive a reload", async () => {
    await page.goto(`${hub.url}/scans`);
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByRole("menuitem", { name: "Origin" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Upload" }).click();
    await row("Payments review").waitFor();
    assert.match(page.url(), /origin=upload/);
    await page.reload();
    await row("Payments review").waitFor();
    await page.getByRole("button", { name: "Remove filter Origin: Upload" }).waitFor();
    assert.equal(await row("Harbour office").count(), 0);
  });

  test("dark holds after a reload, and every page can be read in it", async () => {
    await page.getByRole("button", { name: "Colours:" }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === "dark");
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.mantineColorScheme), "dark");
    for (const [path, title] of [
      ["/scans", "Scans"],
      ["/findings", "Findings"],
      ["/components", "Components"],
      ["/integrations", "Integrations"],
      ["/admin/api-keys", "API keys"],
    ]) {
      await page.goto(hub.url + path);
      await heading(title).waitFor();
      await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
      await expectAccessible(page, `${title} in the dark`);
    }
  });

  test("logging out ends the session", async () => {
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await heading("Log in").waitFor();
    const answer = await context.request.get(`${hub.url}/api/v1/scans`);
    assert.equal(answer.status(), 401);
    assert.deepEqual(faults, []);
  });
});
