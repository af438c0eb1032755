-- Version 1. Written once for both databases in the words TEXT, BIGINT, DOUBLE, BYTES, SERIAL and
-- STRICT, which schema/mod.rs spells for each. Times are milliseconds since the epoch, booleans 0 or 1, JSON is TEXT.

CREATE TABLE server_meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE companies (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  status TEXT NOT NULL CHECK (status IN ('active', 'deactivated')),
  created_at BIGINT NOT NULL
) STRICT;

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  -- Lower case, so that one mailbox is one user however it is typed.
  email TEXT NOT NULL CHECK (email = lower(email)),
  name TEXT NOT NULL,
  password_hash TEXT,
  operator BIGINT NOT NULL CHECK (operator IN (0, 1)),
  created_at BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_email ON users (email);

CREATE TABLE memberships (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'engineer', 'admin', 'operator')),
  PRIMARY KEY (user_id, company_id)
) STRICT;
CREATE INDEX memberships_company ON memberships (company_id);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  -- Never the key itself.
  sha256 BYTES NOT NULL CHECK (length(sha256) = 32),
  role TEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'engineer', 'admin', 'operator')),
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT,
  revoked_at BIGINT
) STRICT;
CREATE UNIQUE INDEX api_keys_sha256 ON api_keys (sha256);
CREATE INDEX api_keys_company ON api_keys (company_id);

CREATE TABLE sessions (
  sha256 BYTES PRIMARY KEY CHECK (length(sha256) = 32),
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
) STRICT;
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE audit_log (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_company ON audit_log (company_id, at, id);

CREATE TABLE integrations (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  connector TEXT NOT NULL,
  name TEXT NOT NULL,
  base_url TEXT NOT NULL,
  ca_pem TEXT,
  enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  credential_hints TEXT NOT NULL,
  -- Ciphertext. The store never sees the key.
  sealed_credentials BYTES NOT NULL,
  instance TEXT NOT NULL,
  health TEXT NOT NULL,
  version BIGINT NOT NULL,
  -- Which replica of the hub polls it, and until when without a sign of life.
  lease_owner TEXT,
  lease_until BIGINT,
  CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE UNIQUE INDEX integrations_name ON integrations (company_id, name);

CREATE TABLE sub_scanners (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT,
  version TEXT,
  last_seen_at BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sub_scanners_external ON sub_scanners (integration_id, external_id);

CREATE TABLE blocklist (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
  -- Part of the key: a reinstalled vendor uses its ids again.
  incarnation TEXT NOT NULL,
  external_scan_id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX blocklist_vendor_scan ON blocklist (integration_id, incarnation, external_scan_id);

CREATE TABLE scans (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('manual', 'integration', 'adopted', 'scheduled', 'local', 'upload')),
  scan_type TEXT NOT NULL,
  vendor TEXT,
  integration_id TEXT REFERENCES integrations (id) ON DELETE SET NULL,
  incarnation TEXT,
  external_scan_id TEXT,
  sub_scanner_id TEXT REFERENCES sub_scanners (id) ON DELETE SET NULL,
  client_token TEXT,
  -- The scanner's word and our own phase are two columns, so that neither can overwrite the other.
  vendor_state TEXT NOT NULL
    CHECK (vendor_state IN ('queued', 'running', 'paused', 'completed', 'failed', 'cancelled')),
  import_state TEXT NOT NULL
    CHECK (import_state IN ('none', 'pending', 'running', 'partial', 'done', 'failed')),
  vendor_status_raw TEXT,
  progress DOUBLE,
  run_number BIGINT NOT NULL,
  run_id TEXT,
  external_run_id TEXT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  vendor_finished_at BIGINT,
  last_observed_at BIGINT,
  vendor_missing_since BIGINT,
  count_critical BIGINT NOT NULL,
  count_high BIGINT NOT NULL,
  count_medium BIGINT NOT NULL,
  count_low BIGINT NOT NULL,
  count_info BIGINT NOT NULL,
  -- The five counts, worst first, as one text that sorts like them.
  counts_rank TEXT NOT NULL,
  counts_known BIGINT NOT NULL CHECK (counts_known IN (0, 1)),
  imported_findings BIGINT NOT NULL,
  asset_count BIGINT,
  targets TEXT NOT NULL,
  config TEXT NOT NULL,
  commit_sha TEXT,
  branch_name TEXT,
  ci TEXT NOT NULL,
  assessment_run_id TEXT,
  schedule_cron TEXT,
  scanners_run TEXT NOT NULL,
  scanners_skipped TEXT NOT NULL,
  error TEXT,
  upload_sha256 TEXT,
  version BIGINT NOT NULL,
  -- A link names its vendor's id space.
  CHECK ((external_scan_id IS NULL) = (incarnation IS NULL)),
  CHECK (external_scan_id IS NULL OR integration_id IS NOT NULL)
) STRICT;
-- One vendor scan is one scan, whoever asks and however often it is adopted.
CREATE UNIQUE INDEX scans_link ON scans (integration_id, incarnation, external_scan_id)
  WHERE external_scan_id IS NOT NULL;
-- Names that people give are unique; names that vendors and files bring are theirs.
CREATE UNIQUE INDEX scans_name ON scans (company_id, name)
  WHERE origin IN ('manual', 'integration', 'scheduled', 'local');
CREATE UNIQUE INDEX scans_client_token ON scans (integration_id, client_token) WHERE client_token IS NOT NULL;
CREATE UNIQUE INDEX scans_upload ON scans (company_id, upload_sha256) WHERE upload_sha256 IS NOT NULL;
CREATE INDEX scans_created ON scans (company_id, created_at, id);
CREATE INDEX scans_integration ON scans (integration_id);
CREATE INDEX scans_sub_scanner ON scans (sub_scanner_id) WHERE sub_scanner_id IS NOT NULL;
CREATE INDEX scans_import_due ON scans (created_at)
  WHERE vendor_state = 'completed' AND import_state IN ('none', 'pending');

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  scan_id TEXT NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  external_run_id TEXT,
  number BIGINT NOT NULL CHECK (number >= 1),
  vendor_state TEXT NOT NULL
    CHECK (vendor_state IN ('queued', 'running', 'paused', 'completed', 'failed', 'cancelled')),
  import_state TEXT NOT NULL
    CHECK (import_state IN ('none', 'pending', 'running', 'partial', 'done', 'failed')),
  started_at BIGINT,
  finished_at BIGINT,
  vendor_finished_at BIGINT,
  count_critical BIGINT NOT NULL,
  count_high BIGINT NOT NULL,
  count_medium BIGINT NOT NULL,
  count_low BIGINT NOT NULL,
  count_info BIGINT NOT NULL,
  imported_findings BIGINT NOT NULL,
  created_at BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX runs_number ON runs (scan_id, number);

CREATE TABLE imports (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  scan_id TEXT NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  job_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('none', 'pending', 'running', 'partial', 'done', 'failed')),
  -- Records whose effect is committed. Moves in the transaction of the rows it counts.
  checkpoint BIGINT NOT NULL CHECK (checkpoint >= 0),
  counts TEXT NOT NULL,
  quarantined TEXT NOT NULL,
  vendor_state TEXT,
  report_sha256 TEXT,
  error TEXT,
  started_at BIGINT NOT NULL,
  finished_at BIGINT
) STRICT;
CREATE INDEX imports_run ON imports (run_id);
CREATE INDEX imports_scan ON imports (scan_id);

CREATE TABLE assets (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  identity TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('host', 'site', 'repository', 'image', 'cloud_resource')),
  name TEXT NOT NULL,
  keys TEXT NOT NULL,
  operating_system TEXT,
  first_seen_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL CHECK (last_seen_at >= first_seen_at)
) STRICT;
CREATE UNIQUE INDEX assets_identity ON assets (company_id, identity);

CREATE TABLE findings (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  asset_id TEXT NOT NULL REFERENCES assets (id),
  title TEXT NOT NULL,
  severity BIGINT NOT NULL CHECK (severity BETWEEN 0 AND 4),
  status TEXT NOT NULL CHECK (status IN ('open', 'in_progress', 'fixed', 'not_seen', 'verified_fixed',
    'risk_accepted', 'false_positive', 'duplicate', 'closed')),
  cves TEXT NOT NULL,
  cwes TEXT NOT NULL,
  location TEXT NOT NULL,
  -- The readable parts of the fingerprint.
  identity TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  resolved_at BIGINT,
  sighting_count BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX findings_fingerprint ON findings (company_id, fingerprint);
CREATE INDEX findings_severity ON findings (company_id, severity, last_seen_at, id);
CREATE INDEX findings_asset ON findings (asset_id);

CREATE TABLE sightings (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  finding_id TEXT NOT NULL REFERENCES findings (id) ON DELETE CASCADE,
  asset_id TEXT NOT NULL,
  source TEXT NOT NULL,
  scanner_ref TEXT NOT NULL,
  scanner TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  title TEXT NOT NULL,
  severity BIGINT NOT NULL CHECK (severity BETWEEN 0 AND 4),
  -- The newest run that saw it. All of them are in run_sightings.
  scan_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL CHECK (last_seen_at >= first_seen_at),
  authenticated BIGINT NOT NULL CHECK (authenticated IN (0, 1)),
  policy TEXT,
  state TEXT NOT NULL CHECK (state IN ('seen', 'fixed', 'not_seen')),
  state_reason TEXT,
  -- Digest of what the row holds; the bits of an unsigned number.
  content BIGINT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
-- One scanner's evidence of one thing is one row, however often it is imported.
CREATE UNIQUE INDEX sightings_reference ON sightings (company_id, source, scanner_ref);
CREATE INDEX sightings_finding ON sightings (finding_id);
CREATE INDEX sightings_asset ON sightings (asset_id, source);
CREATE INDEX sightings_run ON sightings (run_id);

-- Which run saw what. A sighting of one integration may be shared by several scans, so its own row cannot tell.
CREATE TABLE run_sightings (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  sighting_id TEXT NOT NULL REFERENCES sightings (id) ON DELETE CASCADE,
  PRIMARY KEY (run_id, sighting_id)
) STRICT_CLUSTERED;
CREATE INDEX run_sightings_sighting ON run_sightings (sighting_id);

-- What each run covered. Nothing is overwritten, so the order of imports cannot matter.
CREATE TABLE coverage (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  scan_id TEXT NOT NULL,
  covered_at BIGINT NOT NULL,
  authenticated BIGINT NOT NULL CHECK (authenticated IN (0, 1)),
  policy TEXT,
  -- 1 only after the run's whole import is in: absence proves nothing before.
  complete BIGINT NOT NULL CHECK (complete IN (0, 1)),
  PRIMARY KEY (run_id, asset_id)
) STRICT_CLUSTERED;
CREATE INDEX coverage_asset ON coverage (asset_id, source, covered_at);

-- Judgement belongs to the fingerprint, not to the finding: it outlives scans and findings.
CREATE TABLE triage (
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL,
  expires_at BIGINT,
  PRIMARY KEY (company_id, fingerprint)
) STRICT;

CREATE TABLE triage_history (
  number SERIAL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL,
  expires_at BIGINT
) STRICT;
CREATE INDEX triage_history_fingerprint ON triage_history (company_id, fingerprint, number);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  dedup_key TEXT,
  concurrency_key TEXT,
  priority BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  attempts BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  run_at BIGINT NOT NULL,
  -- Raised whenever the job changes hands: the fence against a worker that was only asleep.
  epoch BIGINT NOT NULL,
  lease_owner TEXT,
  lease_until BIGINT,
  cancel_requested BIGINT NOT NULL CHECK (cancel_requested IN (0, 1)),
  progress TEXT,
  result TEXT,
  error TEXT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  CHECK ((state = 'running') = (lease_owner IS NOT NULL)),
  CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
  CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX jobs_one_unfinished_per_key ON jobs (company_id, dedup_key)
  WHERE dedup_key IS NOT NULL AND state IN ('queued', 'running');
CREATE UNIQUE INDEX jobs_one_running_per_key ON jobs (concurrency_key)
  WHERE concurrency_key IS NOT NULL AND state = 'running';
CREATE INDEX jobs_due ON jobs (priority, run_at, id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_company ON jobs (company_id, created_at, id);

CREATE TABLE commands (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  scan_id TEXT REFERENCES scans (id) ON DELETE SET NULL,
  integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('create', 'launch', 'pause', 'resume', 'stop', 'delete')),
  target TEXT,
  state TEXT NOT NULL CHECK (state IN ('recorded', 'sent', 'accepted', 'refused', 'unknown')),
  actor TEXT NOT NULL,
  detail TEXT,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  finished_at BIGINT
) STRICT;
CREATE INDEX commands_scan ON commands (scan_id);
CREATE INDEX commands_integration ON commands (integration_id, state);

-- One row. Its lock makes sequence numbers appear in the order of commits: a reader that has seen number n will
-- never meet a smaller one later.
CREATE TABLE activity_counter (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  last BIGINT NOT NULL
) STRICT;
INSERT INTO activity_counter (id, last) VALUES (1, 0);

CREATE TABLE activity (
  seq BIGINT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  -- No reference: the news of a scan's deletion comes after the scan.
  scan_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  event TEXT NOT NULL,
  message TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX activity_scan ON activity (scan_id, seq);
CREATE INDEX activity_at ON activity (at);
