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

export type Capability = { available: boolean; reason?: string | null; code?: string | null };

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
  pr_number?: number | string | null;
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
  vendor: string | null;
  external_scan_id: string | null;
  sub_scanner_id: string | null;
  assessment_run_id: string | null;
  schedule_cron: string | null;
  schedule_tz?: string | null;
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
  config?: Record<string, unknown>;
  launch?: boolean;
};

export type ScanCommand = "launch" | "pause" | "resume" | "stop";

export type Preview = {
  hosts: number | null;
  vulnerabilities: number | null;
  by_severity: Partial<Record<Severity, number>> | null;
  rows: PreviewRow[];
  observed_at: string | null;
};

export type PreviewRow = {
  severity: Severity;
  title: string;
  count?: number | null;
  family?: string | null;
  host?: string | null;
};

export type Activity = {
  id: string;
  at: string;
  kind: string;
  actor: string | null;
  message: string;
  detail?: Record<string, unknown> | null;
};

export type ScanConfig = { config: Record<string, unknown> | null; targets: string[] };

export type Finding = {
  id: string;
  title: string;
  severity: Severity;
  status: FindingState;
  asset: string | null;
  asset_id?: string | null;
  location: string | null;
  scanner: string | null;
  vendor?: string | null;
  cves: string[];
  first_seen_at: string | null;
  last_seen_at: string | null;
  fingerprint: string;
};

export type Sighting = {
  scanner: string;
  scanner_ref: string | null;
  scan_id: string | null;
  scan_name?: string | null;
  first_seen_at: string | null;
  last_seen_at: string | null;
  severity?: Severity | null;
};

export type FindingDetail = Finding & {
  description: string | null;
  solution: string | null;
  evidence: string | null;
  references: string[];
  sightings: Sighting[];
  history: { at: string; actor: string | null; message: string }[];
  fingerprint_explained: { part: string; value: string; why?: string | null }[];
};

export type StateTransition = { from: FindingState; to: FindingState; needs_approval?: boolean };

export type Job = {
  id: string;
  kind: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  progress: number | null;
  result?: Record<string, unknown> | null;
  error?: string | null;
};

export type JobTicket = { job_id: string; job_url: string };

export type AuthField = {
  name: string;
  label: string;
  kind: "secret" | "text";
  required: boolean;
  help?: string | null;
};

export type AuthMethod = { id: string; label: string; fields: AuthField[] };

export type Connector = {
  id: string;
  vendor: string;
  product: string;
  family: string;
  level?: string | null;
  auth_methods: AuthMethod[];
  capabilities: string[];
  default_base_url?: string | null;
};

export type Health = {
  state: "healthy" | "degraded" | "failing" | "unknown";
  last_success_at: string | null;
  next_poll_at: string | null;
  error: string | null;
  next_step: string | null;
  error_streak: number;
  breaker: "closed" | "half_open" | "open" | null;
  budget?: { used: number; limit: number; resets_at: string | null } | null;
  version: string | null;
  licence_limits: { capability: string; reason: string }[];
};

export type SecretHint = { set: boolean; hint: string | null; updated_at: string | null };

export type Integration = {
  id: string;
  name: string;
  connector: string;
  vendor: string;
  product?: string | null;
  base_url: string;
  enabled: boolean;
  auth_method?: string | null;
  credentials: Record<string, SecretHint>;
  scan_count?: number | null;
  health: Health | null;
  version: number;
};

export type NewIntegration = {
  connector: string;
  name: string;
  base_url: string;
  auth_method?: string;
  credentials: Record<string, string>;
  ca_pem?: string;
  enabled: boolean;
};

export type IntegrationPatch = Partial<Omit<NewIntegration, "connector">>;

export type CheckStep = {
  step: string;
  ok: boolean | null;
  detail: string | null;
  fix: string | null;
};

export type SubScanner = { id: string; name: string; status: string | null };

export type RemoteScan = {
  external_scan_id: string;
  name: string;
  status: string | null;
  adoption: "adopted" | "new" | "blocked";
  scan_id: string | null;
};

export type BlocklistEntry = {
  id: string;
  integration_id: string;
  external_scan_id: string;
  name: string | null;
  created_at: string;
  created_by: string | null;
};

export type LocalScanner = {
  id: string;
  name: string;
  scan_types: string[];
  available: boolean;
  version: string | null;
  install_hint: string | null;
};

export type CompanyRef = { id: string; name: string; status?: "active" | "deactivated" };

export type Session = {
  user: { id: string; email: string; name: string };
  company: CompanyRef;
  companies: CompanyRef[];
  permissions: string[];
};

export type ApiKey = {
  id: string;
  name: string;
  prefix: string | null;
  permissions?: string[];
  created_at: string;
  last_used_at: string | null;
  expires_at?: string | null;
};

export type NewApiKey = { name: string; role?: string };
export type CreatedApiKey = ApiKey & { secret: string };

export type DeleteAnswer = { remote: string | null; warnings: string[] };
