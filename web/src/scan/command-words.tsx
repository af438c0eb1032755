import type { ScanCommand, ScanStatus } from "@/api/contract.ts";
import { LaunchIcon, PauseIcon, ResumeIcon, StopIcon } from "@/parts/icons.tsx";

export const COMMAND_WORDS: Record<
  ScanCommand,
  { verb: string; sent: string; Icon: typeof LaunchIcon; confirmedBy: readonly ScanStatus[] }
> = {
  launch: { verb: "Launch", sent: "Launching", Icon: LaunchIcon, confirmedBy: ["running"] },
  pause: { verb: "Pause", sent: "Pausing", Icon: PauseIcon, confirmedBy: ["paused"] },
  resume: { verb: "Resume", sent: "Resuming", Icon: ResumeIcon, confirmedBy: ["running"] },
  stop: { verb: "Stop", sent: "Stopping", Icon: StopIcon, confirmedBy: ["cancelled", "completed", "failed"] },
};
