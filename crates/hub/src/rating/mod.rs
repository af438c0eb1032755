//! What follows for findings from what is known beyond their scanners: risk and due date, see
//! [`scanhelm_core::finding::rating`].
//!
//! New findings are rated by the import, in its own transaction and with one look-up a batch ([`basis`]). When what
//! findings are rated by changes (a feed, a policy, the criticality of an asset), whoever changes it wants a new
//! rating in the same transaction, and a job goes through all findings of the company ([`job`]).

mod basis;
mod job;

pub(crate) use basis::{Basis, rate_again};
pub(crate) use job::{RE_RATING_JOB, enqueue_due, run_re_rating};
use scanhelm_core::Result;
use scanhelm_core::finding::sla::SlaPolicy;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, ErrorCode};
use scanhelm_store::{SlaPolicyRow, Transaction};

use crate::Hub;

/// Use cases about what findings are rated by.
#[derive(Clone, Copy, Debug)]
pub struct Ratings<'hub> {
    pub(crate) hub: &'hub Hub,
}

/// A company's policy and how far its findings follow it.
#[derive(Clone, Debug)]
pub struct SlaPolicyView {
    /// The proposal where the company never wrote one.
    pub policy: SlaPolicy,
    /// `None`: nobody has written it.
    pub written: Option<SlaPolicyRow>,
    /// Findings are still being rated by it.
    pub pending: bool,
}

impl Ratings<'_> {
    pub async fn sla_policy(&self, grant: &Grant) -> Result<SlaPolicyView> {
        grant.require(Permission::FindingRead)?;
        let written = self.hub.store().sla_policy(grant.company).await?;
        let state = self.hub.store().re_rating(grant.company).await?;
        let policy = written.as_ref().map(|row| row.policy.clone()).unwrap_or_default();
        Ok(SlaPolicyView { policy, written, pending: state.done < state.wanted })
    }

    /// `version`: the one that was read, 0 where there was none; `None` overwrites any.
    pub async fn put_sla_policy(
        &self,
        grant: &Grant,
        policy: SlaPolicy,
        version: Option<i64>,
    ) -> Result<SlaPolicyView> {
        grant.require(Permission::CompanyManage)?;
        let policy = policy.checked()?;
        let transaction = self.hub.store().begin().await?;
        if !transaction.put_sla_policy(grant.company, &policy, grant.actor, self.hub.now(), version).await? {
            let detail = "The policy has changed since it was read. Read it again.";
            return Err(Error::new(ErrorCode::StaleVersion, detail));
        }
        want(self.hub, &transaction, grant.company).await?;
        let detail = serde_json::to_value(&policy).map_err(Error::internal)?;
        let target = format!("sla_policy/{}", grant.company);
        transaction.append_audit(&self.hub.audit_entry(grant, "sla_policy.update", target, detail)).await?;
        transaction.commit().await?;
        self.hub.committed();
        self.sla_policy(grant).await
    }
}

/// What the findings of a company are rated by changes with this transaction.
pub(crate) async fn want(hub: &Hub, transaction: &Transaction, company: CompanyId) -> Result<()> {
    transaction.want_rating(company).await?;
    transaction.enqueue(&job::job(hub, company), hub.now()).await.map(|_| ())
}
