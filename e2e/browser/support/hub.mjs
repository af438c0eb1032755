/**
 * The real program, started for a test and ended with it: `scanhelm demo` with its simulated vendors, or a fresh
 * `scanhelm serve`. It takes a free port by itself and says so on standard output, so nothing is guessed or raced.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("../../../", import.meta.url));
const scanhelm = join(checkout, "target/debug/scanhelm");
const simulator = join(checkout, "target/debug/scanhelm-sim");
const START_MS = 60_000;
const STOP_MS = 15_000;

const environment = {
  HOME: process.env.HOME,
  PATH: [join(checkout, ".tools/bin"), process.env.PATH].join(delimiter),
};

/** Starts a program and answers what `told` finds in what it says. */
async function start(program, args, told, extra = {}) {
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`cargo build --bins\` first`);
  if (!existsSync(join(checkout, "web/dist/index.html"))) {
    throw new Error("web/dist is missing: run `npm --prefix web run build` first");
  }
  const child = spawn(program, args, { env: { ...environment, ...extra }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  let output = "";
  let log = "";
  const known = new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${args[0]} did not start in time:\n${output}${log}`)), START_MS);
    const listen = () => {
      const found = told(output, log);
      if (!found) return;
      clearTimeout(late);
      resolve(found);
    };
    child.stdout.on("data", (chunk) => {
      output += chunk;
      listen();
    });
    child.stderr.on("data", (chunk) => {
      log += chunk;
      listen();
    });
    void ended.then((code) => {
      clearTimeout(late);
      reject(new Error(`${args[0]} ended with ${code}:\n${output}${log}`));
    });
  });

  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    const code = await ended;
    clearTimeout(late);
    if (code !== 0) throw new Error(`${args[0]} ended with ${code} instead of 0:\n${log}`);
  };
  try {
    return { ...(await known), stop, log: () => log };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

const line = (output, label) => output.match(new RegExp(`^ *${label} +(\\S+)`, "m"))?.[1];

/** A hub with a life of its own, and what its welcome says about it. */
export async function startDemo(...args) {
  const hub = await start(scanhelm, ["demo", "--listen", "127.0.0.1:0", ...args], (output) =>
    output.includes("Ctrl-C ends it")
      ? {
          url: line(output, "console"),
          email: line(output, "e-mail"),
          password: line(output, "password"),
          apiKey: line(output, "API key"),
          vendor: line(output, "Nessus"),
          folder: output.match(/new scan of the folder (\S+)/)?.[1],
        }
      : null,
  );
  return { ...hub, api: (path, init) => api(hub, path, init) };
}

const SETTINGS = {
  SCANHELM_NETWORK_ALLOW: "127.0.0.0/8",
  SCANHELM_SYNC_STATUS_INTERVAL: "1s",
  SCANHELM_SYNC_ADOPTION_INTERVAL: "2s",
};

const serve = (data, listen, told) =>
  start(scanhelm, ["serve", "--listen", listen, "--data", data], told, SETTINGS);

/** An installation without a user: it prints the link that makes the first one. */
export const startEmpty = (data) =>
  serve(data, "127.0.0.1:0", (output) => {
    const setUp = output.match(/setup: (\S+)\s/)?.[1];
    return setUp ? { setUp, url: new URL(setUp).origin } : null;
  });

/** The same installation after its end, at the address where its console waits. */
export const startAgain = (data, listen) =>
  serve(data, listen, (_, log) => (log.includes("listening on") ? { url: `http://${listen}` } : null));

/** A vendor alone, with keys a person could have copied from it. */
export async function startVendor(...args) {
  const keys = { accessKey: "browser-test-access", secretKey: "browser-test-secret" };
  const vendor = await start(
    simulator,
    ["nessus", "--access-key", keys.accessKey, "--secret-key", keys.secretKey, ...args],
    (output) => {
      const url = output.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
      return url && output.includes("\n") ? { url } : null;
    },
  );
  return { ...vendor, ...keys };
}

/** Speaks to a simulated vendor behind the hub's back: its clock, its scans. */
export async function simulated(vendor, path, body) {
  const answer = await fetch(`${vendor}/_sim/${path}`, {
    method: body === undefined ? "GET" : "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (!answer.ok) throw new Error(`/_sim/${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function api(hub, path, init = {}) {
  const answer = await fetch(`${hub.url}/api/v1${path}`, {
    ...init,
    headers: { "X-API-Key": hub.apiKey, ...init.headers },
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.status === 204 ? null : await answer.json();
}
