/** What goes out and what is done to many at once: channels, secrets that are shown once, bulk bars, history. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectAccessible, launch, logIn, openPage } from "../support/browser.mjs";
import { simulated, startDemo } from "../support/hub.mjs";

const JSON_BODY = { "Content-Type": "application/json" };

describe("notifications, secrets and many at once", () => {
  let hub;
  let browser;
  let page;
  let faults;

  const dialog = () => page.getByRole("dialog");
  const inTable = (name, text) => page.getByRole("table", { name }).getByText(text);
  const openMenu = (name) => page.getByRole("button", { name: `Actions for the ${name}` }).click();
  const choose = (name) => page.getByRole("menuitem", { name }).click();

  /** The secret on the page, which neither Escape nor a click beside it takes away; only its button. */
  const takeSecret = async (pattern) => {
    await dialog().getByText(pattern).waitFor();
    await expectAccessible(page, "the dialog with a secret");
    await page.keyboard.press("Escape");
    await page.mouse.click(5, 5);
    const secret = await dialog().getByText(pattern).innerText();
    await dialog().getByRole("button", { name: "I have copied it" }).click();
    await dialog().waitFor({ state: "detached" });
    return secret;
  };

  before(async () => {
    [hub, browser] = await Promise.all([startDemo("--scans", "4"), launch()]);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    await logIn(context, hub);
    ({ page, faults } = await openPage(context));
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  test("an empty page teaches; a webhook's secret cannot be lost by a slip", async () => {
    await page.goto(`${hub.url}/notifications`);
    await page.getByText("No channels yet").waitFor();
    await page.getByText("Nothing was sent in the last 30 days.").waitFor();
    await expectAccessible(page, "the empty notifications page");
    await page.getByRole("button", { name: "Add channel" }).click();
    await dialog().getByLabel("Name").fill("Ticket system");
    await dialog().getByLabel("Address").fill(`${hub.vendor}/hook`);
    await dialog().getByRole("button", { name: "Add channel" }).click();
    const first = await takeSecret(/^whsec_/);
    await inTable("Channels", "Not used yet").waitFor();
    await openMenu("channel Ticket system");
    await choose("New signing secret…");
    await dialog().getByRole("button", { name: "Make a new secret" }).click();
    assert.notEqual(await takeSecret(/^whsec_/), first);
  });

  test("a test says what the receiver answered; a rule says what goes there", async () => {
    await openMenu("channel Ticket system");
    await choose("Send a test");
    await dialog().getByText("The test did not arrive").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Add rule" }).click();
    await dialog().getByLabel("Name").fill("What ended");
    await dialog().getByLabel("Run completed").check();
    await dialog().getByRole("button", { name: "Add rule" }).click();
    await inTable("Rules", "What ended").waitFor();
    await expectAccessible(page, "the notifications page");
    await page.getByRole("combobox", { name: "State of messages" }).click();
    await page.getByRole("option", { name: "Given up" }).click();
    await page.waitForURL(/state=failed/);
  });

  test("many scans are deleted after their number was confirmed", async () => {
    for (const name of ["Old lab 1", "Old lab 2"]) await simulated(hub.vendor, "scans", { name, state: "completed" });
    await page.goto(`${hub.url}/scans?q=Old%20lab&sort=name`);
    const scans = page.getByRole("table", { name: "Scans" });
    for (const name of ["Old lab 1", "Old lab 2"]) await scans.getByRole("link", { name }).waitFor();
    await page.getByRole("checkbox", { name: "Select all loaded rows" }).check();
    await page.getByText("2 scans selected").waitFor();
    await expectAccessible(page, "the bar of selected scans");
    await page.getByRole("button", { name: "Delete 2" }).click();
    await dialog().getByText("With a copy at their vendor: 2.").waitFor();
    await expectAccessible(page, "the dialog that deletes many");
    await dialog().getByRole("button", { name: "Delete 2 scans; vendor copies stay" }).click();
    await page.getByText("Delete: done for 2.").waitFor();
    await page.getByText("No scan matches these filters").waitFor();
    assert.equal((await hub.api("/scans?q=Old%20lab")).items.length, 0);
  });

  test("many findings are judged as one order, and another filter begins with nothing selected", async () => {
    await page.goto(`${hub.url}/findings?status=open`);
    const ticks = page.getByRole("checkbox", { name: "Select row" });
    await ticks.nth(1).waitFor();
    await ticks.nth(0).check();
    await page.getByRole("button", { name: /^Select all .* matching$/ }).click();
    await page.getByRole("button", { name: "Remove filter Status: Open" }).click();
    const bar = page.getByRole("form", { name: "Change the selected findings" });
    await bar.waitFor({ state: "detached" });
    await ticks.nth(1).waitFor();
    await ticks.nth(0).check();
    await ticks.nth(1).check();
    await bar.getByText("2 findings selected").waitFor();
    await bar.getByPlaceholder("New status").click();
    await page.getByRole("option", { name: "In progress" }).click();
    await expectAccessible(page, "the bar of selected findings");
    await bar.getByRole("button", { name: "Change status" }).click();
    await page.getByText("2 changed.").waitFor();
    await bar.waitFor({ state: "detached" });
  });

  test("history is imported on request, and a second time nothing is left", async () => {
    const { items } = await hub.api("/integrations");
    await page.goto(`${hub.url}/integrations/${items[0].id}`);
    const ask = page.getByRole("button", { name: "Import history" });
    await ask.click();
    await page.getByText(/earlier runs? (is|are) being imported|Nothing is left to import/).waitFor();
    await ask.click();
    await page.getByText("Nothing is left to import").waitFor();
  });

  test("a vendor that calls gets an address and a secret", async () => {
    const { items } = await hub.api("/connectors");
    const { fields } = items.find(({ id }) => id === "invicti").auth_methods[0];
    const { id } = await hub.api("/integrations", {
      method: "POST",
      headers: JSON_BODY,
      body: JSON.stringify({
        connector: "invicti",
        name: "Invicti",
        base_url: hub.vendor,
        credentials: Object.fromEntries(fields.map(({ name }) => [name, "browser-test"])),
        enabled: false,
      }),
    });
    await page.goto(`${hub.url}/integrations/${id}?tab=webhook`);
    await page.getByText(`${hub.url}/api/v1/hooks/${id}`).waitFor();
    await expectAccessible(page, "an integration's webhook");
    await page.getByRole("button", { name: "Make a secret…" }).click();
    await dialog().getByRole("button", { name: "Make a secret" }).click();
    const secret = await takeSecret(/^whs_/);
    const called = await fetch(`${hub.url}/api/v1/hooks/${id}`, { method: "POST", headers: { "X-Scanhelm-Secret": secret } });
    // A disabled integration takes no call, whatever it carries.
    assert.equal(called.status, 404);
    await page.getByRole("button", { name: "Take no more calls…" }).click();
    await dialog().getByRole("button", { name: "Erase the secret" }).click();
    await page.getByText("none yet, so no call is taken").waitFor();
    assert.deepEqual(faults, []);
  });
});
