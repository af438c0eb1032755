//! Tenants, their users and the users' ways in.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{ApiKeyId, AuditId, CompanyId, UserId};
use crate::permission::{Actor, Role};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompanyStatus {
    Active,
    /// Nothing new is created, launched, resumed or adopted; what runs is still followed and imported.
    Deactivated,
}

impl CompanyStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    pub id: CompanyId,
    pub name: String,
    pub status: CompanyStatus,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    /// PHC string of argon2id; `None` for a user who only has API keys.
    pub password_hash: Option<String>,
    /// Runs the installation: every company, audited there.
    pub operator: bool,
    pub created_at: Timestamp,
}

/// A user's role in a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    pub user_id: UserId,
    pub company_id: CompanyId,
    pub role: Role,
}

/// A program's way in. The key itself is shown once; the hub keeps its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub company_id: CompanyId,
    pub created_by: Option<UserId>,
    pub name: String,
    /// First characters of the key, to recognise it in a list.
    pub prefix: String,
    pub sha256: [u8; 32],
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A console log-in. The cookie holds a random token; the hub keeps its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub sha256: [u8; 32],
    pub user_id: UserId,
    pub company_id: CompanyId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// One successful change and who made it. Written in the transaction of the change itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditEntry {
    pub id: AuditId,
    pub company_id: CompanyId,
    pub at: Timestamp,
    pub actor: Actor,
    /// `scan.delete`, `integration.create`, ...
    pub action: String,
    /// `scan/0190...`
    pub target: String,
    pub detail: serde_json::Value,
}
