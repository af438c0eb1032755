import { describe, expect, test } from "vitest";
import type { ScanCommand, ScanStatus } from "@/api/contract.ts";
import { ALL_CAPABILITIES, scan } from "../../dev/fixtures.ts";
import { cancelState, commandState, importState, nothingImported } from "./action-rules.ts";

const usable = { show: true, reason: null };

describe("commands of a linked scan follow its status", () => {
  const possible: Record<ScanStatus, ScanCommand[]> = {
    queued: ["launch", "stop"],
    running: ["pause", "stop"],
    paused: ["resume", "stop"],
    importing: [],
    completed: ["launch"],
    failed: ["launch"],
    cancelled: ["launch"],
  };
  test.each(Object.entries(possible))("%s", (status, commands) => {
    for (const command of ["launch", "pause", "resume", "stop"] as const) {
      const state = commandState(scan({ status: status as ScanStatus }), command, null);
      expect(state.show).toBe(true);
      expect(state.show && state.reason === null).toBe(commands.includes(command));
    }
  });
});

test("what the vendor can never do is hidden: Invicti has no launch", () => {
  const invicti = scan({
    vendor: "Invicti",
    capabilities: {
      ...ALL_CAPABILITIES,
      launch: { available: false, supported: false, reason: "Invicti offers no launch through its API." },
    },
  });
  expect(commandState(invicti, "launch", null)).toEqual({ show: false });
});

test("what is only impossible now is shown with the hub's reason", () => {
  const disabled = scan({
    capabilities: {
      ...ALL_CAPABILITIES,
      launch: { available: false, supported: true, reason: "The integration is disabled. Enable it first." },
    },
  });
  expect(commandState(disabled, "launch", null)).toEqual({
    show: true,
    reason: "The integration is disabled. Enable it first.",
  });
});

test.each([{ integration_id: null }, { external_scan_id: null }])(
  "without a link (%o) every command says why",
  (gap) => {
    for (const command of ["launch", "pause", "resume", "stop"] as const) {
      const state = commandState(scan(gap), command, null);
      expect(state.show && state.reason).toMatch(/not linked to an integration/);
    }
  },
);

test("a missing permission is the reason, whatever the scanner offers", () => {
  expect(commandState(scan(), "launch", "Your role lacks it.")).toEqual({
    show: true,
    reason: "Your role lacks it.",
  });
});

test("a local run is cancelled, not commanded", () => {
  const local = scan({ origin: "local", status: "running", integration_id: null, external_scan_id: null });
  expect(commandState(local, "stop", null)).toEqual({ show: false });
  expect(cancelState(local, null)).toEqual(usable);
  expect(cancelState({ ...local, status: "completed" }, null)).toEqual({ show: false });
  expect(cancelState(scan({ status: "running" }), null)).toEqual({ show: false });
});

test("an import is offered once and not while one is on its way", () => {
  expect(importState(scan({ import_state: "none" }), null)).toEqual(usable);
  expect(importState(scan({ import_state: "running" }), null)).toMatchObject({
    reason: expect.stringMatching(/already/),
  });
  expect(nothingImported(scan({ import_state: "none" }))).toBe(true);
  expect(nothingImported(scan({ import_state: "done" }))).toBe(false);
});
