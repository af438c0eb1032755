-- Version 19 on SQLite. What scans are searched by has a name; it stands in the index alone.

ALTER TABLE scans ADD COLUMN searched TEXT GENERATED ALWAYS AS (lower(name || '
' || COALESCE(external_scan_id, '') || '
' || COALESCE(commit_sha, '') || '
' || targets)) VIRTUAL;
DROP INDEX scans_search;
CREATE INDEX scans_search ON scans (company_id, created_at, id, origin, scan_type, vendor, branch_name, vendor_state,
  import_state, searched);
