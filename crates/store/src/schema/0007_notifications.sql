-- Version 7. Who is told of what, and what was told.

-- What an import brought that was new, gathered batch by batch.
ALTER TABLE imports ADD COLUMN news TEXT NOT NULL DEFAULT '{}';

-- The outbox: written in the transaction of the cause, taken out in that of the deliveries.
CREATE TABLE notices (
  seq SERIAL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  notice TEXT NOT NULL
) STRICT;

CREATE TABLE notification_channels (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('webhook', 'email', 'slack', 'teams')),
  recipients TEXT NOT NULL,
  host TEXT NOT NULL,
  -- Ciphertext: the address, and the signing secrets of a webhook. The store never sees the key.
  sealed BYTES NOT NULL,
  secret_hint TEXT,
  previous_secret_until BIGINT,
  enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
  suspended TEXT,
  standing TEXT NOT NULL,
  -- No attempt before; a copy of what `standing` says, to be searched.
  retry_at BIGINT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX notification_channels_name ON notification_channels (company_id, name);

CREATE TABLE notification_rules (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name <> ''),
  channel_id TEXT NOT NULL REFERENCES notification_channels (id) ON DELETE CASCADE,
  enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
  events TEXT NOT NULL,
  min_severity BIGINT CHECK (min_severity BETWEEN 0 AND 4),
  digest_ms BIGINT NOT NULL CHECK (digest_ms >= 0),
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL
) STRICT;
CREATE UNIQUE INDEX notification_rules_name ON notification_rules (company_id, name);
CREATE INDEX notification_rules_channel ON notification_rules (channel_id);

CREATE TABLE notification_deliveries (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  channel_id TEXT NOT NULL REFERENCES notification_channels (id) ON DELETE CASCADE,
  rule_id TEXT REFERENCES notification_rules (id) ON DELETE SET NULL,
  state TEXT NOT NULL CHECK (state IN ('collecting', 'waiting', 'sent', 'failed')),
  digest BIGINT NOT NULL CHECK (digest IN (0, 1)),
  summary TEXT NOT NULL,
  events BIGINT NOT NULL CHECK (events >= 0),
  severity BIGINT CHECK (severity BETWEEN 0 AND 4),
  attempts BIGINT NOT NULL CHECK (attempts >= 0),
  last_error TEXT,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  queued_at BIGINT NOT NULL,
  finished_at BIGINT,
  CHECK ((finished_at IS NOT NULL) = (state IN ('sent', 'failed')))
) STRICT;
CREATE INDEX notification_deliveries_company ON notification_deliveries (company_id, created_at, id);
CREATE INDEX notification_deliveries_waiting ON notification_deliveries (channel_id, queued_at, id) WHERE state = 'waiting';
-- One open digest a rule.
CREATE UNIQUE INDEX notification_deliveries_open ON notification_deliveries (rule_id) WHERE state = 'collecting';
CREATE INDEX notification_deliveries_due ON notification_deliveries (due_at) WHERE state = 'collecting';
CREATE INDEX notification_deliveries_rule ON notification_deliveries (rule_id);

-- What a delivery tells. A channel is told of a thing once.
CREATE TABLE notification_items (
  channel_id TEXT NOT NULL REFERENCES notification_channels (id) ON DELETE CASCADE,
  notice_id TEXT NOT NULL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  delivery_id TEXT NOT NULL REFERENCES notification_deliveries (id) ON DELETE CASCADE,
  place BIGINT NOT NULL,
  notice TEXT NOT NULL,
  PRIMARY KEY (channel_id, notice_id)
) STRICT_CLUSTERED;
CREATE INDEX notification_items_delivery ON notification_items (delivery_id, place);

CREATE TABLE notification_attempts (
  delivery_id TEXT NOT NULL REFERENCES notification_deliveries (id) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'refused', 'gone', 'unavailable')),
  status BIGINT,
  detail TEXT NOT NULL,
  duration_ms BIGINT NOT NULL,
  PRIMARY KEY (delivery_id, number)
) STRICT_CLUSTERED;
