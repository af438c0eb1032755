//! Console log-ins.

use scanhelm_core::company::Session;
use scanhelm_core::ids::{CompanyId, UserId};
use scanhelm_core::{Result, Timestamp};

use crate::sql::values;
use crate::store::{Reader, Transaction};

impl Reader {
    /// Expiry is for the caller to judge.
    pub async fn session_by_sha256(&self, sha256: &[u8; 32]) -> Result<Option<Session>> {
        let text = "SELECT sha256, user_id, company_id, created_at, expires_at FROM sessions WHERE sha256 = ?";
        self.connection()
            .optional(self.sql(text, values![sha256]), |row| {
                Ok(Session {
                    sha256: row.digest("sha256")?,
                    user_id: row.parsed("user_id")?,
                    company_id: row.parsed("company_id")?,
                    created_at: row.time("created_at")?,
                    expires_at: row.time("expires_at")?,
                })
            })
            .await
    }
}

impl Transaction {
    pub async fn insert_session(&self, session: &Session) -> Result<()> {
        let text = "INSERT INTO sessions (sha256, user_id, company_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?)";
        let Session { sha256, user_id, company_id, created_at, expires_at } = session;
        self.write(text, values![sha256, user_id, company_id, created_at, expires_at]).await.map(|_| ())
    }

    pub async fn delete_session(&self, sha256: &[u8; 32]) -> Result<()> {
        self.write("DELETE FROM sessions WHERE sha256 = ?", values![sha256]).await.map(|_| ())
    }

    /// Ends all of a user's sessions, such as after a change of password.
    pub async fn delete_sessions_of_user(&self, user: UserId) -> Result<u64> {
        self.write("DELETE FROM sessions WHERE user_id = ?", values![user]).await
    }

    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<u64> {
        self.write("DELETE FROM sessions WHERE expires_at <= ?", values![now]).await
    }

    /// Switches the company that a session looks at.
    pub async fn set_session_company(&self, sha256: &[u8; 32], company: CompanyId) -> Result<()> {
        self.write("UPDATE sessions SET company_id = ? WHERE sha256 = ?", values![company, sha256]).await.map(|_| ())
    }
}
