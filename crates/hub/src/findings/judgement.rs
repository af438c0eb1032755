//! What a person decides about findings: one at a time here, many at once in [`bulk`](super::bulk), what was approved in
//! [`approvals`](super::approvals). All go through [`carry_out`], so the same rule holds and the same rows are written
//! whoever decides and however many findings it is about.

use std::collections::HashMap;

use scanhelm_core::finding::approval::Approval;
use scanhelm_core::finding::comment::Comment;
use scanhelm_core::finding::sla::stops_clock;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{Finding, FindingState, may_transition};
use scanhelm_core::ids::{ApprovalId, CommentId, CompanyId, FindingId, UserId};
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::text::clean;
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};
use scanhelm_store::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{FindingView, Findings};
use crate::Hub;
use crate::rating::rate_again;

/// A state and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub to: FindingState,
    /// Required for everything that takes a finding out of the queue.
    pub reason: String,
    /// Only of verdicts: from then on the finding is what its scanners say.
    pub expires_at: Option<Timestamp>,
}

/// What is to be done with findings; at least one part. A finding that one part cannot be done with is left as it is.
#[derive(Clone, Debug, Default)]
pub struct Action {
    pub judgement: Option<Judgement>,
    pub owner: Option<OwnerChoice>,
    /// To be added to each.
    pub comment: Option<String>,
}

impl From<Judgement> for Action {
    fn from(judgement: Judgement) -> Self {
        Self { judgement: Some(judgement), ..Self::default() }
    }
}

/// Who is to be the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerChoice {
    Nobody,
    /// The person who asks.
    Caller,
    User(UserId),
}

/// An action with everything settled that was settled when it was asked for; as a job keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) actor: Actor,
    /// The person behind the actor, if that is known.
    pub(super) person: Option<UserId>,
    /// A judgement that was made after this stands.
    pub(super) asked_at: Timestamp,
    /// What is written is dated so.
    pub(super) at: Timestamp,
    pub(super) judgement: Option<Judgement>,
    /// The judgement needs a second person: findings are added to this request instead.
    pub(super) approval: Option<ApprovalId>,
    pub(super) owner: Option<NewOwner>,
    pub(super) comment: Option<NewComment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NewOwner {
    Nobody,
    User(UserId),
}

impl NewOwner {
    const fn id(self) -> Option<UserId> {
        match self {
            Self::Nobody => None,
            Self::User(id) => Some(id),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NewComment {
    pub(super) body: String,
    pub(super) mentions: Vec<UserId>,
}

/// A fingerprint, and the finding of it if there is one.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) fingerprint: String,
    pub(super) finding: Option<Finding>,
}

impl From<Finding> for Subject {
    fn from(finding: Finding) -> Self {
        Self { fingerprint: finding.fingerprint.clone(), finding: Some(finding) }
    }
}

/// What became of a subject that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Changed,
    /// It was so already.
    Unchanged,
    /// It waits for a second person.
    Pending,
}

impl Done {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Pending => "pending",
        }
    }
}

impl Judgement {
    /// Cleaned, or refused for its missing reason or its time.
    pub(super) fn checked(mut self, now: Timestamp) -> Result<Self> {
        self.reason = clean(self.reason.trim(), 4000);
        if self.reason.is_empty() && self.to.needs_reason() {
            return Err(Error::field("reason", "required", "Say why: whoever finds this later will ask."));
        }
        match self.expires_at {
            Some(_) if !self.to.is_verdict() => {
                let detail = "Only what hides a finding runs out: risk_accepted, false_positive and duplicate.";
                Err(Error::field("expires_at", "not_applicable", detail))
            }
            Some(end) if end <= now => Err(Error::field("expires_at", "in_the_past", "It would have run out already.")),
            _ => Ok(self),
        }
    }
}

/// Whether people may move a finding from one state to another.
pub(super) fn require_possible(from: FindingState, to: FindingState) -> Result<()> {
    if may_transition(from, to) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::NotPossibleInState, format!("A finding that is {from} cannot become {to}.")))
}

/// Everything that a batch will write.
#[derive(Default)]
struct Writes {
    verdicts: Vec<Verdict>,
    statuses: Vec<(FindingId, FindingState, Option<Timestamp>)>,
    /// Their clocks run again; until now what is known could change without moving their due dates.
    running: Vec<FindingId>,
    pending: Vec<String>,
    owned: Vec<String>,
    comments: Vec<Comment>,
}

/// What is known of a batch.
struct Known {
    standing: HashMap<String, Verdict>,
    /// Only looked up where it matters.
    open: HashMap<String, Approval>,
    owners: HashMap<String, UserId>,
}

/// Does to each subject what the order says, and tells what became of it. The caller commits.
pub(super) async fn carry_out(
    hub: &Hub,
    transaction: &Transaction,
    company: CompanyId,
    order: &Order,
    subjects: &[Subject],
) -> Result<Vec<Result<Done>>> {
    let prints: Vec<String> = subjects.iter().map(|subject| subject.fingerprint.clone()).collect();
    let mut known = Known { standing: HashMap::new(), open: HashMap::new(), owners: HashMap::new() };
    if order.judgement.is_some() {
        known.standing = transaction.triage_of(company, &prints).await?;
    }
    if order.approval.is_some() {
        known.open = transaction.open_approvals_of(company, &prints).await?;
    }
    if order.owner.is_some() {
        known.owners = transaction.owners_of(company, &prints).await?;
    }
    let mut writes = Writes::default();
    let decided = subjects.iter().map(|subject| decide(hub, company, order, subject, &known, &mut writes)).collect();
    transaction.save_verdicts(company, &writes.verdicts).await?;
    transaction.set_finding_status(&writes.statuses).await?;
    rate_again(transaction, company, &writes.running).await?;
    if let Some(approval) = order.approval {
        transaction.add_to_approval(company, approval, &writes.pending).await?;
    }
    if let Some(owner) = order.owner {
        transaction.set_owners(company, &writes.owned, owner.id(), order.actor, order.at).await?;
    }
    transaction.insert_comments(&writes.comments).await?;
    Ok(decided)
}

fn decide(
    hub: &Hub,
    company: CompanyId,
    order: &Order,
    subject: &Subject,
    known: &Known,
    writes: &mut Writes,
) -> Result<Done> {
    let print = &subject.fingerprint;
    let mut done = Done::Unchanged;
    if let Some(judgement) = &order.judgement {
        done = judge(order, judgement, subject, known)?;
        let to = judgement.to;
        match done {
            Done::Unchanged => {}
            Done::Pending => writes.pending.push(print.clone()),
            Done::Changed => {
                writes.verdicts.push(Verdict {
                    fingerprint: print.clone(),
                    state: to,
                    reason: Some(judgement.reason.clone()).filter(|reason| !reason.is_empty()),
                    actor: order.actor,
                    at: order.at,
                    expires_at: judgement.expires_at,
                });
                let resolved_at = to.is_resolved().then_some(order.at);
                if let Some(finding) = &subject.finding {
                    writes.statuses.push((finding.id, to, resolved_at));
                    writes.running.extend((stops_clock(finding.status) && !stops_clock(to)).then_some(finding.id));
                }
            }
        }
    }
    let touched = |done| if done == Done::Pending { Done::Pending } else { Done::Changed };
    if order.owner.is_some_and(|owner| known.owners.get(print).copied() != owner.id()) {
        writes.owned.push(print.clone());
        done = touched(done);
    }
    if let Some(comment) = &order.comment {
        writes.comments.push(Comment {
            id: CommentId::new(hub.ids()),
            company_id: company,
            fingerprint: print.clone(),
            author: order.actor,
            person: order.person,
            body: Some(comment.body.clone()),
            mentions: comment.mentions.clone(),
            created_at: order.at,
            edited_at: None,
            deleted_at: None,
        });
        done = touched(done);
    }
    Ok(done)
}

fn judge(order: &Order, judgement: &Judgement, subject: &Subject, known: &Known) -> Result<Done> {
    let standing = known.standing.get(&subject.fingerprint);
    if standing.is_some_and(|standing| standing.at > order.asked_at) {
        return Err(Error::new(
            ErrorCode::Conflict,
            "Somebody judged it after this was asked for; that judgement stands.",
        ));
    }
    if judgement.expires_at.is_some_and(|end| end <= order.at) {
        return Err(Error::new(ErrorCode::Conflict, "The judgement would have run out already."));
    }
    let from = match (&subject.finding, standing) {
        (Some(finding), _) => finding.status,
        (None, Some(verdict)) if !verdict.has_run_out(order.at) => verdict.state,
        (None, _) => FindingState::Open,
    };
    if from == judgement.to {
        return Ok(Done::Unchanged);
    }
    require_possible(from, judgement.to)?;
    if order.approval.is_none() {
        return Ok(Done::Changed);
    }
    match known.open.get(&subject.fingerprint) {
        None => Ok(Done::Pending),
        Some(open) => {
            let detail = format!("It waits for an approval to become {} already (approval {}).", open.to, open.id);
            Err(Error::new(ErrorCode::Conflict, detail))
        }
    }
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
        self.act(grant, id, Judgement { to, reason: reason.to_owned(), expires_at }.into()).await
    }

    /// Judges one finding, gives it an owner, or both. A judgement that needs a second person leaves its state as it is:
    /// the view then shows the request.
    pub async fn act(&self, grant: &Grant, id: FindingId, action: Action) -> Result<FindingView> {
        grant.require(Permission::FindingRead)?;
        let present = self.hub.store().finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        grant.require(Permission::FindingTriage)?;
        let to = action.judgement.as_ref().map(|judgement| judgement.to);
        if let Some(to) = to {
            require_possible(present.status, to)?;
        }
        let (order, request) = self.settled(grant, action).await?;
        let transaction = self.hub.store().begin().await?;
        // An import that is writing it goes first; what it made of the finding is what is judged.
        transaction.take_import_turn(grant.company).await?;
        let finding = transaction.finding(grant.company, id).await?.ok_or_else(Error::not_found)?;
        if let Some(to) = to {
            require_possible(finding.status, to)?;
        }
        let title = finding.title.clone();
        let detail = json!({
            "from": finding.status.as_str(), "to": to.map(FindingState::as_str), "approval_id": order.approval,
            "owner": order.owner, "comment": order.comment.is_some(),
        });
        self.judge_one(&transaction, grant, &order, request, finding.into(), &title).await?;
        let target = format!("finding/{id}");
        let action = if to.is_some() { "finding.transition" } else { "finding.update" };
        transaction.append_audit(&self.hub.audit_entry(grant, action, target, detail)).await?;
        transaction.commit().await?;
        self.hub.committed();
        self.get(grant, id).await
    }

    /// One subject with its request, if it needs one.
    pub(super) async fn judge_one(
        &self,
        transaction: &Transaction,
        grant: &Grant,
        order: &Order,
        request: Option<Approval>,
        subject: Subject,
        title: &str,
    ) -> Result<Done> {
        if let Some(request) = &request {
            transaction.insert_approval(request).await?;
        }
        let finding = subject.finding.as_ref().map(|finding| finding.id);
        let decided = carry_out(self.hub, transaction, grant.company, order, &[subject]).await?;
        let done = decided.into_iter().next().unwrap_or(Ok(Done::Unchanged))?;
        if let Some(mut request) = request {
            let findings = u64::from(done == Done::Pending);
            self.hub.open_request(transaction, &mut request, findings, title).await?;
        }
        if let Some(comment) = &order.comment {
            self.hub.tell_mentioned(transaction, grant.company, order.actor, comment, finding, title).await?;
        }
        Ok(done)
    }

    /// Looks an action through: what it says must make sense, its owner must be a member, and a judgement that needs a
    /// second person gets its request, which is not stored yet.
    pub(super) async fn settled(&self, grant: &Grant, action: Action) -> Result<(Order, Option<Approval>)> {
        let store = self.hub.store();
        let now = self.hub.now();
        let Action { judgement, owner, comment } = action;
        if judgement.is_none() && owner.is_none() && comment.is_none() {
            return Err(Error::field("action", "required", "Say what to do: `to`, `owner` or `comment`."));
        }
        let judgement = judgement.map(|judgement| judgement.checked(now)).transpose()?;
        let person = store.person_behind(grant.company, grant.actor).await?;
        let owner = match owner {
            Some(owner) => Some(self.member(grant, owner, person).await?),
            None => None,
        };
        let comment = match comment {
            Some(body) => Some(self.written(grant.company, &body).await?),
            None => None,
        };
        let mut order =
            Order { actor: grant.actor, person, asked_at: now, at: now, judgement, approval: None, owner, comment };
        let request = self.request_for(grant, &order).await?;
        order.approval = request.as_ref().map(|request| request.id);
        Ok((order, request))
    }

    /// The member that a choice means; `None` for nobody.
    pub(crate) async fn owner_meant(&self, grant: &Grant, choice: OwnerChoice) -> Result<Option<UserId>> {
        let person = self.hub.store().person_behind(grant.company, grant.actor).await?;
        Ok(self.member(grant, choice, person).await?.id())
    }

    async fn member(&self, grant: &Grant, owner: OwnerChoice, person: Option<UserId>) -> Result<NewOwner> {
        let id = match owner {
            OwnerChoice::Nobody => return Ok(NewOwner::Nobody),
            OwnerChoice::User(id) => Some(id),
            OwnerChoice::Caller => person,
        };
        let Some(id) = id else {
            let detail = "It is not known which person stands behind this API key. Name the owner by id.";
            return Err(Error::field("owner", "unknown", detail));
        };
        if self.hub.store().role_of(id, grant.company).await?.is_none() {
            // The same for nobody and for somebody of another company.
            return Err(Error::field("owner", "unknown", "No member of this company has this id."));
        }
        Ok(NewOwner::User(id))
    }
}
