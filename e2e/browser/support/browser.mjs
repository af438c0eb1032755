/** Chromium as the tests and the pictures use it, and the question put to axe. */
import assert from "node:assert/strict";
import { accessSync, constants, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** For a loaded machine; every wait ends as soon as its condition holds. */
export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 30_000);
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

function chromiumOnPath() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // The next folder.
      }
    }
  }
  throw new Error("No Chromium on PATH: run `scripts/setup-test.sh chromium`, or set CHROMIUM to one");
}

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? chromiumOnPath(),
    // Root has no sandbox, and a container little shared memory.
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
  });

/** What axe holds against the page, one line each. */
export async function violations(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
  const found = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: "tag", values } }), RULES);
  return found.violations.map(
    ({ id, impact, nodes }) =>
      `${impact} ${id} ×${nodes.length}: ${nodes[0].html.slice(0, 160)} ${(nodes[0].any[0]?.message ?? "").slice(0, 160)}`,
  );
}

/** No page may hold back anybody: nothing axe calls serious or critical. */
export async function expectAccessible(page, what) {
  const grave = (await violations(page)).filter((line) => /^(serious|critical) /.test(line));
  assert.deepEqual(grave, [], `axe on ${what}`);
}

/** A page that fails the test that uses it when the console throws or the policy of the page is broken. */
export async function openPage(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // A refused request is the hub's answer, which the pages show; everything else is a mistake of the console.
    if (message.type() === "error" && !/Failed to load resource|EventSource/.test(message.text())) faults.push(message.text());
  });
  return { page, faults };
}

/** Logs in as the form does, without the form. */
export async function logIn(context, hub) {
  const answer = await context.request.post(`${hub.url}/api/v1/session`, {
    data: { email: hub.email, password: hub.password },
    headers: { Origin: hub.url },
  });
  if (!answer.ok()) throw new Error(`the log-in answered ${answer.status()}: ${await answer.text()}`);
}
