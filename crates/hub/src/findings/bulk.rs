//! Doing something with many findings at once, as a durable job. Which they are is settled when it is asked for, so that
//! nobody judges what they have not seen; each is judged by itself, so that one that cannot be changed stops no other.
//!
//! The findings and what became of each are rows of their own (`job_findings`). A batch of them is done in one transaction
//! with its results, so after a crash the next attempt goes on behind the last batch, and nothing is done twice.

use std::collections::HashMap;

use scanhelm_core::finding::approval::ApprovalState;
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::{CompanyId, FindingId, JobId};
use scanhelm_core::job::Job;
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::{Error, Result};
use scanhelm_store::{FindingFilter, JobFinding, Transaction};
use serde_json::{Value, json};

use super::Findings;
use super::judgement::{Action, Done, Order, Subject, carry_out};
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome};

pub(crate) const JUDGE_JOB: &str = "judge_findings";

/// Of one order.
const MOST: u32 = 100_000;
/// Of one transaction.
const AT_ONCE: u32 = 500;
/// A result of no more findings than this shows them all; see [`Findings::judged`] for more.
const SHOWN: u32 = 500;

/// Which findings are meant.
#[derive(Clone, Debug)]
pub enum Selection {
    These(Vec<FindingId>),
    /// Whatever matches now.
    Matching(Box<FindingFilter>),
}

/// A recorded order.
#[derive(Clone, Copy, Debug)]
pub struct OrderedJudging {
    pub job_id: JobId,
    /// How many findings it will look at.
    pub selected: u64,
}

impl Findings<'_> {
    /// Records the order. What became of every finding, and why not, is told by [`judged`](Self::judged).
    pub async fn judge(
        &self,
        grant: &Grant,
        selection: Selection,
        action: impl Into<Action>,
    ) -> Result<OrderedJudging> {
        grant.require(Permission::FindingRead)?;
        grant.require(Permission::FindingTriage)?;
        let action = action.into();
        if let Some(to) = action.judgement.as_ref().map(|judgement| judgement.to)
            && matches!(to, FindingState::Fixed | FindingState::NotSeen)
        {
            let detail = format!("Only an import can find that something is {to}.");
            return Err(Error::field("action.to", "system_written", detail));
        }
        if action.judgement.as_ref().is_some_and(|judgement| judgement.to == FindingState::Suppressed) {
            let detail = "Only a suppression rule suppresses findings. Make one that matches them.";
            return Err(Error::field("action.to", "system_written", detail));
        }
        let selection = match selection {
            Selection::Matching(filter) => Selection::Matching(Box::new(filter.at(self.hub.now()))),
            these @ Selection::These(_) => these,
        };
        let (order, request) = self.settled(grant, action).await?;
        let payload = serde_json::to_value(&order).map_err(Error::internal)?;
        let job = self.hub.new_job(grant.company, JUDGE_JOB, payload);
        let transaction = self.hub.store().begin().await?;
        let job_id = transaction.enqueue(&job, self.hub.now()).await?;
        let selected = select(&transaction, grant.company, job_id, selection).await?;
        if let Some(mut request) = request {
            request.state = ApprovalState::Collecting;
            transaction.insert_approval(&request).await?;
        }
        if let Some(comment) = &order.comment {
            let what = format!("{selected} findings");
            self.hub.tell_mentioned(&transaction, grant.company, grant.actor, comment, None, &what).await?;
        }
        let detail = json!({
            "to": order.judgement.as_ref().map(|judgement| judgement.to.as_str()), "owner": order.owner,
            "comment": order.comment.is_some(), "approval_id": order.approval, "selected": selected,
        });
        let entry = self.hub.audit_entry(grant, "finding.judge_many", format!("job/{job_id}"), detail);
        transaction.append_audit(&entry).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(OrderedJudging { job_id, selected })
    }

    /// What became of the findings of an order: `changed`, `unchanged`, `pending` or `refused`; those without a result
    /// have not had their turn.
    pub async fn judged(
        &self,
        grant: &Grant,
        job: JobId,
        result: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<JobFinding>> {
        grant.require(Permission::FindingRead)?;
        self.hub.jobs().get(grant, job).await?;
        self.hub.store().job_findings(grant.company, job, result, page).await
    }
}

async fn select(transaction: &Transaction, company: CompanyId, job: JobId, selection: Selection) -> Result<u64> {
    let selected = match selection {
        Selection::These(mut ids) => {
            if ids.is_empty() {
                return Err(Error::field("ids", "required", "Name at least one finding."));
            }
            ids.sort_unstable();
            ids.dedup();
            ids.truncate(MOST as usize + 1);
            transaction.select_findings(company, job, &ids).await?;
            ids.len() as u64
        }
        Selection::Matching(filter) => transaction.select_matching(company, job, &filter, MOST + 1).await?,
    };
    if selected > u64::from(MOST) {
        let detail = format!("More than {MOST} findings at once. Narrow the filter, or do it in parts.");
        return Err(Error::field("ids", "too_many", detail));
    }
    Ok(selected)
}

pub(crate) async fn run_judging(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let order: Order = serde_json::from_value(job.payload.clone()).map_err(Error::internal)?;
    let counts = Counts::of(hub, job.id).await?;
    let (mut done, total) = (counts.done(), counts.total);
    let mut after = hub.store().last_judged(job.id).await?;
    loop {
        if context.cancelled.is_cancelled() {
            let transaction = hub.store().begin().await?;
            transaction.fence(&context.lease).await?;
            abandon(hub, &transaction, job).await?;
            transaction.commit().await?;
            return Ok(Outcome::Cancelled);
        }
        if context.stopping.is_cancelled() || hub.now() >= context.park_at {
            return Ok(Outcome::Continue { after: std::time::Duration::ZERO });
        }
        let ids = hub.store().next_to_judge(job.id, after, AT_ONCE).await?;
        let Some(last) = ids.last().copied() else {
            break;
        };
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        let results = judge_batch(hub, &transaction, job.company_id, &order, &ids).await?;
        transaction.save_job_findings(job.id, &results).await?;
        done += results.len() as u64;
        let progress = json!({"done": done, "total": total, "text": "findings judged"});
        transaction.save_progress(&context.lease, &progress).await?;
        failpoint::hit("judging.batch.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("judging.batch.after_commit").await;
        after = Some(last);
    }
    let counts = Counts::of(hub, job.id).await?;
    if let Some(approval) = order.approval {
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        if let Some(mut request) = transaction.approval_to_decide(job.company_id, approval).await?
            && request.state == ApprovalState::Collecting
        {
            let what = format!("{} findings", counts.pending);
            hub.open_request(&transaction, &mut request, counts.pending, &what).await?;
        }
        transaction.commit().await?;
    }
    counts.result(hub, job, order.approval.map(|id| id.to_string())).await.map(Outcome::Done)
}

/// A cancelled order leaves no request behind: nobody asked for the part of it that had been gathered.
pub(crate) async fn abandon(hub: &Hub, transaction: &Transaction, job: &Job) -> Result<()> {
    let order: Order = serde_json::from_value(job.payload.clone()).map_err(Error::internal)?;
    let Some(approval) = order.approval else {
        return Ok(());
    };
    match transaction.approval_to_decide(job.company_id, approval).await? {
        Some(mut request) if request.state == ApprovalState::Collecting => {
            let why = Some("The order was cancelled before its findings were gathered.".to_owned());
            hub.end_request(transaction, &mut request, ApprovalState::Withdrawn, Actor::System, why).await
        }
        _ => Ok(()),
    }
}

async fn judge_batch(
    hub: &Hub,
    transaction: &Transaction,
    company: CompanyId,
    order: &Order,
    ids: &[FindingId],
) -> Result<Vec<JobFinding>> {
    // An import that is writing the same findings goes first, and is seen.
    transaction.take_import_turn(company).await?;
    let found = transaction.findings_of(company, ids).await?;
    let mut found: HashMap<FindingId, Finding> = found.into_iter().map(|finding| (finding.id, finding)).collect();
    let subjects: Vec<Subject> = ids.iter().filter_map(|id| found.remove(id)).map(Subject::from).collect();
    let decided = carry_out(hub, transaction, company, order, &subjects).await?;
    let mut results: HashMap<FindingId, Result<Done>> =
        subjects.into_iter().filter_map(|subject| subject.finding).map(|finding| finding.id).zip(decided).collect();
    Ok(ids.iter().map(|id| row(*id, results.remove(id).unwrap_or_else(|| Err(Error::not_found())))).collect())
}

fn row(finding_id: FindingId, decided: Result<Done>) -> JobFinding {
    let (result, code, reason) = told(decided);
    JobFinding { finding_id, result: Some(result), code, reason }
}

/// The words of what became of a finding: the result, and of a refusal its code and reason.
pub(super) fn told(decided: Result<Done>) -> (String, Option<String>, Option<String>) {
    match decided {
        Ok(done) => (done.as_str().to_owned(), None, None),
        Err(Error { code, detail, .. }) => ("refused".to_owned(), Some(code.as_str().to_owned()), Some(detail)),
    }
}

#[derive(Default)]
struct Counts {
    changed: u64,
    unchanged: u64,
    pending: u64,
    refused: u64,
    total: u64,
}

impl Counts {
    async fn of(hub: &Hub, job: JobId) -> Result<Self> {
        let mut counts = Self::default();
        for (result, findings) in hub.store().job_finding_counts(job).await? {
            counts.total += findings;
            match result.as_deref() {
                Some("changed") => counts.changed = findings,
                Some("unchanged") => counts.unchanged = findings,
                Some("pending") => counts.pending = findings,
                Some("refused") => counts.refused = findings,
                _ => {}
            }
        }
        Ok(counts)
    }

    const fn done(&self) -> u64 {
        self.changed + self.unchanged + self.pending + self.refused
    }

    async fn result(&self, hub: &Hub, job: &Job, approval: Option<String>) -> Result<Value> {
        let mut result = json!({
            "changed": self.changed,
            "unchanged": self.unchanged,
            "pending": self.pending,
            "refused": self.refused,
            "approval_id": approval,
            "results_url": format!("/api/v1/jobs/{}/results", job.id),
        });
        if self.total <= u64::from(SHOWN)
            && let Value::Object(result) = &mut result
        {
            let page = PageRequest { limit: SHOWN, cursor: None, sort: scanhelm_core::page::Sort::parse("id") };
            let rows = hub.store().job_findings(job.company_id, job.id, None, &page).await?.items;
            result.insert("rows".to_owned(), rows.into_iter().map(shown).collect());
        }
        Ok(result)
    }
}

fn shown(row: JobFinding) -> Value {
    let parts = [("result", row.result), ("code", row.code), ("reason", row.reason)];
    let parts = parts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
    Value::Object(parts.chain([("id".to_owned(), json!(row.finding_id))]).collect())
}

#[cfg(test)]
mod tests {
    use scanhelm_core::ErrorCode;

    use super::*;

    #[test]
    fn a_refusal_tells_its_code_and_why() {
        let (result, code, reason) = told(Err(Error::new(ErrorCode::Conflict, "later")));
        assert_eq!((result.as_str(), code.as_deref(), reason.as_deref()), ("refused", Some("conflict"), Some("later")));
        assert_eq!(told(Ok(Done::Pending)), ("pending".to_owned(), None, None));
    }
}
