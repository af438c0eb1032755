//! Who is calling: API keys, console sessions, and the first user.
//!
//! Secrets that we issue are 256 random bits and are kept as SHA-256 only; passwords are argon2id. A look-up is by
//! digest, so its time tells nothing about the secret.

mod api_keys;
mod audit;
mod companies;
mod passwords;
mod sessions;
mod setup;

pub use api_keys::IssuedApiKey;
pub use companies::CompanyChange;
use scanhelm_core::company::User;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_core::{Error, ErrorCode, Result};
pub use sessions::OpenedSession;
pub use setup::{Bootstrapped, NewInstallation};
use sha2::{Digest, Sha256};

use crate::Hub;

/// Use cases about callers.
#[derive(Clone, Copy, Debug)]
pub struct Accounts<'hub> {
    pub(crate) hub: &'hub Hub,
}

/// A caller who has proven who they are.
#[derive(Clone, Debug)]
pub struct Caller {
    pub grant: Grant,
    /// Present for people; a program's key stands for itself.
    pub user: Option<User>,
}

impl Accounts<'_> {
    /// The user's rights in one company; unknown and foreign companies look the same.
    async fn grant_of(&self, user: &User, company: CompanyId) -> Result<Grant> {
        let actor = Actor::User(user.id);
        if self.hub.store().company(company).await?.is_none() {
            return Err(Error::not_found());
        }
        if user.operator {
            return Ok(Grant { actor, company, role: Role::Operator });
        }
        let role = self.hub.store().role_of(user.id, company).await?.ok_or_else(Error::not_found)?;
        Ok(Grant { actor, company, role })
    }
}

pub(crate) fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn unauthenticated(detail: &str) -> Error {
    Error::new(ErrorCode::Unauthenticated, detail)
}
