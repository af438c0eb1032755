//! The companies of the installation: which a caller may look at, what they are called, and whether they are active.

use scanhelm_core::company::{Company, CompanyStatus};
use scanhelm_core::ids::CompanyId;
use scanhelm_core::permission::{Grant, Permission, Role};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use serde_json::json;

use super::{Accounts, Caller};

/// Only what is `Some` changes.
#[derive(Clone, Debug, Default)]
pub struct CompanyChange {
    pub name: Option<String>,
    pub status: Option<CompanyStatus>,
}

impl Accounts<'_> {
    /// The companies a caller may switch to.
    pub async fn companies_of(&self, caller: &Caller) -> Result<Vec<Company>> {
        let Some(user) = &caller.user else {
            return Ok(vec![self.company(caller.grant.company).await?]);
        };
        if user.operator {
            return self.hub.store().companies().await;
        }
        let mut companies = Vec::new();
        for membership in self.hub.store().memberships_of_user(user.id).await? {
            companies.push(self.company(membership.company_id).await?);
        }
        companies.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(companies)
    }

    /// One of those.
    pub async fn company_of(&self, caller: &Caller, id: CompanyId) -> Result<Company> {
        self.companies_of(caller).await?.into_iter().find(|company| company.id == id).ok_or_else(Error::not_found)
    }

    pub async fn company(&self, id: CompanyId) -> Result<Company> {
        self.hub.store().company(id).await?.ok_or_else(Error::not_found)
    }

    /// An administrator renames the own company. The status is the operator's, of every company: nobody can lift their
    /// own deactivation. What follows from a status is not done here: every use case and loop reads it.
    pub async fn change_company(&self, grant: &Grant, id: CompanyId, change: CompanyChange) -> Result<Company> {
        grant.require(Permission::CompanyManage)?;
        let is_operator = grant.role == Role::Operator;
        if id != grant.company && !is_operator {
            return Err(Error::not_found());
        }
        let company = self.company(id).await?;
        if change.status.is_some() && !is_operator {
            return Err(Error::new(
                ErrorCode::PermissionDenied,
                "Only an operator of this installation activates and deactivates companies.",
            ));
        }
        let name = change.name.map(|name| single_line(&name, 120));
        if name.as_deref() == Some("") {
            return Err(Error::field("name", "required", "Name the company."));
        }
        let renamed = name.filter(|name| *name != company.name);
        let status = change.status.filter(|status| *status != company.status);
        if renamed.is_none() && status.is_none() {
            return Ok(company);
        }
        // Audited there: it is that company which changes.
        let grant = Grant { company: id, ..*grant };
        let transaction = self.hub.store().begin().await?;
        if let Some(name) = &renamed {
            transaction.rename_company(id, name).await?;
        }
        if let Some(status) = status {
            transaction.set_company_status(id, status).await?;
        }
        let detail = json!({"name": renamed, "status": status.map(CompanyStatus::as_str)});
        let entry = self.hub.audit_entry(&grant, "company.update", format!("company/{id}"), detail);
        transaction.append_audit(&entry).await?;
        transaction.commit().await?;
        self.hub.committed();
        self.company(id).await
    }
}
