-- Version 9. Which findings of an asset are one weakness that scanners bundle differently.

-- Of findings in a group the least fingerprint among them.
ALTER TABLE findings ADD COLUMN relation_group TEXT;
CREATE INDEX findings_related ON findings (asset_id, relation_group) WHERE relation_group IS NOT NULL;

-- Assets whose findings have changed since their groups were computed. Written in the transaction of the change. A new
-- version of the rule marks all of them, as here.
CREATE TABLE relation_due (
  asset_id TEXT PRIMARY KEY REFERENCES assets (id) ON DELETE CASCADE,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  -- An import computes what it has changed at its end; from then on whoever comes by does it.
  due_at BIGINT NOT NULL
) STRICT;
CREATE INDEX relation_due_at ON relation_due (due_at);
INSERT INTO relation_due (asset_id, company_id, due_at) SELECT id, company_id, 0 FROM assets;

-- Tells whose evidence there is on an asset without reading any.
DROP INDEX sightings_asset;
CREATE INDEX sightings_asset ON sightings (asset_id, source, scanner);
