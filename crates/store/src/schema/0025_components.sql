-- Version 25. What assets are made of, as inventories (SBOMs) list it.

-- What components say, each once: a library is the same in a thousand assets, so that a search reads some thousand texts
-- in place of a million components.
CREATE TABLE component_texts (
  id SERIAL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  digest TEXT NOT NULL,
  name TEXT NOT NULL,
  -- Empty where no inventory tells it; the ecosystem too.
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  ecosystem TEXT NOT NULL,
  -- JSON: all that is said, but for the places in the asset.
  record TEXT NOT NULL,
  -- Names, version and purl in small letters, a line each.
  searchable TEXT NOT NULL,
  -- How many components say it.
  listed BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX component_texts_digest ON component_texts (company_id, digest);
CREATE INDEX component_texts_name ON component_texts (company_id, name, version, id);
-- What is counted of all components stands in the index alone.
CREATE INDEX component_texts_listed ON component_texts (company_id, ecosystem, kind, listed);

CREATE TABLE component_licenses (
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  license TEXT NOT NULL,
  text_id BIGINT NOT NULL REFERENCES component_texts (id) ON DELETE CASCADE,
  PRIMARY KEY (company_id, license, text_id)
) STRICT_CLUSTERED;
CREATE INDEX component_licenses_text ON component_licenses (text_id);

CREATE TABLE components (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  -- As it was reported: a merge of assets changes nothing here.
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  -- Two inventories of one asset that say the same here mean the same component.
  identity TEXT NOT NULL,
  text_id BIGINT NOT NULL,
  locations TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX components_identity ON components (asset_id, identity);
CREATE INDEX components_text ON components (text_id, id);
CREATE INDEX components_first_seen ON components (company_id, first_seen_at, id);

-- The newest whole inventory of an asset by each source; what it does not list is gone.
CREATE TABLE component_lists (
  asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  scan_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  listed_at BIGINT NOT NULL,
  components BIGINT NOT NULL,
  PRIMARY KEY (asset_id, source)
) STRICT_CLUSTERED;
CREATE INDEX component_lists_scan ON component_lists (scan_id);
CREATE INDEX component_lists_source ON component_lists (company_id, source, asset_id, components);

CREATE TABLE listed_components (
  component_id TEXT NOT NULL REFERENCES components (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  asset_id TEXT NOT NULL,
  -- JSON, as this source says it.
  record TEXT NOT NULL,
  PRIMARY KEY (component_id, source)
) STRICT_CLUSTERED;
CREATE INDEX listed_components_list ON listed_components (asset_id, source, component_id);

-- The findings of a package. The location is cut, as an index holds no text of any length.
CREATE INDEX findings_package ON findings (asset_id, substr(location, 1, 400))
  WHERE substr(location, 1, 18) = '{"kind":"package",';
