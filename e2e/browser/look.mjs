// Takes a picture of every page in each scheme, width and mood, and lists what axe finds. Needs a console at
// CONSOLE (default: `npm run dev` in web/) and a Chromium at CHROMIUM. Usage: node look.mjs [name-filter]
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const consoleUrl = process.env.CONSOLE ?? "http://127.0.0.1:5173";
const wanted = process.argv[2] ?? "";
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = new URL("./pictures/", import.meta.url).pathname;
mkdirSync(pictures, { recursive: true });

const click = (name, role = "button") => (page) => page.getByRole(role, { name }).first().click();
const steps = (...all) => async (page) => {
  for (const step of all) await step(page);
};
const WIDTHS = [1440, 1100, 390];

const pages = [
  { name: "scans", path: "/scans", widths: WIDTHS },
  { name: "scans-empty", path: "/scans", mood: "empty" },
  { name: "scans-none-match", path: "/scans?status=failed&q=nowhere", mood: "empty" },
  { name: "scans-failing", path: "/scans", mood: "failing" },
  { name: "scans-slow", path: "/scans", mood: "slow" },
  { name: "scans-filtered", path: "/scans?status=running&status=failed&vendor=Tenable&origin=bogus&sort=-started_at" },
  { name: "scans-filter-menu", path: "/scans", act: steps(click("Filter"), click("Status", "menuitem")) },
  { name: "scans-row-menu", path: "/scans", act: click(/^Actions for/) },
  { name: "scans-delete", path: "/scans", act: steps(click(/^Actions for/), click("Delete…", "menuitem")) },
  { name: "scans-new-local", path: "/scans", widths: [1440, 390], act: steps(click("New scan"), click("Start scan")) },
  { name: "scans-new-integration", path: "/scans", act: steps(click("New scan"), (page) => page.getByText("Use an integration").click()) },
  { name: "scans-upload", path: "/scans", act: steps(click("Upload report"), click(/^Upload$/)) },
  { name: "scans-help", path: "/scans", act: (page) => page.keyboard.press("?") },
  { name: "scan-running", path: "/scans/s1?tab=scanner", widths: WIDTHS },
  { name: "scan-invicti", path: "/scans/s4?tab=scanner" },
  { name: "scan-local", path: "/scans/s5?tab=scanner" },
  { name: "scan-findings", path: "/scans/s2?tab=findings", widths: [1440, 390] },
  { name: "scan-config", path: "/scans/s2?tab=config" },
  { name: "scan-activity", path: "/scans/s2?tab=activity", widths: [1440, 390] },
  { name: "scan-missing", path: "/scans/none" },
  { name: "findings", path: "/findings", widths: WIDTHS },
  { name: "findings-empty", path: "/findings", mood: "empty" },
  { name: "findings-drawer", path: "/findings?finding=f1", widths: [1440, 390] },
  { name: "findings-bulk", path: "/findings", act: (page) => page.getByRole("checkbox", { name: "Select row" }).first().check() },
  { name: "integrations", path: "/integrations", widths: WIDTHS },
  { name: "integrations-empty", path: "/integrations", mood: "empty" },
  { name: "integrations-add", path: "/integrations", act: steps(click("Add integration"), click(/Nessus/), (page) => page.getByRole("dialog").getByRole("button", { name: "Add integration" }).click()) },
  { name: "integration", path: "/integrations/i1", widths: WIDTHS, act: click("Test connection") },
  { name: "integration-failing", path: "/integrations/i2" },
  { name: "integration-remote", path: "/integrations/i1?tab=remote-scans" },
  { name: "integration-blocklist", path: "/integrations/i1?tab=blocklist" },
  { name: "integration-edit", path: "/integrations/i1", act: click("Edit") },
  { name: "api-keys", path: "/admin/api-keys" },
  { name: "api-key-created", path: "/admin/api-keys", act: steps(click("Create key"), (page) => page.getByRole("dialog").getByRole("button", { name: "Create key" }).click()) },
  { name: "login", path: "/scans", mood: "out", widths: [1440, 390] },
  { name: "setup", path: "/setup?token=abc" },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const report = [];
for (const scheme of ["light", "dark"]) {
  for (const entry of pages.filter((each) => each.name.includes(wanted))) {
    for (const width of entry.widths ?? [1440]) {
      const context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme: scheme, reducedMotion: "reduce" });
      await context.addCookies([{ name: "mock", value: entry.mood ?? "full", url: consoleUrl }]);
      const page = await context.newPage();
      const id = `${entry.name}-${width}-${scheme}`;
      page.on("pageerror", (error) => report.push(`${id}: page error ${error.message}`));
      page.on("console", (message) => {
        if (message.type() === "error" && !/status of (4|5)/.test(message.text())) report.push(`${id}: console ${message.text()}`);
      });
      await page.goto(consoleUrl + entry.path);
      await page.waitForSelector("h1");
      await page.waitForTimeout(700);
      try {
        await entry.act?.(page);
        if (entry.act) await page.waitForTimeout(400);
      } catch (error) {
        report.push(`${id}: ${error.message.split("\n")[0]}`);
      }
      await page.screenshot({ path: `${pictures}${id}.png` });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 0) report.push(`${id}: the page is ${overflow} px too wide`);
      await page.evaluate(axeSource);
      const found = await page.evaluate(() =>
        globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
      );
      for (const violation of found.violations) {
        report.push(`${id}: axe ${violation.id} ×${violation.nodes.length}: ${violation.nodes[0].html.slice(0, 160)} ${(violation.nodes[0].any[0]?.message ?? "").slice(0, 140)}`);
      }
      await context.close();
    }
  }
}
await browser.close();
process.stdout.write(`${report.join("\n")}\n${report.length} remarks\n`);
process.exitCode = report.length === 0 ? 0 : 1;
