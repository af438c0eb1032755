//! What a person decides about findings: one at a time here, many at once in [`bulk`](super::bulk). Both go through
//! the same rule and write the same rows.

use scanhelm_core::finding::{Finding, FindingState, may_transition};
use scanhelm_core::ids::FindingId;
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::text::clean;
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};
use scanhelm_store::{Transaction, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{FindingView, Findings};
use crate::Hub;

/// A state and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judgement {
    pub to: FindingState,
    /// Required for everything that takes a finding out of the queue.
    pub reason: String,
    pub expires_at: Option<Timestamp>,
}

impl Judgement {
    /// Cleaned, or refused for its missing reason.
    pub(super) fn checked(mut self) -> Result<Self> {
        self.reason = clean(self.reason.trim(), 4000);
        if self.reason.is_empty() && !matches!(self.to, FindingState::Open | FindingState::InProgress) {
            return Err(Error::field("reason", "required", "Say why: whoever finds this later will ask."));
        }
        Ok(self)
    }

    pub(super) fn verdict(&self, finding: &Finding, actor: Actor, at: Timestamp) -> Verdict {
        Verdict {
            fingerprint: finding.fingerprint.clone(),
            state: self.to,
            reason: Some(self.reason.clone()).filter(|reason| !reason.is_empty()),
            actor,
            at,
            expires_at: self.expires_at,
        }
    }
}

/// Whether people may move this finding there.
pub(super) fn require_possible(finding: &Finding, to: FindingState) -> Result<()> {
    if may_transition(finding.status, to) {
        return Ok(());
    }
    let detail = format!("A finding that is {} cannot become {to}.", finding.status);
    Err(Error::new(ErrorCode::NotPossibleInState, detail))
}

pub(super) fn judged_later() -> Error {
    Error::new(ErrorCode::Conflict, "Somebody judged it after this was asked for; that judgement stands.")
}

/// The rows of one judgement: verdict, state and audit. [`judged_later`] when a later one stands; nothing is written
/// then.
pub(super) async fn write(
    hub: &Hub,
    transaction: &Transaction,
    grant: &Grant,
    finding: &Finding,
    verdict: &Verdict,
) -> Result<()> {
    let to = verdict.state;
    if !transaction.upsert_triage(grant.company, verdict).await? {
        return Err(judged_later());
    }
    transaction.set_finding_status(&[(finding.id, to, to.is_resolved().then_some(verdict.at))]).await?;
    let detail = json!({"from": finding.status.as_str(), "to": to.as_str()});
    transaction
        .append_audit(&hub.audit_entry(grant, "finding.transition", format!("finding/{}", finding.id), detail))
        .await
}

impl Findings<'_> {
    /// A person's judgement of one finding. `reason` is required for everything that takes it out of the queue.
    pub async fn transition(
        &self,
        grant: &Grant,
        id: FindingId,
        to: FindingState,
        reason: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<FindingView> {
        grant.require(Permission::FindingRead)?;
        let present = self.hub.store().finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        grant.require(Permission::FindingTriage)?;
        require_possible(&present, to)?;
        let judgement = Judgement { to, reason: reason.to_owned(), expires_at }.checked()?;
        let transaction = self.hub.store().begin().await?;
        // An import that is writing it goes first; what it made of the finding is what is judged.
        transaction.take_import_turn(grant.company).await?;
        let finding = transaction.finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        require_possible(&finding, to)?;
        let verdict = judgement.verdict(&finding, grant.actor, self.hub.now());
        write(self.hub, &transaction, grant, &finding, &verdict).await?;
        transaction.commit().await?;
        self.get(grant, id).await
    }
}
