/** Sample policies and feeds, as in [fixtures](./fixtures.ts). */
import type { Feed, SlaPolicy, TriagePolicy } from "../src/api/contract.ts";
import { ago, EPOCH } from "./fixtures.ts";

const DAY = 24 * 60;

export const slaPolicy = (change: Partial<SlaPolicy> = {}): SlaPolicy => ({
  enabled: false,
  days: { critical: 15, high: 30, medium: 90, low: 180 },
  kev_days: 14,
  percent: { low: 150, normal: 100, high: 75, critical: 50 },
  version: 0,
  pending: false,
  ...change,
});

export const triagePolicy = (change: Partial<TriagePolicy> = {}): TriagePolicy => ({
  approval_states: [],
  eligible_states: ["risk_accepted", "false_positive", "closed", "duplicate", "verified_fixed"],
  request_days: 30,
  approvers: 3,
  version: 1,
  ...change,
});

const feed = (change: Partial<Feed> = {}): Feed => ({
  kind: "epss",
  records: 0,
  failed: false,
  configured: false,
  ...change,
});

export const emptyFeeds: Feed[] = (["epss", "kev", "nvd", "cwe"] as const).map((kind) => feed({ kind }));

/** As an operator sees them: fresh, failing with a place that is long, brought by hand, never loaded. */
export const feeds = (now = EPOCH): Feed[] => [
  feed({
    records: 301_244,
    version: "v2025.03.14",
    published_at: ago(14 * 60, now),
    last_success_at: ago(40, now),
    last_attempt_at: ago(40, now),
    source: "epss_scores-2026-11-19.csv.gz",
    configured: true,
    configured_source: "/srv/feeds/epss",
    next_look_at: ago(-23 * 60, now),
  }),
  feed({
    kind: "kev",
    records: 1_412,
    version: "2026.10.02",
    published_at: ago(49 * DAY, now),
    last_success_at: ago(48 * DAY, now),
    last_attempt_at: ago(25, now),
    failed: true,
    error:
      "https://mirror.corp.example.com/cisa/known_exploited_vulnerabilities.json: the answer was 404. Name the address where the catalogue is now under [feeds] kev.",
    source: "https://mirror.corp.example.com/cisa/known_exploited_vulnerabilities.json",
    configured: true,
    configured_source: "https://mirror.corp.example.com/cisa/known_exploited_vulnerabilities.json",
    next_look_at: ago(-35, now),
  }),
  feed({
    kind: "nvd",
    records: 284_901,
    published_at: ago(3 * DAY, now),
    last_success_at: ago(2 * DAY, now),
    last_attempt_at: ago(2 * DAY, now),
    source: "nvdcve-2.0-modified.json.gz",
  }),
  feed({ kind: "cwe" }),
];
