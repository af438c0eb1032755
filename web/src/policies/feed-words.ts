import type { Feed, FeedKind } from "@/api/contract.ts";
import { SHAPES, type State } from "@/parts/StateMark.tsx";

export const FEED_WORDS: Record<FeedKind, { name: string; brings: string }> = {
  epss: { name: "EPSS", brings: "how probably a CVE is exploited within 30 days, by FIRST" },
  kev: { name: "KEV", brings: "what is known to be exploited, by CISA" },
  nvd: { name: "NVD", brings: "CVSS vectors and weaknesses of CVEs, by NIST" },
  cwe: { name: "CWE", brings: "names of weaknesses, by MITRE" },
};

const STATES = {
  failed: { word: "Last attempt failed", color: "var(--status-failed)", shape: SHAPES.cross },
  loaded: { word: "Loaded", color: "var(--status-completed)", shape: SHAPES.check },
  none: { word: "Not loaded", color: "var(--status-queued)", shape: SHAPES.circle },
} as const satisfies Record<string, State>;

export const feedState = (feed: Feed): State =>
  feed.failed ? STATES.failed : isLoaded(feed) ? STATES.loaded : STATES.none;

export const isLoaded = (feed: Feed) => feed.last_success_at != null;
