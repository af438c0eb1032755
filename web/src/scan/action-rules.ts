/**
 * What can be done with a scan right now, decided from its capabilities and status. What the vendor never offers is
 * hidden; what is only impossible at the moment is shown as unavailable with the reason.
 */
import type { Scan, ScanCommand, ScanStatus } from "@/api/contract.ts";
import { STATUS_WORDS } from "@/parts/StatusMark.tsx";

export type ActionState = { show: false } | { show: true; reason: string | null };

export const COMMANDS: readonly ScanCommand[] = ["launch", "pause", "resume", "stop"];

const POSSIBLE_IN: Record<ScanCommand, readonly ScanStatus[]> = {
  launch: ["queued", "completed", "failed", "cancelled"],
  pause: ["running"],
  resume: ["paused"],
  stop: ["queued", "running", "paused"],
};

const HIDDEN: ActionState = { show: false };
const UNLINKED = "This scan is not linked to an integration, so there is no scanner to command.";

export const isLocal = (scan: Scan) => scan.origin === "local";
export const isLinked = (scan: Scan) => scan.integration_id != null && scan.external_scan_id != null;
const isOver = (scan: Scan) =>
  scan.status === "completed" || scan.status === "failed" || scan.status === "cancelled";

/** Deleting it ends its work. */
export const worksHere = (scan: Scan) => isLocal(scan) && !isOver(scan);

export function commandState(scan: Scan, command: ScanCommand, denied: string | null): ActionState {
  if (isLocal(scan) || scan.origin === "upload") return HIDDEN;
  const capability = scan.capabilities[command];
  if (isLinked(scan) && !capability.supported) return HIDDEN;
  if (denied) return { show: true, reason: denied };
  if (!isLinked(scan)) return { show: true, reason: capability.reason ?? UNLINKED };
  if (!capability.available)
    return { show: true, reason: capability.reason ?? "Not possible at this scanner." };
  if (!POSSIBLE_IN[command].includes(scan.status)) {
    const possible = POSSIBLE_IN[command].map((status) => STATUS_WORDS[status].toLowerCase()).join(" or ");
    return {
      show: true,
      reason: `Only a ${possible} scan can do this; it is ${STATUS_WORDS[scan.status].toLowerCase()}.`,
    };
  }
  return { show: true, reason: null };
}

/** Local runs are cancelled, not stopped: the hub itself owns the process. */
export function cancelState(scan: Scan, denied: string | null): ActionState {
  if (!isLocal(scan) || isOver(scan)) return HIDDEN;
  return { show: true, reason: denied };
}

export function importState(scan: Scan, denied: string | null): ActionState {
  const capability = scan.capabilities.import;
  if (isLocal(scan) || scan.origin === "upload" || (isLinked(scan) && !capability.supported)) return HIDDEN;
  if (denied) return { show: true, reason: denied };
  if (scan.import_state === "running" || scan.import_state === "pending") {
    return { show: true, reason: "An import of this scan is already on its way." };
  }
  if (!capability.available) return { show: true, reason: capability.reason ?? UNLINKED };
  return { show: true, reason: null };
}

export const nothingImported = (scan: Scan) =>
  scan.import_state === "none" || ((scan.imported_findings ?? 0) === 0 && scan.import_state === "failed");
