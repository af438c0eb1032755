-- Version 19 on PostgreSQL. What scans are searched by, computed when they are written.

ALTER TABLE scans ADD COLUMN searched TEXT GENERATED ALWAYS AS (lower(name || '
' || COALESCE(external_scan_id, '') || '
' || COALESCE(commit_sha, '') || '
' || targets)) STORED;
