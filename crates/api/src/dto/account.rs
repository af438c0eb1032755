//! Callers, companies, keys and the audit log on the wire. Passwords, tokens and keys come in and go out once; no
//! shape here can hold a stored one.

use std::fmt;

use scanhelm_core::company;
use scanhelm_core::credential::Secret;
use scanhelm_core::permission::{Grant, Permission as CorePermission, Role as CoreRole};
use scanhelm_hub::accounts;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{CompanyStatus, Permission, Role, Time, actor};

/// A secret text on its way in.
#[derive(Clone)]
pub(crate) struct SecretText(pub(crate) Secret);

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    pub(crate) email: String,
    #[schema(value_type = String, format = Password)]
    pub(crate) password: SecretText,
}

/// The first company and its administrator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUp {
    /// The one-time token of the set-up link.
    #[schema(value_type = String, format = Password)]
    pub(crate) token: SecretText,
    pub(crate) company: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) email: String,
    #[schema(value_type = String, format = Password)]
    pub(crate) password: SecretText,
}

/// Whether the installation waits for its first user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetUpState {
    pub(crate) needs_setup: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchCompany {
    pub(crate) company_id: Uuid,
}

/// Who is logged in and what they may do in the company they look at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// `null` for an API key, which stands for itself.
    user: Option<SessionUser>,
    company: CompanyRef,
    /// Those the caller may switch to.
    companies: Vec<CompanyRef>,
    role: Role,
    permissions: Vec<Permission>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionUser {
    id: Uuid,
    email: String,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompanyRef {
    id: Uuid,
    name: String,
    status: CompanyStatus,
}

impl From<company::Company> for CompanyRef {
    fn from(company: company::Company) -> Self {
        Self { id: company.id.0, name: company.name, status: company.status.into() }
    }
}

impl Session {
    pub(crate) fn new(caller: accounts::Caller, company: company::Company, companies: Vec<company::Company>) -> Self {
        Self {
            user: caller.user.map(|user| SessionUser { id: user.id.0, email: user.email, name: user.name }),
            company: company.into(),
            companies: companies.into_iter().map(Into::into).collect(),
            role: caller.grant.role.into(),
            permissions: permissions(&caller.grant),
        }
    }
}

/// A built-in role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleRights {
    role: Role,
    permissions: Vec<Permission>,
}

impl From<CoreRole> for RoleRights {
    fn from(role: CoreRole) -> Self {
        let permissions = CorePermission::ALL.iter().copied().filter(|permission| role.allows(*permission));
        Self { role: role.into(), permissions: permissions.map(Permission).collect() }
    }
}

fn permissions(grant: &Grant) -> Vec<Permission> {
    CorePermission::ALL.iter().copied().filter(|permission| grant.allows(*permission)).map(Permission).collect()
}

/// An API key as it can be shown: never the key itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    id: Uuid,
    name: String,
    /// The first characters, to recognise it.
    prefix: String,
    role: Role,
    created_at: Time,
    created_by: Option<Uuid>,
    expires_at: Option<Time>,
    last_used_at: Option<Time>,
    revoked_at: Option<Time>,
}

impl From<company::ApiKey> for ApiKey {
    fn from(key: company::ApiKey) -> Self {
        Self {
            id: key.id.0,
            name: key.name,
            prefix: key.prefix,
            role: key.role.into(),
            created_at: key.created_at.into(),
            created_by: key.created_by.map(|id| id.0),
            expires_at: key.expires_at.map(Time),
            last_used_at: key.last_used_at.map(Time),
            revoked_at: key.revoked_at.map(Time),
        }
    }
}

/// A fresh API key. `secret` is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedApiKey {
    #[serde(flatten)]
    key: ApiKey,
    secret: String,
}

impl From<accounts::IssuedApiKey> for CreatedApiKey {
    fn from(issued: accounts::IssuedApiKey) -> Self {
        Self { key: issued.key.into(), secret: issued.secret.expose().to_owned() }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKey {
    /// Where it is used.
    pub(crate) name: String,
    /// At most the caller's own; `viewer` when left out.
    #[serde(default)]
    pub(crate) role: Option<Role>,
    #[serde(default)]
    pub(crate) expires_at: Option<Time>,
}

/// A further company with its first administrator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCompany {
    /// Name of the company.
    pub(crate) company: String,
    /// Name of the administrator; made from the address when left out.
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) email: String,
    /// Left out: the administrator has the API key only.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    pub(crate) password: Option<SecretText>,
}

/// What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompanyPatch {
    #[serde(default)]
    name: Option<String>,
    /// For operators of the installation.
    #[serde(default)]
    status: Option<CompanyStatus>,
}

impl From<CompanyPatch> for accounts::CompanyChange {
    fn from(patch: CompanyPatch) -> Self {
        Self { name: patch.name, status: patch.status.map(|status| status.0) }
    }
}

/// A company that was made, with its administrator's key, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedCompany {
    company_id: Uuid,
    user_id: Uuid,
    api_key: String,
}

impl From<accounts::Bootstrapped> for CreatedCompany {
    fn from(made: accounts::Bootstrapped) -> Self {
        Self { company_id: made.company.id.0, user_id: made.user.id.0, api_key: made.api_key.expose().to_owned() }
    }
}

/// A change that was made, and by whom.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    id: Uuid,
    at: Time,
    /// `user/0190...`, `api_key/0190...` or `system`.
    actor: String,
    #[schema(example = "scan.delete")]
    action: String,
    #[schema(example = "scan/0190b8a2-0000-7000-8000-000000000000")]
    target: String,
    detail: Value,
}

impl From<company::AuditEntry> for AuditEntry {
    fn from(entry: company::AuditEntry) -> Self {
        Self {
            id: entry.id.0,
            at: entry.at.into(),
            actor: actor(entry.actor),
            action: entry.action,
            target: entry.target,
            detail: entry.detail,
        }
    }
}
