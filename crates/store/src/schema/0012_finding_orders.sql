-- Version 12. One index for each order of the queue, so that no page is found by sorting a million findings.

DROP INDEX findings_severity;
DROP INDEX findings_asset;
CREATE INDEX findings_severity ON findings (company_id, severity, id);
CREATE INDEX findings_state ON findings (company_id, status, severity, id);
CREATE INDEX findings_asset ON findings (asset_id, company_id, severity, id);
CREATE INDEX findings_last_seen ON findings (company_id, last_seen_at, id);
CREATE INDEX findings_first_seen ON findings (company_id, first_seen_at, id);
CREATE INDEX findings_title ON findings (company_id, title, id);
DROP INDEX findings_owner;
CREATE INDEX findings_owner ON findings (company_id, owner_id, severity, id) WHERE owner_id IS NOT NULL;
