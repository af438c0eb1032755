-- Version 16. What people say of assets, what runs told of logging in, and an index for each order of the list.

ALTER TABLE assets ADD COLUMN owner_id TEXT;
-- Sorted JSON list; the same as the rows of asset_tags, by which assets are found.
ALTER TABLE assets ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
-- Raised by every change that a person makes.
ALTER TABLE assets ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

CREATE TABLE asset_tags (
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  PRIMARY KEY (asset_id, tag)
) STRICT_CLUSTERED;
CREATE INDEX asset_tags_tag ON asset_tags (company_id, tag, asset_id);

CREATE INDEX assets_name ON assets (company_id, name, id);
CREATE INDEX assets_first_seen ON assets (company_id, first_seen_at, id);
CREATE INDEX assets_last_seen ON assets (company_id, last_seen_at, id);
CREATE INDEX assets_owner ON assets (company_id, owner_id, id) WHERE owner_id IS NOT NULL;

-- With the state at its end the open findings of an asset are counted in the index alone, however many there are.
DROP INDEX findings_asset;
CREATE INDEX findings_asset ON findings (asset_id, company_id, severity, id, status);

-- Whether the report told of logging in at all. Before this version only that it had was kept.
ALTER TABLE coverage ADD COLUMN log_in_told BIGINT NOT NULL DEFAULT 0 CHECK (log_in_told IN (0, 1));
UPDATE coverage SET log_in_told = 1 WHERE authenticated = 1;
