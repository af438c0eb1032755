-- Version 3. What `GET /metrics/program` counts is found by company and time.

CREATE INDEX runs_finished ON runs (company_id, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX activity_import_ends ON activity (company_id, at) WHERE event IN ('import.complete', 'import.failed');
