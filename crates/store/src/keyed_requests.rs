//! Requests that came with a key of their client's, and what was answered.

use scanhelm_core::ids::CompanyId;
use scanhelm_core::{Result, Timestamp};

use crate::sql::values;
use crate::store::{Reader, Transaction};

/// What tells one request from every other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    pub company_id: CompanyId,
    pub caller: String,
    /// Method and path.
    pub operation: String,
    /// The client's own.
    pub key: String,
}

/// A request that was here before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Of its body.
    pub digest: Vec<u8>,
    pub created_at: Timestamp,
    /// Ciphertext. `None`: nobody knows, or not yet, what came of it.
    pub sealed_answer: Option<Vec<u8>>,
}

impl Reader {
    pub async fn keyed_request(&self, request: &RequestKey) -> Result<Option<KeyedRequest>> {
        let text = "SELECT digest, created_at, sealed_answer FROM keyed_requests \
                    WHERE company_id = ? AND caller = ? AND operation = ? AND request_key = ?";
        let values = values![request.company_id, request.caller, request.operation, request.key];
        self.connection()
            .optional(self.sql(text, values), |row| {
                Ok(KeyedRequest {
                    digest: row.bytes("digest")?,
                    created_at: row.time("created_at")?,
                    sealed_answer: row.maybe_bytes("sealed_answer")?,
                })
            })
            .await
    }
}

impl Transaction {
    /// Takes the key for a request. `false`: it is taken.
    pub async fn take_request_key(&self, request: &RequestKey, digest: &[u8], now: Timestamp) -> Result<bool> {
        let text = "INSERT INTO keyed_requests (company_id, caller, operation, request_key, digest, created_at) \
                    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (company_id, caller, operation, request_key) DO NOTHING";
        let values = values![request.company_id, request.caller, request.operation, request.key, digest, now];
        Ok(self.write(text, values).await? > 0)
    }

    pub async fn keep_answer(&self, request: &RequestKey, sealed_answer: &[u8]) -> Result<()> {
        let text = "UPDATE keyed_requests SET sealed_answer = ? \
                    WHERE company_id = ? AND caller = ? AND operation = ? AND request_key = ?";
        let values = values![sealed_answer, request.company_id, request.caller, request.operation, request.key];
        self.write(text, values).await.map(|_| ())
    }

    /// Gives the key back: nothing came of the request.
    pub async fn free_request_key(&self, request: &RequestKey) -> Result<()> {
        let text = "DELETE FROM keyed_requests \
                    WHERE company_id = ? AND caller = ? AND operation = ? AND request_key = ?";
        let values = values![request.company_id, request.caller, request.operation, request.key];
        self.write(text, values).await.map(|_| ())
    }

    /// Forgets what came before; how many.
    pub async fn prune_keyed_requests(&self, before: Timestamp) -> Result<u64> {
        self.write("DELETE FROM keyed_requests WHERE created_at < ?", values![before]).await
    }
}
