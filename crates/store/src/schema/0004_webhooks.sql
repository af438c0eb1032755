-- What vendors that call us are known by, and what they sent.

CREATE TABLE webhooks (
  integration_id TEXT PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  -- Ciphertext. The store never sees the key.
  sealed_secret BYTES NOT NULL,
  hint TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_delivery_at BIGINT,
  refused_at BIGINT,
  refused_because TEXT,
  CHECK ((refused_at IS NULL) = (refused_because IS NULL))
) STRICT;

-- A delivery nudges until a look that began after it has ended. It is kept for a while, so that the same one counts once.
CREATE TABLE webhook_deliveries (
  seq SERIAL,
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
  -- The vendor's own; one of ours where it has none.
  delivery_id TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  handled_at BIGINT
) STRICT;
CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (integration_id, delivery_id);
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (integration_id, seq) WHERE handled_at IS NULL;
CREATE INDEX webhook_deliveries_handled ON webhook_deliveries (integration_id, handled_at) WHERE handled_at IS NOT NULL;
