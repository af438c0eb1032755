//! Requests for judgements that need a second person, and the policy that says which do. Whether somebody may decide is
//! `core`'s rule; here the decision is stored together with what follows from it.
//!
//! What was approved is carried out finding by finding. One that was fixed, judged or otherwise changed meanwhile is
//! refused with its reason and stops no other. A large request is carried out by a job, a batch in a transaction with its
//! outcomes, so a crash repeats nothing.

use std::collections::HashMap;
use std::time::Duration;

use scanhelm_core::finding::Finding;
use scanhelm_core::finding::approval::{Approval, ApprovalState, Policy, unknown_person};
use scanhelm_core::ids::{ApprovalId, CompanyId};
use scanhelm_core::job::{Job, NewJob};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::text::clean;
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::{ApprovalFinding, Transaction};
use serde_json::json;

use super::Findings;
use super::bulk::told;
use super::judgement::{Judgement, Order, Subject, carry_out};
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome};
use crate::notifications;

pub(crate) const APPROVAL_JOB: &str = "carry_out_approval";

/// Findings that are changed in one transaction. A request of no more is carried out with its approval.
const AT_ONCE: u32 = 500;

/// A request and what became of its findings so far.
#[derive(Clone, Debug)]
pub struct ApprovalView {
    pub approval: Approval,
    /// How many by outcome; `None` is open. Only of one that is looked at by itself.
    pub outcomes: Vec<(Option<String>, u64)>,
}

/// A finding of a request. The finding itself may be gone: what is kept belongs to the fingerprint.
#[derive(Clone, Debug)]
pub struct ApprovalRow {
    pub row: ApprovalFinding,
    pub finding: Option<Finding>,
}

/// Only what is `Some` changes.
#[derive(Clone, Debug, Default)]
pub struct PolicyChange {
    pub states: Option<Vec<scanhelm_core::finding::FindingState>>,
    pub request_days: Option<u32>,
}

/// The policy, and how many members could decide a request.
#[derive(Clone, Debug)]
pub struct PolicyView {
    pub policy: Policy,
    pub approvers: u64,
}

impl Findings<'_> {
    pub async fn policy(&self, grant: &Grant) -> Result<PolicyView> {
        grant.require(Permission::FindingRead)?;
        let policy = self.hub.store().triage_policy(grant.company).await?;
        let members = self.hub.store().users(grant.company).await?;
        let approvers = members.iter().filter(|(_, role)| role.allows(Permission::FindingApprove)).count() as u64;
        Ok(PolicyView { policy, approvers })
    }

    /// Counts for what is asked for from now on; open requests stay as they are.
    pub async fn change_policy(
        &self,
        grant: &Grant,
        change: PolicyChange,
        expected_version: Option<i64>,
    ) -> Result<PolicyView> {
        let PolicyView { policy: before, .. } = self.policy(grant).await?;
        grant.require(Permission::CompanyManage)?;
        if expected_version.is_some_and(|expected| expected != before.version) {
            let detail = "The policy changed since you read it. Read it again and repeat.";
            return Err(Error::new(ErrorCode::StaleVersion, detail));
        }
        let policy = Policy {
            states: change.states.unwrap_or_else(|| before.states.clone()),
            request_days: change.request_days.unwrap_or(before.request_days),
            version: before.version,
        }
        .checked()?;
        let transaction = self.hub.store().begin().await?;
        transaction.save_triage_policy(grant.company, &policy).await?;
        let detail = json!({
            "before": before.states, "approval_states": policy.states, "request_days": policy.request_days,
        });
        let target = format!("company/{}", grant.company);
        transaction.append_audit(&self.hub.audit_entry(grant, "triage_policy.update", target, detail)).await?;
        transaction.commit().await?;
        self.policy(grant).await
    }

    pub async fn approvals(
        &self,
        grant: &Grant,
        state: Option<ApprovalState>,
        page: &PageRequest,
    ) -> Result<Page<ApprovalView>> {
        grant.require(Permission::FindingRead)?;
        let listed = self.hub.store().approvals(grant.company, state, page).await?;
        Ok(listed.map(|approval| ApprovalView { approval, outcomes: Vec::new() }))
    }

    pub async fn approval(&self, grant: &Grant, id: ApprovalId) -> Result<ApprovalView> {
        grant.require(Permission::FindingRead)?;
        let approval = self.hub.store().approval(grant.company, id).await?.ok_or_else(Error::not_found)?;
        let outcomes = self.hub.store().approval_outcomes(id).await?;
        Ok(ApprovalView { approval, outcomes })
    }

    pub async fn approval_findings(
        &self,
        grant: &Grant,
        id: ApprovalId,
        page: &PageRequest,
    ) -> Result<Page<ApprovalRow>> {
        self.approval(grant, id).await?;
        let listed = self.hub.store().approval_findings(grant.company, id, page).await?;
        let prints: Vec<String> = listed.items.iter().map(|row| row.fingerprint.clone()).collect();
        let mut found = self.hub.store().findings_by_fingerprint(grant.company, &prints).await?;
        Ok(listed.map(|row| ApprovalRow { finding: found.remove(&row.fingerprint), row }))
    }

    /// Has it carried out, at once or, when it is about many findings, by a job.
    pub async fn approve(&self, grant: &Grant, id: ApprovalId, reason: &str) -> Result<ApprovalView> {
        let (transaction, mut approval) = self.decidable(grant, id).await?;
        let reason = clean(reason.trim(), 4000);
        self.hub.decided(
            &mut approval,
            ApprovalState::Approved,
            grant.actor,
            Some(reason).filter(|text| !text.is_empty()),
        );
        transaction.save_approval(&approval).await?;
        let some = transaction.undecided_findings(id, AT_ONCE + 1).await?;
        if some.len() <= AT_ONCE as usize {
            carry_out_batch(self.hub, &transaction, &approval, some).await?;
        } else {
            let job = NewJob {
                dedup_key: Some(format!("approval:{id}")),
                ..self.hub.new_job(grant.company, APPROVAL_JOB, json!({"approval_id": id}))
            };
            transaction.enqueue(&job, self.hub.now()).await?;
        }
        self.conclude(transaction, grant, &approval).await
    }

    /// The findings stay as they are. `reason` is required: whoever asked wants to know.
    pub async fn reject(&self, grant: &Grant, id: ApprovalId, reason: &str) -> Result<ApprovalView> {
        let (transaction, mut approval) = self.decidable(grant, id).await?;
        let reason = clean(reason.trim(), 4000);
        if reason.is_empty() {
            return Err(Error::field("reason", "required", "Say why: whoever asked wants to know."));
        }
        self.hub.end_request(&transaction, &mut approval, ApprovalState::Rejected, grant.actor, Some(reason)).await?;
        self.conclude(transaction, grant, &approval).await
    }

    /// Takes a request back; only for the person who made it.
    pub async fn withdraw(&self, grant: &Grant, id: ApprovalId) -> Result<ApprovalView> {
        self.approval(grant, id).await?;
        grant.require(Permission::FindingTriage)?;
        let person = self.hub.store().person_behind(grant.company, grant.actor).await?;
        let transaction = self.hub.store().begin().await?;
        let approval = transaction.approval_to_decide(grant.company, id).await?;
        let mut approval = approval.ok_or_else(Error::not_found)?;
        approval.require_withdrawable_by(person)?;
        self.hub.end_request(&transaction, &mut approval, ApprovalState::Withdrawn, grant.actor, None).await?;
        self.conclude(transaction, grant, &approval).await
    }

    async fn decidable(&self, grant: &Grant, id: ApprovalId) -> Result<(Transaction, Approval)> {
        self.approval(grant, id).await?;
        grant.require(Permission::FindingApprove)?;
        let person = self.hub.store().person_behind(grant.company, grant.actor).await?;
        let transaction = self.hub.store().begin().await?;
        transaction.take_import_turn(grant.company).await?;
        let approval = transaction.approval_to_decide(grant.company, id).await?.ok_or_else(Error::not_found)?;
        approval.require_decidable_by(person, self.hub.now())?;
        Ok((transaction, approval))
    }

    async fn conclude(&self, transaction: Transaction, grant: &Grant, approval: &Approval) -> Result<ApprovalView> {
        let detail = json!({"to": approval.to.as_str(), "reason": approval.decision_reason});
        let action = format!("approval.{}", approval.state.as_str());
        let target = format!("approval/{}", approval.id);
        transaction.append_audit(&self.hub.audit_entry(grant, &action, target, detail)).await?;
        if approval.state != ApprovalState::Withdrawn {
            notifications::approval_decided(self.hub, &transaction, approval).await?;
        }
        failpoint::hit("approval.decided.before_commit").await;
        transaction.commit().await?;
        self.hub.committed();
        self.approval(grant, approval.id).await
    }

    /// The request that an order needs by the company's policy.
    pub(super) async fn request_for(&self, grant: &Grant, order: &Order) -> Result<Option<Approval>> {
        let policy = self.hub.store().triage_policy(grant.company).await?;
        let Some(judgement) = order.judgement.as_ref().filter(|judgement| policy.needs_approval(judgement.to)) else {
            return Ok(None);
        };
        Ok(Some(Approval {
            id: ApprovalId::new(self.hub.ids()),
            company_id: grant.company,
            state: ApprovalState::Pending,
            to: judgement.to,
            reason: judgement.reason.clone(),
            expires_at: judgement.expires_at,
            requested_by: grant.actor,
            requester_id: order.person.ok_or_else(unknown_person)?,
            requested_at: order.asked_at,
            ends_at: order.asked_at.plus(policy.request_lasts()),
            decided_by: None,
            decided_at: None,
            decision_reason: None,
            findings: 0,
        }))
    }
}

impl Hub {
    /// The findings of a request are all there: somebody can decide it, and is told so.
    pub(super) async fn open_request(
        &self,
        transaction: &Transaction,
        approval: &mut Approval,
        findings: u64,
        what: &str,
    ) -> Result<()> {
        if findings == 0 {
            let why = Some("None of the findings could be changed.".to_owned());
            return self.end_request(transaction, approval, ApprovalState::Withdrawn, Actor::System, why).await;
        }
        approval.state = ApprovalState::Pending;
        approval.findings = findings;
        transaction.save_approval(approval).await?;
        notifications::approval_requested(self, transaction, approval, what).await
    }

    /// Ends a request without approval: its findings stay as they are.
    pub(super) async fn end_request(
        &self,
        transaction: &Transaction,
        approval: &mut Approval,
        state: ApprovalState,
        actor: Actor,
        reason: Option<String>,
    ) -> Result<()> {
        self.decided(approval, state, actor, reason);
        transaction.save_approval(approval).await?;
        transaction.end_approval_findings(approval.id, state.as_str()).await
    }

    fn decided(&self, approval: &mut Approval, state: ApprovalState, actor: Actor, reason: Option<String>) {
        approval.state = state;
        approval.decided_by = Some(actor);
        approval.decided_at = Some(self.now());
        approval.decision_reason = reason;
    }
}

/// Carries out a large request.
pub(crate) async fn run_approval(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let id = job.payload.get("approval_id").and_then(serde_json::Value::as_str).and_then(|id| id.parse().ok());
    let id: ApprovalId = id.ok_or_else(|| Error::internal("an approval job names no approval"))?;
    let Some(approval) = hub.store().approval(job.company_id, id).await? else {
        return Ok(Outcome::Failed("The request is gone.".to_owned()));
    };
    loop {
        if context.stopping.is_cancelled() || hub.now() >= context.park_at {
            return Ok(Outcome::Continue { after: Duration::ZERO });
        }
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        transaction.take_import_turn(job.company_id).await?;
        let prints = transaction.undecided_findings(id, AT_ONCE).await?;
        if prints.is_empty() {
            break;
        }
        carry_out_batch(hub, &transaction, &approval, prints).await?;
        failpoint::hit("approval.batch.before_commit").await;
        transaction.commit().await?;
    }
    let outcomes = hub.store().approval_outcomes(id).await?.into_iter();
    let outcomes: HashMap<String, u64> = outcomes.map(|(word, count)| (word.unwrap_or_default(), count)).collect();
    Ok(Outcome::Done(json!({"approval_id": id, "outcomes": outcomes})))
}

async fn carry_out_batch(
    hub: &Hub,
    transaction: &Transaction,
    approval: &Approval,
    fingerprints: Vec<String>,
) -> Result<()> {
    let company: CompanyId = approval.company_id;
    let order = Order {
        actor: approval.requested_by,
        person: Some(approval.requester_id),
        asked_at: approval.requested_at,
        at: approval.decided_at.unwrap_or_else(|| hub.now()),
        judgement: Some(Judgement {
            to: approval.to,
            reason: approval.reason.clone(),
            expires_at: approval.expires_at,
        }),
        approval: None,
        owner: None,
        comment: None,
    };
    let mut found = transaction.findings_by_fingerprint(company, &fingerprints).await?;
    let subjects: Vec<Subject> = fingerprints
        .into_iter()
        .map(|fingerprint| Subject { finding: found.remove(&fingerprint), fingerprint })
        .collect();
    let decided = carry_out(hub, transaction, company, &order, &subjects).await?;
    let results: Vec<ApprovalFinding> = subjects
        .into_iter()
        .zip(decided)
        .map(|(subject, decided)| {
            let (outcome, code, reason) = told(decided);
            ApprovalFinding { fingerprint: subject.fingerprint, outcome: Some(outcome), code, reason }
        })
        .collect();
    transaction.save_approval_findings(approval.id, &results).await
}
