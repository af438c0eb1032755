-- Version 2. Schedules of scans and what became of each of their nominal times. A scan's cron lives here only.

ALTER TABLE scans DROP COLUMN schedule_cron;

CREATE TABLE schedules (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  scan_id TEXT NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  cron TEXT NOT NULL CHECK (cron <> ''),
  tz TEXT NOT NULL CHECK (tz <> ''),
  enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
  -- The hub's own reason to hold it back.
  suspended TEXT CHECK (suspended IN ('company_deactivated')),
  next_at BIGINT,
  last_at BIGINT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  -- What does not run has no next time.
  CHECK ((enabled = 1 AND suspended IS NULL) OR next_at IS NULL)
) STRICT;
CREATE UNIQUE INDEX schedules_scan ON schedules (scan_id);
CREATE INDEX schedules_company ON schedules (company_id, created_at, id);
CREATE INDEX schedules_due ON schedules (next_at, id) WHERE next_at IS NOT NULL;

-- One row a nominal time: whoever inserts it serves it, and nobody else does.
CREATE TABLE schedule_runs (
  schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
  nominal_at BIGINT NOT NULL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  decided_at BIGINT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('started', 'missed', 'skipped', 'failed')),
  reason TEXT,
  scan_id TEXT,
  command_id TEXT,
  runs_before BIGINT NOT NULL,
  finished_at BIGINT,
  result TEXT CHECK (result IN ('completed', 'failed', 'cancelled')),
  CHECK ((finished_at IS NULL) = (result IS NULL)),
  PRIMARY KEY (schedule_id, nominal_at)
) STRICT_CLUSTERED;
CREATE INDEX schedule_runs_open ON schedule_runs (schedule_id) WHERE outcome = 'started' AND finished_at IS NULL;
CREATE INDEX schedule_runs_decided ON schedule_runs (decided_at);
