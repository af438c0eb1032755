//! Programs' ways in. Looked up by digest; whether a key has expired is for the caller to judge, who has the clock.

use scanhelm_core::company::ApiKey;
use scanhelm_core::ids::{ApiKeyId, CompanyId};
use scanhelm_core::permission::Role;
use scanhelm_core::{Result, Timestamp};

use crate::row::Row;
use crate::sql::values;
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT id, company_id, created_by, name, prefix, sha256, role, created_at, expires_at, \
                       last_used_at, revoked_at FROM api_keys";

fn read(row: &Row<'_>) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        created_by: row.maybe_parsed("created_by")?,
        name: row.text("name")?,
        prefix: row.text("prefix")?,
        sha256: row.digest("sha256")?,
        role: row.word("role", &Role::ALL, Role::as_str)?,
        created_at: row.time("created_at")?,
        expires_at: row.maybe_time("expires_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
        revoked_at: row.maybe_time("revoked_at")?,
    })
}

impl Reader {
    /// The key, unless it is revoked.
    pub async fn api_key_by_sha256(&self, sha256: &[u8; 32]) -> Result<Option<ApiKey>> {
        let sql = self.sql(&format!("{COLUMNS} WHERE sha256 = ? AND revoked_at IS NULL"), values![sha256]);
        self.connection().optional(sql, read).await
    }

    /// All keys of a company, revoked ones too, newest first.
    pub async fn api_keys(&self, company: CompanyId) -> Result<Vec<ApiKey>> {
        let sql = self.sql(&format!("{COLUMNS} WHERE company_id = ? ORDER BY id DESC"), values![company]);
        self.connection().all(sql, read).await
    }
}

impl Transaction {
    pub async fn insert_api_key(&self, key: &ApiKey) -> Result<()> {
        let text = "INSERT INTO api_keys (id, company_id, created_by, name, prefix, sha256, role, created_at, \
                    expires_at, last_used_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = values![
            key.id,
            key.company_id,
            key.created_by,
            key.name,
            key.prefix,
            key.sha256,
            key.role.as_str(),
            key.created_at,
            key.expires_at,
            key.last_used_at,
            key.revoked_at
        ];
        self.write(text, values).await.map(|_| ())
    }

    /// Whether this revoked it; `false` when there is none or it was revoked before.
    pub async fn revoke_api_key(&self, company: CompanyId, id: ApiKeyId, at: Timestamp) -> Result<bool> {
        let text = "UPDATE api_keys SET revoked_at = ? WHERE company_id = ? AND id = ? AND revoked_at IS NULL";
        Ok(self.write(text, values![at, company, id]).await? > 0)
    }

    pub async fn touch_api_key(&self, id: ApiKeyId, used_at: Timestamp) -> Result<()> {
        let text = "UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)";
        self.write(text, values![used_at, id, used_at]).await.map(|_| ())
    }
}
