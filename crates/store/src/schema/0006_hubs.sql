-- Version 6: several hubs on one database know of each other, and finished jobs are found by their end.

-- A hub with its loops running, until its next sign of life is overdue.
CREATE TABLE hubs (
  id TEXT PRIMARY KEY,
  alive_until BIGINT NOT NULL
) STRICT;

-- When a hub that does not poll this integration last wanted it looked at.
ALTER TABLE integrations ADD COLUMN wanted_at BIGINT;

CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
