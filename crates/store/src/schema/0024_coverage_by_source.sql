-- Version 24. Several scanners can cover one asset in one run: each proves something of its own evidence alone.
CREATE TABLE coverage_by_source (
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
  settled BIGINT NOT NULL DEFAULT 1 CHECK (settled IN (0, 1)),
  log_in_told BIGINT NOT NULL DEFAULT 0 CHECK (log_in_told IN (0, 1)),
  PRIMARY KEY (run_id, asset_id, source)
) STRICT_CLUSTERED;
INSERT INTO coverage_by_source (run_id, asset_id, company_id, source, scan_id, covered_at, authenticated, policy, complete,
  settled, log_in_told)
  SELECT run_id, asset_id, company_id, source, scan_id, covered_at, authenticated, policy, complete, settled, log_in_told
  FROM coverage;
DROP TABLE coverage;
ALTER TABLE coverage_by_source RENAME TO coverage;
CREATE INDEX coverage_asset ON coverage (asset_id, source, covered_at);
