-- Version 21 on PostgreSQL. Rules that suppress findings.

-- The rule that suppresses a finding. It stays named until the findings of a rule that ended have been looked at again.
ALTER TABLE findings ADD COLUMN suppression_rule_id TEXT;
CREATE INDEX findings_suppressed ON findings (company_id, suppression_rule_id) WHERE suppression_rule_id IS NOT NULL;

CREATE TABLE suppression_rules (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  expression TEXT NOT NULL,
  reason TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
  pending BIGINT NOT NULL CHECK (pending IN (0, 1)),
  -- The person who last changed what it suppresses.
  changed_by TEXT,
  approved_by TEXT,
  approved_at BIGINT,
  -- That its time is up was noticed, and its findings are looked at again.
  lapsed BIGINT NOT NULL DEFAULT 0 CHECK (lapsed IN (0, 1)),
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX suppression_rules_name ON suppression_rules (company_id, name);
CREATE INDEX suppression_rules_end ON suppression_rules (expires_at) WHERE lapsed = 0;

-- Whether a company's findings are suppressed by the rules in force now; as in re_ratings.
CREATE TABLE suppression_passes (
  company_id TEXT PRIMARY KEY REFERENCES companies (id) ON DELETE CASCADE,
  wanted BIGINT NOT NULL,
  done BIGINT NOT NULL CHECK (done <= wanted),
  pass BIGINT NOT NULL,
  position TEXT NOT NULL,
  looked_at BIGINT NOT NULL
) STRICT;

ALTER TABLE findings DROP CONSTRAINT findings_status_check;
ALTER TABLE findings ADD CONSTRAINT findings_status_check CHECK (status IN ('open', 'in_progress', 'fixed', 'not_seen',
  'verified_fixed', 'risk_accepted', 'false_positive', 'duplicate', 'closed', 'suppressed'));
