//! The first company and the first user.
//!
//! A hub without users offers a one-time token (printed and written to `DATA/setup-url`); whoever has it sets up the
//! installation in the browser. `scanhelm admin bootstrap` does the same without one.

use scanhelm_core::company::{Company, CompanyStatus, Membership, User};
use scanhelm_core::credential::Secret;
use scanhelm_core::ids::{CompanyId, UserId};
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, FieldError, Result};

use super::{Accounts, passwords, sha256};
use crate::system::random_token;

const TOKEN_KEY: &str = "setup_token_sha256";
const FIRST_USER_KEY: &str = "first_user";

/// What the first person enters.
#[derive(Clone, Debug)]
pub struct NewInstallation {
    pub company: String,
    /// Empty: made from the address.
    pub name: String,
    pub email: String,
    /// `None`: a user with API keys only.
    pub password: Option<Secret>,
}

/// What was made.
#[derive(Debug)]
pub struct Bootstrapped {
    pub company: Company,
    pub user: User,
    /// An administrator's key; shown once.
    pub api_key: Secret,
}

impl Accounts<'_> {
    /// A new one-time set-up token when there is no user yet; any earlier one stops working.
    pub async fn offer_setup(&self) -> Result<Option<Secret>> {
        if self.hub.store().count_users().await? > 0 {
            return Ok(None);
        }
        let token = random_token();
        let transaction = self.hub.store().begin().await?;
        transaction.set_meta(TOKEN_KEY, &hex::encode(sha256(&token))).await?;
        transaction.commit().await?;
        Ok(Some(Secret::new(token)))
    }

    /// Whether the console should show the set-up page.
    pub async fn needs_setup(&self) -> Result<bool> {
        Ok(self.hub.store().count_users().await? == 0)
    }

    /// Sets the installation up from the browser.
    pub async fn set_up(&self, token: &str, installation: NewInstallation) -> Result<Bootstrapped> {
        let offered = self.hub.store().meta(TOKEN_KEY).await?;
        if offered.as_deref() != Some(hex::encode(sha256(token)).as_str()) {
            return Err(super::unauthenticated(
                "The set-up link is wrong or was used. The hub prints a new one when it starts without users.",
            ));
        }
        if installation.password.is_none() {
            return Err(Error::field("password", "required", "Choose a password."));
        }
        let bootstrapped = self.bootstrap(installation).await?;
        let transaction = self.hub.store().begin().await?;
        transaction.set_meta(TOKEN_KEY, "used").await?;
        transaction.commit().await?;
        Ok(bootstrapped)
    }

    /// Makes the first company and its administrator, who also operates the installation. Refused once there is a
    /// user.
    pub async fn bootstrap(&self, installation: NewInstallation) -> Result<Bootstrapped> {
        if self.hub.store().count_users().await? > 0 {
            return Err(already_set_up());
        }
        self.add_company(installation, true).await
    }

    /// Makes a further company with its own administrator.
    pub async fn create_company(&self, grant: &Grant, installation: NewInstallation) -> Result<Bootstrapped> {
        if grant.role != Role::Operator {
            return Err(Error::new(
                ErrorCode::PermissionDenied,
                "Only the operator of the installation adds companies.",
            ));
        }
        self.add_company(installation, false).await
    }

    async fn add_company(&self, installation: NewInstallation, operator: bool) -> Result<Bootstrapped> {
        let company_name = single_line(&installation.company, 120);
        let email = installation.email.trim().to_lowercase();
        check(&company_name, &email)?;
        let password_hash = match &installation.password {
            Some(password) => {
                passwords::check(password.expose())?;
                Some(passwords::hash(password.expose().to_owned()).await?)
            }
            None => None,
        };
        let now = self.hub.now();
        let ids = self.hub.ids();
        let company =
            Company { id: CompanyId::new(ids), name: company_name, status: CompanyStatus::Active, created_at: now };
        let name = single_line(&installation.name, 120);
        let name = if name.is_empty() { email.split('@').next().unwrap_or_default().to_owned() } else { name };
        let user = User { id: UserId::new(ids), email, name, password_hash, operator, created_at: now };
        let grant = Grant { actor: Actor::User(user.id), company: company.id, role: Role::Admin };
        let issued = self.new_api_key(&grant, Some(user.id), "bootstrap".to_owned(), Role::Admin, None);
        let transaction = self.hub.store().begin().await?;
        // Two people may follow the same set-up link at once: the row decides who was first.
        if operator && transaction.init_meta(FIRST_USER_KEY, &user.id.to_string()).await? != user.id.to_string() {
            return Err(already_set_up());
        }
        transaction.insert_company(&company).await?;
        transaction.insert_user(&user).await?;
        transaction
            .upsert_membership(&Membership { user_id: user.id, company_id: company.id, role: Role::Admin })
            .await?;
        transaction.insert_api_key(&issued.key).await?;
        transaction.append_audit(&self.audit(&grant, "company.create", format!("company/{}", company.id))).await?;
        transaction.commit().await?;
        Ok(Bootstrapped { company, user, api_key: issued.secret })
    }
}

fn already_set_up() -> Error {
    let detail = "This installation has users already. Log in and add more in the console.";
    Error::new(ErrorCode::AlreadySetUp, detail)
}

fn check(company: &str, email: &str) -> Result<()> {
    let mut fields = Vec::new();
    if company.is_empty() {
        fields.push(FieldError {
            field: "company".to_owned(),
            code: "required",
            detail: "Name your company or team.".to_owned(),
        });
    }
    let shaped = email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if !shaped || email.contains(char::is_whitespace) {
        fields.push(FieldError {
            field: "email".to_owned(),
            code: "malformed",
            detail: "This is not an e-mail address.".to_owned(),
        });
    }
    if fields.is_empty() { Ok(()) } else { Err(Error::fields(fields)) }
}
