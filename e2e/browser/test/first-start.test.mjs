/** From an empty data folder to the first finding, and what the console says when its hub is gone. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { expectAccessible, launch, openPage } from "../support/browser.mjs";
import { startAgain, startEmpty, startVendor } from "../support/hub.mjs";

describe("a fresh installation", () => {
  const folder = mkdtempSync(join(tmpdir(), "scanhelm-browser-"));
  let hub;
  let vendor;
  let browser;
  let page;
  let faults;

  before(async () => {
    [hub, vendor, browser] = await Promise.all([
      startEmpty(join(folder, "hub")),
      startVendor("--scans", "4", "--findings", "8", "--speed", "60"),
      launch(),
    ]);
    ({ page, faults } = await openPage(await browser.newContext({ viewport: { width: 1440, height: 900 } })));
  });

  after(async () => {
    await browser?.close();
    await Promise.allSettled([hub?.stop(), vendor?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("the printed link makes the first user, and says what is wrong with a field", async () => {
    await page.goto(hub.setUp);
    await page.getByRole("heading", { name: "Set up this hub" }).waitFor();
    await expectAccessible(page, "the set-up page");
    await page.getByLabel("Company").fill("Browser works");
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByRole("button", { name: "Set up" }).click();
    await page.locator("input[aria-invalid=true]").waitFor();
    await page.getByLabel("Password", { exact: true }).fill("a long enough pass phrase");
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByRole("heading", { name: "Integrations", exact: false, level: 1 }).waitFor();
    await page.getByText("No integrations yet").waitFor();
    await expectAccessible(page, "the empty integrations page");
  });

  test("the link works once", async () => {
    const { page: second } = await openPage(await browser.newContext());
    await second.goto(hub.setUp);
    await second.getByLabel("Company").fill("Intruders");
    await second.getByLabel("Your name").fill("Eve");
    await second.getByLabel("E-mail").fill("eve@example.com");
    await second.getByLabel("Password", { exact: true }).fill("a long enough pass phrase");
    await second.getByRole("button", { name: "Set up" }).click();
    await second.getByText("The hub was not set up.").waitFor();
    await second.context().close();
  });

  test("empty pages say what to do", async () => {
    await page.getByRole("link", { name: "Scans" }).click();
    await page.getByText("No scans yet").waitFor();
    await expectAccessible(page, "the empty scans page");
    await page.getByRole("link", { name: "Findings" }).click();
    await page.getByText("No findings yet").waitFor();
    await expectAccessible(page, "the empty findings page");
  });

  test("an added integration fills the open scans page by itself", async () => {
    await page.getByRole("link", { name: "Integrations" }).click();
    await page.getByRole("button", { name: "Add integration" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /Nessus/ }).click();
    await dialog.getByLabel("Address").fill(vendor.url);
    await dialog.getByLabel("Access key").fill(vendor.accessKey);
    await dialog.getByLabel("Secret key").fill(vendor.secretKey);
    await dialog.getByRole("button", { name: "Add integration" }).click();
    await page.getByRole("button", { name: "Test connection" }).waitFor();
    // Client-side, so that the page is open before or while the first scan is found.
    await page.getByRole("link", { name: "Scans", exact: true }).first().click();
    await page.getByRole("table", { name: "Scans" }).getByRole("row").nth(4).waitFor();
  });

  test("a hub that is gone is said, and what is known stays in view", async () => {
    // The code of pages that were not opened yet is fetched ahead for exactly this moment.
    await page.waitForFunction(() =>
      performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.includes("/ApiKeysPage-") && responseEnd > 0),
    );
    await hub.stop();
    await page.getByRole("button", { name: "Reconnecting" }).waitFor();
    await page.getByRole("table", { name: "Scans" }).waitFor();
    await page.getByRole("link", { name: "API keys" }).click();
    await page.getByText("The keys could not be loaded.").waitFor();
    await expectAccessible(page, "a page without its hub");
    assert.deepEqual(faults, []);
  });

  test("and once it is back, one click shows the page again", async () => {
    hub = await startAgain(join(folder, "hub"), new URL(hub.url).host);
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("table", { name: "API keys" }).waitFor();
  });
});
