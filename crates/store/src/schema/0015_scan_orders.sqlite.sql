-- Version 15 on SQLite. One index for each order of the list of scans, and one that holds what is filtered by, so that
-- scans that do not match are not read.

CREATE INDEX scans_by_name ON scans (company_id, name, id);
CREATE INDEX scans_started ON scans (company_id, (COALESCE(started_at, 0)), id);
CREATE INDEX scans_finished ON scans (company_id, (COALESCE(vendor_finished_at, finished_at, 0)), id);
CREATE INDEX scans_status ON scans (company_id, (
  CASE WHEN vendor_state = 'completed' AND import_state = 'running' THEN 'importing' ELSE vendor_state END), id);
CREATE INDEX scans_severity ON scans (company_id, counts_rank, id);
CREATE INDEX scans_search ON scans (company_id, created_at, id, origin, scan_type, vendor, branch_name, vendor_state,
  import_state, lower(name || '
' || COALESCE(external_scan_id, '') || '
' || COALESCE(commit_sha, '') || '
' || targets));
