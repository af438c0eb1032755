-- Version 23. What the scanned project says of a scanner's evidence: by what it is suppressed, why, and who answers for
-- it, as JSON. A finding of which all evidence is suppressed so is suppressed and names no rule.
ALTER TABLE sightings ADD COLUMN suppressed TEXT;
CREATE INDEX sightings_suppressed ON sightings (company_id) WHERE suppressed IS NOT NULL;
CREATE INDEX findings_suppressed_by_project ON findings (company_id)
  WHERE status = 'suppressed' AND suppression_rule_id IS NULL;
