-- Version 22. Assets that a person says are one machine.

-- The asset its findings are on as long as the merge stands. Sightings and coverage keep the asset that was reported.
ALTER TABLE assets ADD COLUMN merged_into TEXT;
CREATE INDEX assets_merged ON assets (company_id, merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE asset_merges (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  asset_id TEXT NOT NULL,
  -- As it was.
  absorbed TEXT NOT NULL,
  absorbed_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL,
  undone_by TEXT,
  undone_at BIGINT
) STRICT;
CREATE INDEX asset_merges_asset ON asset_merges (company_id, asset_id);

-- What was known under one fingerprint is shown under another. Only of merges that stand.
CREATE TABLE merged_fingerprints (
  merge_id TEXT NOT NULL REFERENCES asset_merges (id) ON DELETE CASCADE,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  into_fingerprint TEXT NOT NULL,
  -- The finding that the merge took from the absorbed asset; none where an earlier merge brought the fingerprint.
  finding_id TEXT,
  PRIMARY KEY (merge_id, fingerprint)
) STRICT_CLUSTERED;
CREATE INDEX merged_fingerprints_into ON merged_fingerprints (company_id, into_fingerprint);
