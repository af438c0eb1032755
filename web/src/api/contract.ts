/**
 * What the hub's HTTP API (v1) says, in the words of the contract. Pages take their types from here, so a
 * change of the wire is settled inside `src/api` and nowhere else.
 */

export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const SCAN_STATUSES = [
  "queued",
  "running",
  "paused",
  "importing",
  "completed",
  "failed",
  "cancelled",
] as const;
export type ScanStatus = (typeof SCAN_STATUSES)[number];

export const IMPORT_STATES = ["none", "pending", "running", "partial", "done", "failed"] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

export const SCAN_ORIGINS = ["manual", "integration", "adopted", "scheduled", "local", "upload"] as const;
export type ScanOrigin = (typeof SCAN_ORIGINS)[number];

export const FINDING_STATES = [
  "open",
  "in_progress",
  "fixed",
  "not_seen",
  "verified_fixed",
  "risk_accepted",
  "false_positive",
  "duplicate",
  "closed",
] as const;
export type FindingState = (typeof FINDING_STATES)[number];

export type SeverityCounts = { total: number } & Record<Severity, number>;

export type Page<Item> = { items: Item[]; next_cursor: string | null; total?: number | null };

export type Capability = {
  available: boolean;
  /** `false`: the scanner can never do it, so no button is shown. */
  supported: boolean;
  reason?: string | null;
  code?: string | null;
};

export type ScanCapabilities = {
  launch: Capability;
  pause: Capability;
  resume: Capability;
  stop: Capability;
  delete_remote: Capability;
  import: Capability;
  preview: Capability;
};

export type ContinuousIntegration = {
  commit_sha?: string | null;
  branch_name?: string | null;
  pr_number?: number | null;
  repo_url?: string | null;
  triggered_by?: string | null;
};

export type SkippedScanner = { scanner: string; reason: string; install_hint?: string | null };

export type Scan = {
  id: string;
  company_id: string;
  name: string;
  origin: ScanOrigin;
  scan_type: string | null;
  status: ScanStatus;
  vendor_state: string | null;
  vendor_status_raw: string | null;
  import_state: ImportState;
  progress: number | null;
  integration_id: string | null;
  integration_name: string | null;
  vendor: string | null;
  external_scan_id: string | null;
  sub_scanner_id: string | null;
  assessment_run_id: string | null;
  schedule_cron: string | null;
  ci: ContinuousIntegration | null;
  targets: string[];
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  vendor_finished_at: string | null;
  duration_s: number | null;
  last_observed_at: string | null;
  stale: boolean;
  counts: SeverityCounts | null;
  imported_findings: number | null;
  imported_percent: number | null;
  asset_count: number | null;
  target_count: number | null;
  scanners_run: string[];
  scanners_skipped: SkippedScanner[];
  capabilities: ScanCapabilities;
  error?: string | null;
  version: number;
};

export type NewScan = {
  name?: string;
  scan_types?: string[];
  target_path?: string;
  targets?: string[];
  integration_id?: string;
  sub_scanner_id?: string;
  template?: string;
  folder?: string;
  launch?: boolean;
};

export type ScanCommand = "launch" | "pause" | "resume" | "stop";

export type Preview = {
  hosts: number;
  vulnerabilities: number;
  by_severity: SeverityCounts;
  rows: PreviewRow[];
  observed_at: string;
};

export type PreviewRow = {
  rule_id: string;
  severity: Severity;
  title: string;
  family: string | null;
  count: number;
};

export type Activity = {
  id: string;
  at: string;
  kind: string;
  actor: string;
  message: string;
};

export type ScanConfig = { config: unknown; targets: string[] };

export type Finding = {
  id: string;
  title: string;
  severity: Severity;
  status: FindingState;
  asset: string | null;
  asset_id: string;
  location: string;
  cves: string[];
  cwes: number[];
  first_seen_at: string;
  last_seen_at: string;
  /** On how many scanners' evidence it rests. */
  sighting_count: number;
  fingerprint: string;
};

export type Sighting = {
  id: string;
  scanner: string;
  rule_id: string;
  scanner_ref: string;
  scan_id: string;
  severity: Severity;
  state: string;
  authenticated: boolean;
  first_seen_at: string;
  last_seen_at: string;
};

export type FindingDetail = Finding & {
  description: string | null;
  solution: string | null;
  evidence: string | null;
  references: string[];
  sightings: Sighting[];
  history: { at: string; actor: string; message: string }[];
  fingerprint_explained: { part: string; value: string; why: string }[];
};

export type StateTransition = { from: FindingState; to: FindingState; needs_reason: boolean };

export type Job = {
  id: string;
  kind: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  progress: JobProgress | null;
  result?: Record<string, unknown> | null;
  error?: string | null;
};

export type JobProgress = { done?: number; total?: number | null; text?: string | null };

export type JobTicket = { job_id: string; job_url: string };

export type AuthField = {
  name: string;
  label: string;
  secret: boolean;
  help: string;
};

export type AuthMethod = { id: string; label: string; fields: AuthField[] };

export type Connector = {
  id: string;
  vendor: string;
  product: string;
  family: string;
  fidelity: string;
  auth_methods: AuthMethod[];
  capabilities: Record<string, boolean>;
  base_url_example: string;
};

export type Health = {
  state: "healthy" | "degraded" | "failing" | "unknown";
  last_success_at: string | null;
  next_poll_at: string | null;
  error: string | null;
  next_step: string | null;
  error_streak: number;
  error_since?: string | null;
  last_sweep_at?: string | null;
  next_sweep_at?: string | null;
  breaker?: "closed" | "half_open" | "open" | null;
  budget?: { used: number; limit: number; resets_at: string | null } | null;
  version: string | null;
  licence?: string | null;
  licence_limits: { capability: string; reason: string }[];
};

export type SecretHint = { set: boolean; hint: string | null; updated_at: string | null };

export type Integration = {
  id: string;
  name: string;
  connector: string;
  vendor: string;
  product: string;
  base_url: string;
  enabled: boolean;
  ca_pem: string | null;
  credentials: Record<string, SecretHint>;
  scan_count?: number | null;
  health: Health;
  version: number;
};

export type NewIntegration = {
  connector: string;
  name: string;
  base_url: string;
  credentials: Record<string, string>;
  ca_pem?: string;
  enabled: boolean;
};

export type IntegrationPatch = Partial<Omit<NewIntegration, "connector" | "ca_pem">> & {
  ca_pem?: string | null;
};

export type CheckStep = {
  step: string;
  ok: boolean;
  detail: string;
  fix: string | null;
};

export type SubScanner = {
  id: string;
  external_id: string;
  name: string;
  status: string | null;
  version: string | null;
  last_seen_at: string;
};

export type RemoteScan = {
  external_scan_id: string;
  name: string;
  status: string;
  adoption: "adopted" | "new" | "blocked";
  scan_id: string | null;
};

export type BlocklistEntry = {
  id: string;
  integration_id: string;
  external_scan_id: string;
  name: string;
  created_at: string;
  created_by: string;
};

export type LocalScanner = {
  id: string;
  name: string;
  scan_types: string[];
  available: boolean;
  version: string | null;
  reason: string | null;
  install_hint: string;
};

export type CompanyRef = { id: string; name: string; status?: "active" | "deactivated" };

export type Session = {
  user: { id: string; email: string; name: string } | null;
  company: CompanyRef;
  companies: CompanyRef[];
  permissions: string[];
};

export type ApiKey = {
  id: string;
  name: string;
  prefix: string;
  role: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
};

export type NewApiKey = { name: string; role?: string };
export type CreatedApiKey = ApiKey & { secret: string };

export type DeleteAnswer = { remote: string | null; warnings: string[] };
