//! API keys: a program's way in. Shown once, kept as SHA-256, bound to one company and one role.

use scanhelm_core::Timestamp;
use scanhelm_core::company::{ApiKey, AuditEntry};
use scanhelm_core::credential::Secret;
use scanhelm_core::ids::{ApiKeyId, AuditId};
use scanhelm_core::permission::{Actor, Grant, Permission, Role};
use scanhelm_core::{Error, ErrorCode, Result};

use super::{Accounts, Caller, sha256, unauthenticated};
use crate::system::random_token;

/// Begins every key, so that secret scanners and people recognise one.
const PREFIX: &str = "shk_";

/// The only moment at which the key itself is known.
#[derive(Debug)]
pub struct IssuedApiKey {
    pub key: ApiKey,
    pub secret: Secret,
}

impl Accounts<'_> {
    /// Who holds this key. Unknown, revoked and expired keys get the same answer.
    pub async fn by_api_key(&self, secret: &str) -> Result<Caller> {
        let refused =
            || unauthenticated("The API key is unknown, revoked or expired. Create a new one in the console.");
        if !secret.starts_with(PREFIX) {
            return Err(refused());
        }
        let store = self.hub.store();
        let key = store.api_key_by_sha256(&sha256(secret)).await?.ok_or_else(refused)?;
        let now = self.hub.now();
        if key.revoked_at.is_some() || key.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(refused());
        }
        // Once a minute is exact enough, and spares a write a request.
        if key.last_used_at.is_none_or(|last| now.since(last).as_secs() >= 60) {
            let transaction = store.begin().await?;
            transaction.touch_api_key(key.id, now).await?;
            transaction.commit().await?;
        }
        let grant = Grant { actor: Actor::ApiKey(key.id), company: key.company_id, role: key.role };
        Ok(Caller { grant, user: None })
    }

    pub async fn api_keys(&self, grant: &Grant) -> Result<Vec<ApiKey>> {
        grant.require(Permission::UserManage)?;
        self.hub.store().api_keys(grant.company).await
    }

    /// Makes a key of at most the caller's own role.
    pub async fn create_api_key(
        &self,
        grant: &Grant,
        name: &str,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> Result<IssuedApiKey> {
        grant.require(Permission::UserManage)?;
        let name = scanhelm_core::text::single_line(name, 100);
        if name.is_empty() {
            return Err(Error::field("name", "required", "Give the key a name that says where it is used."));
        }
        if role > grant.role || role == Role::Operator {
            return Err(Error::new(
                ErrorCode::PermissionDenied,
                format!("You cannot issue a key with the role {role}."),
            ));
        }
        if expires_at.is_some_and(|at| at <= self.hub.now()) {
            return Err(Error::field("expires_at", "in_the_past", "The key would already have expired."));
        }
        // A key that a key makes is its person's too: nobody becomes a second person by making keys.
        let created_by = self.hub.store().person_behind(grant.company, grant.actor).await?;
        let issued = self.new_api_key(grant, created_by, name, role, expires_at);
        let transaction = self.hub.store().begin().await?;
        transaction.insert_api_key(&issued.key).await?;
        transaction.append_audit(&self.audit(grant, "api_key.create", format!("api_key/{}", issued.key.id))).await?;
        transaction.commit().await?;
        Ok(issued)
    }

    pub(super) fn new_api_key(
        &self,
        grant: &Grant,
        created_by: Option<scanhelm_core::ids::UserId>,
        name: String,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> IssuedApiKey {
        let secret = format!("{PREFIX}{}", random_token());
        let key = ApiKey {
            id: ApiKeyId::new(self.hub.ids()),
            company_id: grant.company,
            created_by,
            name,
            prefix: secret.chars().take(PREFIX.len() + 6).collect(),
            sha256: sha256(&secret),
            role,
            created_at: self.hub.now(),
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        IssuedApiKey { key, secret: Secret::new(secret) }
    }

    pub async fn revoke_api_key(&self, grant: &Grant, id: ApiKeyId) -> Result<()> {
        grant.require(Permission::UserManage)?;
        let transaction = self.hub.store().begin().await?;
        if !transaction.revoke_api_key(grant.company, id, self.hub.now()).await? {
            return Err(Error::not_found());
        }
        transaction.append_audit(&self.audit(grant, "api_key.revoke", format!("api_key/{id}"))).await?;
        transaction.commit().await
    }

    pub(super) fn audit(&self, grant: &Grant, action: &str, target: String) -> AuditEntry {
        self.hub.audit_entry(grant, action, target, serde_json::Value::Null)
    }
}

impl crate::Hub {
    /// An audit record for the transaction of the change itself.
    pub(crate) fn audit_entry(
        &self,
        grant: &Grant,
        action: &str,
        target: String,
        detail: serde_json::Value,
    ) -> AuditEntry {
        AuditEntry {
            id: AuditId::new(self.ids()),
            company_id: grant.company,
            at: self.now(),
            actor: grant.actor,
            action: action.to_owned(),
            target,
            detail,
        }
    }
}
