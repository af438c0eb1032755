/** Sample answers of the hub for tests and for looking at pages without one. Same seed, same data. */
import type {
  Activity,
  Capability,
  Connector,
  Integration,
  LocalScanner,
  Scan,
  ScanCapabilities,
  ScanStatus,
  Session,
  SeverityCounts,
  Webhook,
} from "../src/api/contract.ts";

export const EPOCH = Date.parse("2026-11-20T12:00:00Z");

export const ago = (minutes: number, now = EPOCH) => new Date(now - minutes * 60_000).toISOString();

const yes: Capability = { available: true, supported: true };

export const ALL_CAPABILITIES: ScanCapabilities = {
  launch: yes,
  pause: yes,
  resume: yes,
  stop: yes,
  delete_remote: yes,
  import: yes,
  preview: yes,
};

export function counts(
  critical: number,
  high: number,
  medium: number,
  low: number,
  info: number,
): SeverityCounts {
  return { total: critical + high + medium + low + info, critical, high, medium, low, info };
}

export const session: Session = {
  user: { id: "u1", email: "ann@example.com", name: "Ann Berger" },
  company: { id: "c1", name: "Nordwind Logistik", status: "active" },
  companies: [
    { id: "c1", name: "Nordwind Logistik", status: "active" },
    { id: "c2", name: "Halden Energy", status: "active" },
    { id: "c3", name: "Old Mill Foods", status: "deactivated" },
  ],
  role: "admin",
  permissions: [
    "asset:read",
    "asset:write",
    "scan:read",
    "scan:create",
    "scan:control",
    "scan:delete",
    "scan:import",
    "finding:read",
    "finding:triage",
    "integration:read",
    "integration:manage",
    "schedule:manage",
    "company:manage",
    "user:manage",
  ],
};

export function scan(change: Partial<Scan> = {}): Scan {
  return {
    id: "s1",
    company_id: "c1",
    name: "Quarterly external perimeter",
    origin: "adopted",
    scan_type: "network",
    status: "completed",
    vendor_state: "completed",
    vendor_status_raw: "completed",
    import_state: "done",
    progress: 100,
    integration_id: "i1",
    integration_name: "Nessus Hamburg",
    vendor: "Tenable",
    external_scan_id: "4711",
    sub_scanner_id: null,
    assessment_run_id: null,
    schedule_cron: null,
    ci: {},
    run_id: "r1",
    run_number: 1,
    targets: ["10.20.0.0/24", "10.20.4.0/24"],
    created_at: ago(300),
    started_at: ago(290),
    finished_at: ago(120),
    vendor_finished_at: ago(121),
    duration_s: 10_140,
    last_observed_at: ago(1),
    stale: false,
    counts: counts(3, 18, 44, 12, 130),
    imported_findings: 207,
    imported_percent: 100,
    asset_count: 212,
    components: null,
    target_count: 256,
    scanners_run: [],
    scanners_skipped: [],
    capabilities: ALL_CAPABILITIES,
    error: null,
    version: 1,
    ...change,
  };
}

export const NAMES = [
  "Quarterly external perimeter",
  "Overnight authenticated sweep, Hamburg data centre racks A1 to F9 including the management network and out-of-band consoles",
  "shop.example.com staging",
  "PCI segment 3",
  "payments-api main",
  "prod-eu-west-1-kubernetes-cluster-7",
  "<img src=x onerror=alert(1)> hostile name",
  "OT network, passive",
  "Überprüfung Außenstelle Köln",
  "mobile-banking release 8.4",
];
const VENDORS: [string, string, string][] = [
  ["Tenable", "i1", "network"],
  ["Qualys", "i2", "network"],
  ["Acunetix", "i3", "web"],
  ["Invicti", "i4", "web"],
];
const STATUSES: ScanStatus[] = [
  "running",
  "completed",
  "importing",
  "failed",
  "queued",
  "paused",
  "completed",
  "cancelled",
  "completed",
  "completed",
];
const RAW: Record<ScanStatus, string> = {
  queued: "",
  running: "Verifying Targets",
  paused: "pausing",
  importing: "completed",
  completed: "completed",
  failed: "aborted",
  cancelled: "canceled",
};

/** A small deterministic generator: no test may depend on luck. */
export function dice(seed: number) {
  let state = seed * 2_654_435_761;
  return (sides: number) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return state % sides;
  };
}

export function manyScans(amount: number, now: number): Scan[] {
  return Array.from({ length: amount }, (_, index) => {
    const roll = dice(index + 1);
    const status = STATUSES[index % STATUSES.length] ?? "completed";
    const [vendor, integration, type] = VENDORS[index % VENDORS.length] ?? ["Tenable", "i1", "network"];
    const local = index % 9 === 4;
    const working = status === "running" || status === "paused";
    const over =
      status === "completed" || status === "failed" || status === "cancelled" || status === "importing";
    const unknown = status === "queued";
    const minutes = 20 + index * 37;
    const spent = 600 + roll(20_000);
    return scan({
      id: `s${index + 1}`,
      name: `${NAMES[index % NAMES.length]}${index < NAMES.length ? "" : ` ${index + 1}`}`,
      origin: local ? "local" : (["adopted", "integration", "scheduled", "manual"] as const)[index % 4],
      scan_type: local ? "code" : type,
      status,
      vendor_state: status === "importing" ? "completed" : status,
      vendor_status_raw: local ? null : RAW[status],
      import_state:
        status === "importing"
          ? "running"
          : status === "completed"
            ? index % 7 === 6
              ? "none"
              : "done"
            : "none",
      progress: working ? 10 + roll(85) : status === "importing" ? 62 : null,
      integration_id: local ? null : integration,
      integration_name: local ? null : "Nessus Hamburg",
      external_scan_id: local ? null : String(4_000 + index),
      vendor: local ? null : vendor,
      counts: unknown
        ? null
        : index % 11 === 7
          ? counts(0, 0, 0, 0, 0)
          : counts(roll(9), roll(60), roll(240), roll(90), roll(1_400)),
      imported_percent: status === "completed" ? 100 : status === "importing" ? 62 : null,
      target_count: unknown ? 0 : 1 + roll(4_096),
      asset_count: unknown ? null : 1 + roll(900),
      created_at: ago(minutes + 5, now),
      started_at: unknown ? null : ago(minutes, now),
      finished_at: over && status !== "importing" ? ago(Math.max(minutes - 15, 1), now) : null,
      duration_s: over ? spent : null,
      last_observed_at: local ? null : ago(index % 8 === 5 ? 47 : roll(2), now),
      stale: !local && index % 8 === 5,
      error:
        status === "failed" ? "The scanner aborted the scan: no live hosts answered in 10.40.0.0/16." : null,
      scanners_run: local ? ["semgrep", "bandit"] : [],
      scanners_skipped: local
        ? [{ scanner: "trivy", reason: "not installed", install_hint: "apt install trivy" }]
        : [],
      schedule_cron: index % 4 === 2 ? "0 2 * * 1-5" : null,
      ci: local
        ? {
            repo_url: "https://git.example.com/pay/payments-api",
            branch_name: "main",
            commit_sha: "9f2c1e77ab01",
            pr_number: 812,
            triggered_by: "pipeline",
          }
        : {},
      capabilities:
        vendor === "Invicti" && !local
          ? {
              ...ALL_CAPABILITIES,
              launch: {
                available: false,
                supported: false,
                reason: "Invicti's API has no launch.",
                code: "unsupported_by_vendor",
              },
              delete_remote: {
                available: false,
                supported: false,
                reason: "Invicti offers no delete remote through its API.",
              },
            }
          : local
            ? { ...ALL_CAPABILITIES, preview: { available: false, supported: true, code: "not_linked" } }
            : ALL_CAPABILITIES,
    });
  });
}

export function activity(now: number): Activity[] {
  const line = (minutes: number, kind: string, message: string, actor = "system"): Activity => ({
    id: `${kind}-${minutes}`,
    seq: 1_000 - minutes,
    scan_id: "s1",
    detail: {},
    at: ago(minutes, now),
    kind,
    actor,
    message,
  });
  return [
    line(1, "scan.progress", "41 % done; the scanner says “Verifying Targets”"),
    line(12, "scan.status", "Paused → Running; the scanner says “resuming”"),
    line(13, "command.resume", "Resume sent to Tenable", "user/u1"),
    line(40, "scan.status", "Running → Paused; the scanner says “paused”"),
    line(41, "command.pause", "Pause sent to Tenable", "user/u1"),
    line(290, "scan.start", "Queued → Running"),
    line(300, "scan.created", "Adopted from Nessus Hamburg"),
  ];
}

const NO_CAPABILITIES: Connector["capabilities"] = {
  create: false,
  delete_remote: false,
  history: false,
  import: false,
  launch: false,
  pause: false,
  preview: false,
  resume: false,
  stop: false,
  sub_scanners: false,
  webhooks: false,
};

export const connectors: Connector[] = [
  {
    id: "nessus",
    vendor: "Tenable",
    product: "Nessus",
    family: "network",
    fidelity: "L3",
    auth_methods: [
      {
        id: "api_keys",
        label: "API keys",
        schema: {},
        fields: [
          {
            name: "access_key",
            label: "Access key",
            secret: true,
            help: "My account, API keys.",
          },
          { name: "secret_key", label: "Secret key", secret: true, help: "" },
        ],
      },
      {
        id: "password",
        label: "User and password",
        schema: {},
        fields: [
          { name: "username", label: "User name", secret: false, help: "" },
          { name: "password", label: "Password", secret: true, help: "" },
        ],
      },
    ],
    capabilities: {
      ...NO_CAPABILITIES,
      launch: true,
      pause: true,
      resume: true,
      stop: true,
      import: true,
      delete_remote: true,
      preview: true,
      history: true,
    },
    unverified: [],
    base_url_example: "https://scanner.example.com:8834",
  },
  {
    id: "invicti",
    vendor: "Invicti",
    product: "Enterprise",
    family: "web",
    fidelity: "L2",
    auth_methods: [
      {
        id: "token",
        label: "User id and token",
        schema: {},
        fields: [
          { name: "user_id", label: "User id", secret: false, help: "" },
          { name: "token", label: "Token", secret: true, help: "" },
        ],
      },
    ],
    capabilities: { ...NO_CAPABILITIES, pause: true, resume: true, stop: true, import: true, webhooks: true },
    unverified: [],
    base_url_example: "https://www.netsparkercloud.com",
  },
];

export function integrations(now: number): Integration[] {
  const secret = { set: true, hint: "ends …a1b2", updated_at: ago(60 * 24 * 20, now) };
  const base = {
    connector: "nessus",
    enabled: true,
    ca_pem: null,
    credentials: { access_key: secret, secret_key: secret },
    created_at: ago(60 * 24 * 90, now),
    updated_at: ago(60 * 24 * 20, now),
    version: 1,
  };
  return [
    {
      ...base,
      id: "i1",
      name: "Nessus Hamburg",
      vendor: "Tenable",
      product: "Nessus",
      base_url: "https://nessus-hh.corp.example.com:8834",
      health: {
        state: "healthy",
        last_success_at: ago(0.3, now),
        next_poll_at: ago(-0.4, now),
        error: null,
        next_step: null,
        error_streak: 0,
        version: "10.8.3",
        licence_limits: [
          {
            capability: "launch",
            reason: "Nessus Professional answers 412 to scan control: read and export only.",
          },
        ],
      },
    },
    {
      ...base,
      id: "i2",
      name: "Qualys EU",
      vendor: "Qualys",
      product: "VMDR",
      base_url: "https://qualysapi.qualys.eu",
      health: {
        state: "failing",
        last_success_at: ago(260, now),
        next_poll_at: ago(-3, now),
        error: "401 from qualysapi.qualys.eu: the password of the API account has expired.",
        next_step: "Set a new password at Qualys and save it under Edit.",
        error_streak: 14,
        version: null,
        licence_limits: [],
      },
    },
    {
      ...base,
      id: "i3",
      name: "Acunetix",
      vendor: "Acunetix",
      product: "Premium",
      base_url: "https://acunetix.corp.example.com:3443",
      health: {
        state: "degraded",
        last_success_at: ago(4, now),
        next_poll_at: ago(-1, now),
        error: "Slow: the last list took 21 s.",
        next_step: "Nothing to do; polling slows down by itself.",
        error_streak: 1,
        version: "24.10",
        licence_limits: [],
      },
    },
    {
      ...base,
      id: "i4",
      name: "Invicti",
      connector: "invicti",
      vendor: "Invicti",
      product: "Enterprise",
      base_url: "https://www.netsparkercloud.com",
      enabled: false,
      health: {
        state: "unknown",
        last_success_at: null,
        next_poll_at: null,
        error: null,
        next_step: null,
        error_streak: 0,
        version: null,
        licence_limits: [],
      },
    },
  ];
}

export const localScanners: LocalScanner[] = [
  {
    id: "semgrep",
    name: "Semgrep",
    scan_types: ["code"],
    available: true,
    version: "1.96.0",
    reason: null,
    install_hint: "",
  },
  {
    id: "bandit",
    name: "Bandit",
    scan_types: ["code"],
    available: true,
    version: "1.8.0",
    reason: null,
    install_hint: "",
  },
  {
    id: "trivy",
    name: "Trivy",
    scan_types: ["dependencies", "container"],
    available: false,
    version: null,
    reason: "not on PATH",
    install_hint: "apt install trivy",
  },
  {
    id: "syft",
    name: "Syft",
    scan_types: ["sbom"],
    available: true,
    version: "1.18.1",
    reason: null,
    install_hint: "",
  },
  {
    id: "nmap",
    name: "Nmap",
    scan_types: ["network"],
    available: true,
    version: "7.93",
    reason: null,
    install_hint: "",
  },
];

export const webhook = (change: Partial<Webhook> = {}): Webhook => ({
  path: "/api/v1/hooks/i4",
  setup:
    "In Invicti: Integrations, New Integration, Webhook. HTTP method POST, the address of this hook as URL, and a custom HTTP header X-Scanhelm-Secret with the secret as its value.",
  secret: null,
  last_delivery_at: null,
  last_refused: null,
  ...change,
});
