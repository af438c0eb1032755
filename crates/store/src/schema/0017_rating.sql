-- Version 17. What is known of vulnerabilities beyond their scanners, and what follows from it for findings.

-- The feeds belong to the installation. What is loaded stays until something newer is read whole.
CREATE TABLE feeds (
  kind TEXT PRIMARY KEY CHECK (kind IN ('epss', 'kev', 'nvd', 'cwe')),
  source TEXT,
  version TEXT,
  published_at BIGINT,
  records BIGINT NOT NULL CHECK (records >= 0),
  digest TEXT,
  succeeded_at BIGINT,
  attempted_at BIGINT,
  error TEXT
) STRICT;

-- `loading` tells which load wrote a row last, so that what the newest no longer names can be forgotten.
CREATE TABLE feed_epss (
  cve TEXT PRIMARY KEY,
  score DOUBLE NOT NULL CHECK (score BETWEEN 0 AND 1),
  percentile DOUBLE NOT NULL CHECK (percentile BETWEEN 0 AND 1),
  loading BIGINT NOT NULL
) STRICT_CLUSTERED;

CREATE TABLE feed_kev (
  cve TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  added_at BIGINT NOT NULL,
  due_at BIGINT,
  ransomware BIGINT NOT NULL CHECK (ransomware IN (0, 1)),
  loading BIGINT NOT NULL
) STRICT_CLUSTERED;

CREATE TABLE feed_nvd (
  cve TEXT PRIMARY KEY,
  vectors TEXT NOT NULL,
  cwes TEXT NOT NULL,
  modified_at BIGINT NOT NULL,
  loading BIGINT NOT NULL
) STRICT_CLUSTERED;

CREATE TABLE feed_cwe (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  loading BIGINT NOT NULL
) STRICT;

ALTER TABLE assets ADD COLUMN criticality TEXT NOT NULL DEFAULT 'normal'
  CHECK (criticality IN ('low', 'normal', 'high', 'critical'));

-- Ten times the leading score computed from the scanner's vectors.
ALTER TABLE sightings ADD COLUMN cvss BIGINT CHECK (cvss BETWEEN 0 AND 100);
ALTER TABLE findings ADD COLUMN cvss BIGINT CHECK (cvss BETWEEN 0 AND 100);
ALTER TABLE findings ADD COLUMN risk BIGINT NOT NULL DEFAULT 0 CHECK (risk BETWEEN 0 AND 100);
ALTER TABLE findings ADD COLUMN epss DOUBLE;
ALTER TABLE findings ADD COLUMN kev BIGINT NOT NULL DEFAULT 0 CHECK (kev IN (0, 1));
ALTER TABLE findings ADD COLUMN due_at BIGINT;
-- A scanner saw it again after it was fixed: the clock of the due date starts anew.
ALTER TABLE findings ADD COLUMN reopened_at BIGINT;
-- When it was first gone, while it is.
ALTER TABLE findings ADD COLUMN stopped_at BIGINT;
UPDATE findings SET stopped_at = resolved_at WHERE status IN ('fixed', 'verified_fixed', 'closed');

-- Within each state: the queue is of what is open, and what was fixed long ago was due before.
CREATE INDEX findings_risk ON findings (company_id, status, risk, id);
-- What is due at no time comes last; the words are those of the list's order.
CREATE INDEX findings_due ON findings (company_id, status, (COALESCE(due_at, 9000000000000000)), id);
CREATE INDEX findings_kev ON findings (company_id, risk, id) WHERE kev = 1;
CREATE INDEX findings_epss ON findings (company_id, epss) WHERE epss IS NOT NULL;

CREATE TABLE sla_policies (
  company_id TEXT PRIMARY KEY REFERENCES companies (id) ON DELETE CASCADE,
  policy TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  version BIGINT NOT NULL
) STRICT;

-- Whether a company's findings are rated by what is known now: `wanted` is raised by whoever changes what is known, in
-- the same transaction. `pass` is what was wanted when the pass under way began, `position` the fingerprint it has
-- got to.
CREATE TABLE re_ratings (
  company_id TEXT PRIMARY KEY REFERENCES companies (id) ON DELETE CASCADE,
  wanted BIGINT NOT NULL,
  done BIGINT NOT NULL CHECK (done <= wanted),
  pass BIGINT NOT NULL,
  position TEXT NOT NULL,
  rated BIGINT NOT NULL
) STRICT;
INSERT INTO re_ratings (company_id, wanted, done, pass, position, rated) SELECT id, 1, 0, 0, '', 0 FROM companies;
