// Takes a picture of every page of a real demo hub in each scheme and width, and lists what axe finds and what runs
// over its edge. For people who change the console; the tests assert what can be asserted.
// Usage: npm run look [name-filter]        pictures land in ./pictures
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, logIn, violations } from "./support/browser.mjs";
import { startDemo, startEmpty } from "./support/hub.mjs";

const wanted = new RegExp(process.argv[2] ?? "");
const pictures = new URL("./pictures/", import.meta.url).pathname;
const WIDTHS = process.env.WIDTH ? [Number(process.env.WIDTH)] : [1440, 1100, 390];
mkdirSync(pictures, { recursive: true });

const JSON_BODY = { "Content-Type": "application/json" };
const click = (name, role = "button") => (page) => page.getByRole(role, { name }).first().click();
const inDialog = (name) => (page) => page.getByRole("dialog").getByRole("button", { name }).click();
const steps = (...all) => async (page) => {
  for (const step of all) await step(page);
};
/** The hub asks its scanners for their versions first. */
const typeOfScan = (name) => (page) => page.getByRole("checkbox", { name, exact: true }).waitFor({ timeout: 60_000 });
const fill = (label, text) => (page) => page.getByLabel(label, { exact: true }).fill(text);

/** The demo lives: waits until it has one scan of the wanted kind. */
async function scanIn(hub, query) {
  for (let tries = 0; tries < 40; tries += 1) {
    const { items } = await hub.api(`/scans?${query}&limit=1`);
    if (items[0]) return items[0].id;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`no scan with ${query}`);
}

/** What a web shop is made of, once it is there. */
async function inventory(hub) {
  const form = new FormData();
  form.append("file", new Blob([readFileSync(new URL("./fixtures/payments.cdx.json", import.meta.url))]), "payments.cdx.json");
  await hub.api("/imports", { method: "POST", body: form });
  for (let tries = 0; tries < 40; tries += 1) {
    const { items } = await hub.api("/components?limit=1");
    if (items[0]) return items[0];
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("no component of the inventory");
}

const pages = [
  { name: "login", path: "/login", out: true, widths: WIDTHS },
  { name: "scans", path: "/scans", widths: WIDTHS },
  { name: "scans-none-match", path: "/scans?status=failed&q=nowhere" },
  { name: "scans-filtered", path: "/scans?status=running&status=failed&origin=bogus&sort=-started_at" },
  { name: "scans-filter-menu", path: "/scans", act: steps(click("Filter"), click("Status", "menuitem")) },
  { name: "scans-row-menu", path: "/scans", act: click(/^Actions for/) },
  { name: "scans-delete", path: "/scans?status=running", act: steps(click(/^Actions for/), click("Delete…", "menuitem")) },
  { name: "scans-new-local", path: "/scans", widths: [1440, 390], act: steps(click("New scan"), typeOfScan("code"), click("Start scan")) },
  { name: "scans-new-host", path: "/scans", widths: [1440, 390], act: steps(
    click("New scan"), typeOfScan("code"), click("What to scan", "combobox"), click("Host or network", "option"), typeOfScan("network"),
    fill("Host or range", "10.20.0.0/24"), click("Start scan"), (page) => page.getByRole("alert").first().waitFor(),
  ) },
  { name: "scans-new-integration", path: "/scans", act: steps(click("New scan"), (page) => page.getByText("Use an integration").click()) },
  { name: "scans-upload", path: "/scans", act: steps(click("Upload report"), click(/^Upload$/)) },
  { name: "scans-help", path: "/scans", act: (page) => page.keyboard.press("?") },
  { name: "scan-running", path: async (hub) => `/scans/${await scanIn(hub, "status=running")}`, widths: WIDTHS },
  { name: "scan-completed", path: async (hub) => `/scans/${await scanIn(hub, "status=completed&origin=adopted")}?tab=scanner`, widths: WIDTHS },
  { name: "scan-cancelled", path: async (hub) => {
    const id = await scanIn(hub, "status=running");
    await hub.api(`/scans/${id}/stop`, { method: "POST" });
    return `/scans/${await scanIn(hub, "status=cancelled")}?tab=activity`;
  } },
  { name: "scan-upload", path: async (hub) => `/scans/${await scanIn(hub, "origin=upload")}?tab=scanner` },
  { name: "scan-findings", path: async (hub) => `/scans/${await scanIn(hub, "status=completed&origin=adopted")}?tab=findings`, widths: WIDTHS },
  { name: "scan-config", path: async (hub) => `/scans/${await scanIn(hub, "status=completed&origin=adopted")}?tab=config`, widths: [1440, 390] },
  { name: "scan-activity", path: async (hub) => `/scans/${await scanIn(hub, "status=completed&origin=adopted")}?tab=activity`, widths: [1440, 390] },
  { name: "scan-missing", path: "/scans/none" },
  { name: "findings", path: "/findings", widths: WIDTHS },
  { name: "findings-compliance", path: "/findings", widths: [1440, 390], act: steps(
    click("Filter"), click("Compliance", "menuitem"), (page) => page.getByText("Injection").first().waitFor(),
  ) },
  { name: "findings-export", path: "/findings", widths: [1440, 390], act: click("Export") },
  { name: "findings-drawer", path: async (hub) => `/findings?finding=${(await hub.api("/findings?sort=severity&limit=1")).items[0].id}`, widths: [1440, 390] },
  { name: "findings-code", path: async (hub) => `/findings?finding=${(await hub.api(`/scans/${await scanIn(hub, "origin=upload")}/findings?limit=1`)).items[0].id}` },
  { name: "findings-bulk", path: "/findings", act: (page) => page.getByRole("checkbox", { name: /^Select row|^Select/ }).nth(1).check() },
  { name: "findings-grouped", path: "/findings?grouped=true&risk_min=25", widths: [1440, 390] },
  { name: "findings-approvals", path: "/approvals", widths: WIDTHS },
  { name: "assets", path: "/assets", widths: WIDTHS },
  { name: "assets-none-match", path: "/assets?q=nowhere" },
  { name: "asset", path: async (hub) => `/assets/${(await hub.api("/assets?limit=1")).items[0].id}`, widths: WIDTHS },
  { name: "components-empty", path: "/components" },
  { name: "components", path: async (hub) => {
    await inventory(hub);
    return "/components";
  }, widths: WIDTHS },
  { name: "components-export", path: "/components", widths: [1440, 390], act: click("Export") },
  { name: "asset-components", path: async (hub) => `/assets/${(await inventory(hub)).asset.id}?tab=components`, widths: WIDTHS },
  { name: "scans-bulk", path: "/scans", widths: [1440, 390], act: (page) => page.getByRole("checkbox", { name: "Select all loaded rows" }).check() },
  { name: "scans-bulk-delete", path: "/scans", act: steps((page) => page.getByRole("checkbox", { name: "Select all loaded rows" }).check(), click(/^Delete \d/)) },
  { name: "notifications-empty", path: "/notifications", widths: WIDTHS },
  { name: "notifications-add", path: "/notifications", act: click("Add channel") },
  { name: "notifications-secret", path: "/notifications", act: async (page, hub) => {
    await steps(click("Add channel"), fill("Name", `Tickets ${Math.random()}`), fill("Address", `${hub.vendor}/hook`), inDialog("Add channel"))(page);
  } },
  { name: "notifications", path: "/notifications", widths: WIDTHS },
  { name: "notifications-rule", path: "/notifications", act: click("Add rule") },
  { name: "policies-empty", path: "/policies", widths: WIDTHS },
  { name: "policies-fault", path: "/policies", act: async (page) => {
    await page.getByRole("group", { name: /^Days by severity/ }).getByLabel("High").fill("5");
    await click("Save due dates")(page);
  } },
  { name: "policies-load", path: "/policies", act: steps(click("Load file for EPSS"), inDialog("Load")) },
  { name: "policies-feeds", path: "/policies", widths: WIDTHS, act: async (page) => {
    await click("Load file for KEV")(page);
    await page.locator("input[type=file]").setInputFiles({ name: "kev.json", mimeType: "application/json", buffer: Buffer.from("{") });
    await inDialog("Load")(page);
    await page.getByText("Last attempt failed").waitFor();
    await page.getByRole("heading", { name: "Feeds" }).evaluate((heading) => heading.scrollIntoView());
  } },
  { name: "policies", path: async (hub) => {
    const { version: _, pending: __, updated_at: ___, updated_by: ____, ...policy } = await hub.api("/sla-policy");
    await hub.api("/sla-policy", { method: "PUT", headers: JSON_BODY, body: JSON.stringify({ ...policy, enabled: true }) });
    await hub.api("/triage-policy", { method: "PATCH", headers: JSON_BODY, body: JSON.stringify({ approval_states: ["risk_accepted", "false_positive"] }) });
    return "/policies";
  }, widths: WIDTHS },
  { name: "asset-merged", path: async (hub) => `/assets/${(await hub.api("/assets?kind=host&limit=1")).items[0].id}?tab=merged`, widths: [1440, 390] },
  { name: "asset-merge", path: async (hub) => `/assets/${(await hub.api("/assets?kind=host&limit=1")).items[0].id}?tab=merged`, act: click("Merge another asset into this one") },
  { name: "suppression-empty", path: "/suppression-rules" },
  { name: "suppression-add", path: "/suppression-rules", widths: [1440, 390], act: steps(click("Add rule"), fill("Title contains", "a")) },
  { name: "suppression", path: async (hub) => {
    const rule = { name: `Lab ${Math.random()}`, expression: { max_severity: "low" }, reason: "A lab without data", expires_at: "2099-01-01T00:00:00Z" };
    await hub.api("/suppression-rules", { method: "POST", headers: JSON_BODY, body: JSON.stringify(rule) });
    return "/suppression-rules";
  }, widths: WIDTHS },
  { name: "integrations", path: "/integrations", widths: WIDTHS },
  { name: "integrations-add", path: "/integrations", act: steps(click("Add integration"), click(/Nessus/), inDialog("Add integration")) },
  { name: "integrations-wrong", path: "/integrations", act: async (page, hub) => {
    await steps(click("Add integration"), click(/Nessus/))(page);
    await page.screenshot({ path: `${pictures}integrations-form.png` });
    await steps(fill("Name", `Wrong ${Math.random()}`), fill("Address", hub.vendor), fill("Access key", "wrong"), fill("Secret key", "wrong"), inDialog("Add integration"))(page);
    await page.waitForTimeout(2500);
  } },
  { name: "integration", path: async (hub) => `/integrations/${(await hub.api("/integrations")).items.find((each) => each.name.includes("simulated")).id}`, widths: WIDTHS, act: async (page) => { await click("Test connection")(page); await page.waitForTimeout(1500); } },
  { name: "integration-remote", path: async (hub) => `/integrations/${(await hub.api("/integrations")).items.find((each) => each.name.includes("simulated")).id}?tab=remote-scans`, widths: [1440, 390] },
  { name: "integration-blocklist", path: async (hub) => `/integrations/${(await hub.api("/integrations")).items.find((each) => each.name.includes("simulated")).id}?tab=blocklist` },
  { name: "integration-sub", path: async (hub) => `/integrations/${(await hub.api("/integrations")).items.find((each) => each.name.includes("simulated")).id}?tab=sub-scanners` },
  { name: "integration-edit", path: async (hub) => `/integrations/${(await hub.api("/integrations")).items.find((each) => each.name.includes("simulated")).id}`, act: click("Edit") },
  { name: "schedules-empty", path: "/schedules" },
  { name: "schedules-add", path: "/schedules", widths: [1440, 390], act: async (page) => {
    await click("Add schedule")(page);
    await page.getByRole("dialog").getByRole("button", { name: "Every night" }).click();
    await page.waitForTimeout(1500);
  } },
  { name: "schedules-fault", path: "/schedules", act: async (page) => {
    await click("Add schedule")(page);
    await fill("Times (cron)", "0 30 2 * * *")(page);
    await page.waitForTimeout(1500);
  } },
  { name: "schedules", path: async (hub) => {
    const { items } = await hub.api("/scans?origin=adopted&limit=3");
    const times = [["30 2 * * 1-5", "Europe/Berlin"], ["0 */6 * * *", "UTC"], ["0 3 1 * *", "Asia/Tokyo"]];
    const { items: present } = await hub.api("/schedules");
    for (const [index, scan] of present.length > 0 ? [] : items.entries()) {
      const [cron, tz] = times[index];
      const made = await hub.api("/schedules", { method: "POST", headers: JSON_BODY, body: JSON.stringify({ scan_id: scan.id, cron, tz }) });
      if (index === 2) await hub.api(`/schedules/${made.id}`, { method: "PATCH", headers: JSON_BODY, body: JSON.stringify({ enabled: false }) });
    }
    return "/schedules";
  }, widths: WIDTHS },
  { name: "schedules-drawer", path: async (hub) => `/schedules?schedule=${(await hub.api("/schedules?active=true")).items[0].id}`, widths: [1440, 390] },
  { name: "api-keys", path: "/admin/api-keys", widths: WIDTHS },
  { name: "api-key-created", path: "/admin/api-keys", act: steps(click("Create key"), fill("Name", "nightly"), inDialog("Create key")) },
  { name: "setup", path: (_, empty) => empty.setUp, empty: true, out: true, widths: WIDTHS },
];

const data = mkdtempSync(join(tmpdir(), "scanhelm-look-"));
const hub = await startDemo();
const empty = await startEmpty(join(data, "hub"));
const browser = await launch();
const report = [];
try {
  for (const entry of pages.filter((each) => wanted.test(each.name))) {
    const path = typeof entry.path === "function" ? await entry.path(hub, empty) : entry.path;
    const address = new URL(path, hub.url).href;
    for (const scheme of ["light", "dark"]) {
      for (const width of entry.widths ?? [1440]) {
        const context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme: scheme, reducedMotion: "reduce" });
        if (!entry.out) await logIn(context, hub);
        const page = await context.newPage();
        const id = `${entry.name}-${width}-${scheme}`;
        page.on("pageerror", (error) => report.push(`${id}: page error ${error.message}`));
        page.on("console", (message) => {
          if (message.type() === "error" && !/status of (4|5)/.test(message.text())) report.push(`${id}: console ${message.text()}`);
        });
        await page.goto(address);
        await page.waitForSelector("h1");
        await page.waitForTimeout(700);
        try {
          await entry.act?.(page, hub);
          if (entry.act) await page.waitForTimeout(500);
        } catch (error) {
          report.push(`${id}: ${error.message.split("\n")[0]}`);
        }
        await page.screenshot({ path: `${pictures}${id}.png` });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (overflow > 0) report.push(`${id}: the page is ${overflow} px too wide`);
        for (const violation of await violations(page)) report.push(`${id}: axe ${violation}`);
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  await hub.stop();
  await empty.stop();
  rmSync(data, { recursive: true, force: true });
}
process.stdout.write(`${report.join("\n")}\n${report.length} remarks\n`);
process.exitCode = report.length === 0 ? 0 : 1;
