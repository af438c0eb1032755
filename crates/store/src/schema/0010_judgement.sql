-- Version 10. Whose a finding is, what people say about it, and judgements that need a second person. All of it belongs
-- to the fingerprint, as the verdicts do: it outlives scans and findings.

CREATE TABLE finding_owners (
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  -- No reference: one who has left is still shown as the owner who has left.
  owner_id TEXT NOT NULL,
  PRIMARY KEY (company_id, fingerprint)
) STRICT;

CREATE TABLE finding_owner_history (
  number SERIAL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  owner_id TEXT,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL
) STRICT;
CREATE INDEX finding_owner_history_fingerprint ON finding_owner_history (company_id, fingerprint, number);

-- A copy of finding_owners, to list by. In the order of the list; findings that nobody owns cost it nothing.
ALTER TABLE findings ADD COLUMN owner_id TEXT;
CREATE INDEX findings_owner ON findings
  (company_id, owner_id, (severity * 1000000000000000 + last_seen_at), id) WHERE owner_id IS NOT NULL;

CREATE TABLE finding_comments (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  author TEXT NOT NULL,
  -- The person behind the author, if that is known: a key writes for whoever made it.
  person_id TEXT,
  -- Gone with its deletion; the row stays, so that a thread shows its gap.
  body TEXT,
  mentions TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  edited_at BIGINT,
  deleted_at BIGINT,
  CHECK ((body IS NULL) = (deleted_at IS NOT NULL))
) STRICT;
CREATE INDEX finding_comments_fingerprint ON finding_comments (company_id, fingerprint, created_at, id);

-- Which verdicts run out, and the list of all of them.
CREATE INDEX triage_expiry ON triage (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX triage_at ON triage (company_id, at, fingerprint);

-- The findings of an order on many, and what became of each.
CREATE TABLE job_findings (
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  finding_id TEXT NOT NULL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  result TEXT CHECK (result IN ('changed', 'unchanged', 'pending', 'refused')),
  code TEXT,
  reason TEXT,
  PRIMARY KEY (job_id, finding_id)
) STRICT_CLUSTERED;

-- What of a company's judgement needs a second person. No row: nothing does.
CREATE TABLE triage_policies (
  company_id TEXT PRIMARY KEY REFERENCES companies (id) ON DELETE CASCADE,
  approval_states TEXT NOT NULL,
  request_days BIGINT NOT NULL CHECK (request_days BETWEEN 1 AND 365),
  version BIGINT NOT NULL
) STRICT;

CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  state TEXT NOT NULL
    CHECK (state IN ('collecting', 'pending', 'approved', 'rejected', 'withdrawn', 'expired')),
  to_state TEXT NOT NULL,
  reason TEXT NOT NULL,
  -- Until when the verdict would stand.
  expires_at BIGINT,
  requested_by TEXT NOT NULL,
  -- The person behind that.
  requester_id TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  decided_by TEXT,
  decided_at BIGINT,
  decision_reason TEXT,
  -- How many it is about; known once it can be decided.
  findings BIGINT NOT NULL,
  CHECK ((decided_at IS NULL) = (state IN ('collecting', 'pending')))
) STRICT;
CREATE INDEX approvals_company ON approvals (company_id, requested_at, id);
CREATE INDEX approvals_open ON approvals (ends_at) WHERE state IN ('collecting', 'pending');

CREATE TABLE approval_findings (
  approval_id TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  -- NULL as long as nobody decided, or while what was decided is carried out.
  outcome TEXT CHECK (outcome IN ('changed', 'unchanged', 'refused', 'rejected', 'withdrawn', 'expired')),
  code TEXT,
  reason TEXT,
  PRIMARY KEY (approval_id, fingerprint)
) STRICT_CLUSTERED;
-- One request at a time for a finding.
CREATE UNIQUE INDEX approval_findings_open ON approval_findings (company_id, fingerprint) WHERE outcome IS NULL;
CREATE INDEX approval_findings_fingerprint ON approval_findings (company_id, fingerprint);
