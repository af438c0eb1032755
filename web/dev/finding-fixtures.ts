/** Sample findings, as in [fixtures](./fixtures.ts). */
import { FINDING_STATES, type Finding, type FindingDetail, SEVERITIES } from "../src/api/contract.ts";
import { ago, dice } from "./fixtures.ts";

const TITLES = [
  "OpenSSH < 9.8 regreSSHion remote code execution",
  "SQL injection in parameter customer_id",
  "TLS certificate expires within 30 days",
  "Reflected cross-site scripting",
  "SMB signing not required",
  "Use of a hard-coded cryptographic key in src/main/java/com/example/payments/gateway/CardTokenizationServiceImpl.java",
  "Apache Log4j remote code execution (Log4Shell)",
  "HTTP TRACE method allowed",
  "<script>alert('title')</script> in a vendor's title",
];

export function manyFindings(amount: number, now: number): Finding[] {
  return Array.from({ length: amount }, (_, index) => {
    const roll = dice(index + 77);
    return {
      id: `f${index + 1}`,
      title: TITLES[index % TITLES.length] ?? "",
      severity: SEVERITIES[Math.min(Math.floor((index / amount) * 5), 4)] ?? "info",
      status: FINDING_STATES[index % 5 === 4 ? roll(FINDING_STATES.length) : 0] ?? "open",
      asset: index % 3 === 0 ? `srv-hh-${100 + index}.corp.example.com` : `10.20.${index % 250}.${roll(250)}`,
      asset_id: `a${index}`,
      location:
        index % 2 === 0
          ? `10.20.${index % 250}.4:443/tcp`
          : "src/main/java/com/example/payments/Gateway.java:118",
      location_parts:
        index % 2 === 0
          ? { kind: "network", port: 443, protocol: "tcp" }
          : { kind: "code", path: "src/main/java/com/example/payments/Gateway.java", line: 118 },
      sighting_count: 1 + roll(3),
      cwes: [],
      cves: index % 9 === 0 ? ["CVE-2024-6387"] : [],
      first_seen_at: ago(60 * 24 * (3 + roll(80)), now),
      last_seen_at: ago(roll(2_000), now),
      fingerprint: `v1:${(index + 1).toString(16).padStart(8, "0")}c0ffee`,
      risk: Math.max(0, 95 - Math.floor((index / amount) * 90)),
      epss: index % 9 === 0 ? 0.42 : null,
      kev: index % 9 === 0,
      due_at: index % 4 === 3 ? null : ago(60 * 24 * (index % 4 === 0 ? 3 : -12), now),
      overdue: index % 4 === 0,
      sla: index % 4 === 3 ? null : index % 4 === 0 ? "overdue" : "running",
    };
  });
}

export function findingDetail(finding: Finding, now: number): FindingDetail {
  return {
    ...finding,
    description:
      "The remote SSH server is affected by a signal handler race condition.\nAn unauthenticated attacker may run code as root.",
    solution: "Upgrade to OpenSSH 9.8 or later.",
    evidence: "Banner: SSH-2.0-OpenSSH_9.6p1 Debian-3\n<b>not bold</b>",
    references: ["https://nvd.nist.gov/vuln/detail/CVE-2024-6387", "javascript:alert(1)"],
    sightings: [
      {
        scanner: "Tenable Nessus",
        id: "g1",
        run_id: "r1",
        source: "integration:i1",
        title: finding.title,
        detail: {},
        rule_id: "201194",
        scanner_ref: "nessus:201194:22",
        severity: "critical",
        state: "seen",
        authenticated: true,
        scan_id: "s1",
        first_seen_at: ago(60 * 24 * 40, now),
        last_seen_at: ago(120, now),
      },
      {
        scanner: "Qualys VM",
        id: "g2",
        run_id: "r2",
        source: "integration:i2",
        title: finding.title,
        detail: {},
        rule_id: "42046",
        scanner_ref: "qualys:42046",
        severity: "high",
        state: "seen",
        authenticated: false,
        scan_id: "s2",
        first_seen_at: ago(60 * 24 * 12, now),
        last_seen_at: ago(900, now),
      },
    ],
    history: [
      {
        at: ago(60 * 24 * 40, now),
        actor: "system",
        kind: "state",
        state: "open",
        message: "Created by the import of Quarterly external perimeter",
      },
      { at: ago(60 * 24 * 3, now), actor: "user/u1", kind: "state", state: "in_progress", message: "Begun." },
    ],
    fingerprint_explained: [
      { part: "Asset", value: finding.asset ?? "", why: "the host's full name" },
      { part: "Weakness", value: finding.cves.join(", ") || "nessus:201194", why: "the sorted CVE set" },
      { part: "Location", value: finding.location ?? "", why: "host, port and protocol" },
    ],
    related: [],
    risk_parts: [
      { part: "impact", points: 49, because: "CVSS 9.8 by the scanner's own vector." },
      { part: "asset", points: 10, because: "The asset is critical." },
      {
        part: "epss",
        points: 10,
        because: "It is exploited within 30 days with a probability of 42 % (FIRST).",
      },
      { part: "kev", points: 25, because: "CISA knows it to be exploited." },
    ],
    cve_facts: finding.cves.map((cve) => ({ cve, epss: { score: 0.42, percentile: 0.98 } })),
    scores: [
      {
        source: "Tenable Nessus",
        version: "3.1",
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        computed: 9.8,
        stated: 8.1,
      },
    ],
    compliance: [],
    weaknesses: [{ cwe: 364, name: "Signal Handler Race Condition" }],
  };
}

export const COMPLIANCE = [
  {
    tag: "owasp-2021:A06",
    framework: "OWASP Top 10 2021",
    name: "Vulnerable and Outdated Components",
    published: true,
    findings: 1_204,
  },
  {
    tag: "cis-8:7",
    framework: "CIS Controls v8",
    name: "Continuous Vulnerability Management",
    published: false,
    findings: 12,
  },
];
