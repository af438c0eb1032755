//! Console sessions: a random cookie token, kept as SHA-256, bound to a user and the company being looked at.

use scanhelm_core::Result;
use scanhelm_core::company::Session;
use scanhelm_core::credential::Secret;
use scanhelm_core::ids::CompanyId;

use super::{Accounts, Caller, passwords, sha256, unauthenticated};
use crate::system::random_token;

/// A fresh log-in. `token` goes into the cookie.
#[derive(Debug)]
pub struct OpenedSession {
    pub token: Secret,
    pub session: Session,
    pub caller: Caller,
}

impl Accounts<'_> {
    /// Logs a person in. An unknown address and a wrong password are the same answer in the same time.
    pub async fn log_in(&self, email: &str, password: &str) -> Result<OpenedSession> {
        let refused = || unauthenticated("E-mail address or password is wrong.");
        let user = self.hub.store().user_by_email(&email.trim().to_lowercase()).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.clone());
        let right = passwords::verify(password.to_owned(), stored).await?;
        let user = user.filter(|_| right).ok_or_else(refused)?;
        let company = match self.hub.store().memberships_of_user(user.id).await?.first() {
            Some(membership) => membership.company_id,
            None if user.operator => {
                self.hub.store().companies().await?.first().map(|company| company.id).ok_or_else(refused)?
            }
            None => return Err(refused()),
        };
        let grant = self.grant_of(&user, company).await?;
        let token = random_token();
        let now = self.hub.now();
        let session = Session {
            sha256: sha256(&token),
            user_id: user.id,
            company_id: company,
            created_at: now,
            expires_at: now.plus(self.hub.settings().auth.session),
        };
        let transaction = self.hub.store().begin().await?;
        transaction.delete_expired_sessions(now).await?;
        transaction.insert_session(&session).await?;
        transaction.append_audit(&self.audit(&grant, "session.open", format!("user/{}", user.id))).await?;
        transaction.commit().await?;
        Ok(OpenedSession { token: Secret::new(token), session, caller: Caller { grant, user: Some(user) } })
    }

    /// Who holds this cookie.
    pub async fn by_session(&self, token: &str) -> Result<Caller> {
        let refused = || unauthenticated("The session has ended. Log in again.");
        let session = self.hub.store().session_by_sha256(&sha256(token)).await?.ok_or_else(refused)?;
        if session.expires_at <= self.hub.now() {
            return Err(refused());
        }
        let user = self.hub.store().user(session.user_id).await?.ok_or_else(refused)?;
        let grant = self.grant_of(&user, session.company_id).await.map_err(|_| refused())?;
        Ok(Caller { grant, user: Some(user) })
    }

    /// Looks at another company with the same log-in.
    pub async fn switch_company(&self, token: &str, company: CompanyId) -> Result<Caller> {
        let caller = self.by_session(token).await?;
        let user = caller.user.clone().ok_or_else(|| unauthenticated("Log in again."))?;
        let grant = self.grant_of(&user, company).await?;
        let transaction = self.hub.store().begin().await?;
        transaction.set_session_company(&sha256(token), company).await?;
        transaction.append_audit(&self.audit(&grant, "session.switch_company", format!("user/{}", user.id))).await?;
        transaction.commit().await?;
        Ok(Caller { grant, user: Some(user) })
    }

    /// Ends a session; ending one that is over is fine.
    pub async fn log_out(&self, token: &str) -> Result<()> {
        let transaction = self.hub.store().begin().await?;
        transaction.delete_session(&sha256(token)).await?;
        transaction.commit().await
    }
}
