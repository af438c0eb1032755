-- Version 14. What findings say, each text once: a search reads some thousand texts in place of a million findings, and
-- the order of titles needs no index of its own over them.

CREATE TABLE finding_texts (
  id SERIAL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  digest TEXT NOT NULL,
  title TEXT NOT NULL,
  -- Title, CVEs and location in small letters, a line each.
  searchable TEXT NOT NULL,
  -- JSON lists; the CVEs in capital letters.
  cves TEXT NOT NULL,
  cwes TEXT NOT NULL
) STRICT;

-- A digest is the hub's to compute, so texts from before have a name of another kind. Where one of them comes again, it
-- is kept a second time.
INSERT INTO finding_texts (company_id, digest, title, searchable, cves, cwes)
  SELECT company_id, 'before 14: ' || min(id), title, lower(title || '
' || cves || '
' || location), upper(cves), cwes FROM findings GROUP BY company_id, title, cves, cwes, location;
ALTER TABLE findings ADD COLUMN text_id BIGINT NOT NULL DEFAULT 0;
UPDATE findings SET text_id = texts.id FROM finding_texts texts
  WHERE texts.company_id = findings.company_id AND texts.title = findings.title
    AND texts.cves = upper(findings.cves) AND texts.cwes = findings.cwes
    AND texts.searchable = lower(findings.title || '
' || findings.cves || '
' || findings.location);

CREATE UNIQUE INDEX finding_texts_digest ON finding_texts (company_id, digest);
CREATE UNIQUE INDEX finding_texts_title ON finding_texts (company_id, title, id);
DROP INDEX findings_title;
CREATE INDEX findings_text ON findings (company_id, text_id, severity, id);
CREATE INDEX sightings_scanner ON sightings (company_id, scanner, finding_id);
