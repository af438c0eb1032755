/** Giving a scan its times in the console: a fault told while typing, the hub's own next times, pause, removal. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectAccessible, launch, logIn, openPage } from "../support/browser.mjs";
import { startDemo } from "../support/hub.mjs";

describe("schedules", () => {
  let hub;
  let browser;
  let page;
  let faults;

  const grid = () => page.getByRole("table", { name: "Schedules" });

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

  test("an empty page teaches, and the form says what is wrong while one types", async () => {
    await page.goto(`${hub.url}/schedules`);
    await page.getByText("No schedules yet").waitFor();
    await expectAccessible(page, "the empty schedules page");
    await page.getByRole("button", { name: "Add schedule" }).first().click();
    const drawer = page.getByRole("dialog");
    await drawer.getByLabel("Times (cron)").fill("0 0 31 2 *");
    await drawer.getByText(/never reaches day 31/).waitFor();
    await expectAccessible(page, "the form with a fault");
  });

  test("what the hub makes of the times is shown, stored and listed", async () => {
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("button", { name: "Weekdays" }).click();
    await drawer.getByLabel("Time zone").fill("Asia/Tokyo");
    const next = drawer.getByRole("table", { name: "Next 5 runs" });
    await next.getByRole("columnheader", { name: "Asia/Tokyo" }).waitFor();
    assert.equal(await next.getByRole("row").count(), 6);
    await drawer.getByLabel("Scan", { exact: true }).click();
    await page.getByRole("option").first().click();
    await drawer.getByRole("button", { name: "Add schedule" }).click();
    await drawer.waitFor({ state: "detached" });
    await grid().getByText("30 2 * * 1-5").waitFor();
    await grid().getByText("Active").waitFor();
    await expectAccessible(page, "the schedules page");
    const { items } = await hub.api("/schedules");
    assert.equal(items.length, 1);
    assert.equal(items[0].tz, "Asia/Tokyo");
    await page.getByRole("button", { name: /^History of/ }).click();
    await page.getByRole("dialog").getByText("None of its times has come yet.").waitFor();
    await expectAccessible(page, "the schedule's drawer");
    await page.keyboard.press("Escape");
  });

  test("a paused schedule has no next time; a removed one is gone, its scan stays", async () => {
    const open = () => page.getByRole("button", { name: /^Actions for the schedule of/ }).click();
    await open();
    await page.getByRole("menuitem", { name: "Pause schedule" }).click();
    await grid().getByText("Paused").waitFor();
    assert.equal((await hub.api("/schedules")).items[0].next_at, null);
    await open();
    await page.getByRole("menuitem", { name: "Remove schedule…" }).click();
    await page.getByRole("button", { name: "Remove schedule; scan stays" }).click();
    await page.getByText("No schedules yet").waitFor();
    assert.deepEqual(faults, []);
  });
});
