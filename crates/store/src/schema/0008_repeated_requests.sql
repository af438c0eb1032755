-- Requests that their client gave a key, so that one which comes again is answered and not carried out again.

CREATE TABLE keyed_requests (
  company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  -- Who asked, and for what: method and path.
  caller TEXT NOT NULL,
  operation TEXT NOT NULL,
  request_key TEXT NOT NULL,
  -- Of the body.
  digest BYTES NOT NULL,
  created_at BIGINT NOT NULL,
  -- Ciphertext, as an answer may show a secret this once. Empty as long as nobody knows what came of it.
  sealed_answer BYTES,
  PRIMARY KEY (company_id, caller, operation, request_key)
) STRICT;
CREATE INDEX keyed_requests_by_age ON keyed_requests (created_at);
