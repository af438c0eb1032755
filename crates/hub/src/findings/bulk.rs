//! Judging many findings at once, as a durable job. Which they are is settled when it is asked for, so that nobody
//! judges what they have not seen; each is judged by itself, so that one that cannot be changed stops no other.
//!
//! The job may run twice. A verdict carries the time at which the job was asked for: one that stands with that time is
//! the job's own and is not written again, and a later one is somebody else's and is left alone.

use std::collections::HashMap;

use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::{FindingId, JobId};
use scanhelm_core::job::Job;
use scanhelm_core::permission::{Actor, Grant, Permission, Role};
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::{FindingFilter, Transaction, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Findings;
use super::judgement::{Judgement, judged_later, require_possible, write};
use crate::Hub;
use crate::jobs::{JobContext, Outcome};

pub(crate) const JUDGE_JOB: &str = "judge_findings";

/// Of one order.
const MOST: usize = 10_000;
/// Of one transaction.
const AT_ONCE: usize = 200;

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

#[derive(Serialize, Deserialize)]
struct Payload {
    ids: Vec<FindingId>,
    judgement: Judgement,
    actor: Actor,
}

/// What became of one finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum RowResult {
    Changed,
    /// It was so already.
    Unchanged,
    Refused,
}

#[derive(Debug, Serialize)]
struct Row {
    id: FindingId,
    result: RowResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<ErrorCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Row {
    const fn of(id: FindingId, result: RowResult) -> Self {
        Self { id, result, code: None, reason: None }
    }

    fn refused(id: FindingId, error: Error) -> Self {
        Self { id, result: RowResult::Refused, code: Some(error.code), reason: Some(error.detail) }
    }
}

impl Findings<'_> {
    /// Records the order. The job's result tells what became of every finding, and why not.
    pub async fn judge(&self, grant: &Grant, selection: Selection, judgement: Judgement) -> Result<OrderedJudging> {
        grant.require(Permission::FindingRead)?;
        grant.require(Permission::FindingTriage)?;
        if matches!(judgement.to, FindingState::Fixed | FindingState::NotSeen) {
            let detail = format!("Only an import can find that something is {}.", judgement.to);
            return Err(Error::field("action.to", "system_written", detail));
        }
        let judgement = judgement.checked()?;
        let ids = match selection {
            Selection::These(mut ids) => {
                if ids.is_empty() {
                    return Err(Error::field("ids", "required", "Name at least one finding."));
                }
                ids.sort_unstable();
                ids.dedup();
                ids
            }
            Selection::Matching(filter) => {
                let limit = u32::try_from(MOST + 1).map_err(Error::internal)?;
                self.hub.store().finding_ids(grant.company, &filter, limit).await?
            }
        };
        if ids.len() > MOST {
            let detail = format!("More than {MOST} findings at once. Narrow the filter, or do it in parts.");
            return Err(Error::field("ids", "too_many", detail));
        }
        let selected = ids.len() as u64;
        let to = judgement.to;
        let payload = Payload { ids, judgement, actor: grant.actor };
        let payload = serde_json::to_value(&payload).map_err(Error::internal)?;
        let job = self.hub.new_job(grant.company, JUDGE_JOB, payload);
        let transaction = self.hub.store().begin().await?;
        let job_id = transaction.enqueue(&job, self.hub.now()).await?;
        let detail = json!({"to": to.as_str(), "selected": selected});
        let entry = self.hub.audit_entry(grant, "finding.judge_many", format!("job/{job_id}"), detail);
        transaction.append_audit(&entry).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(OrderedJudging { job_id, selected })
    }
}

pub(crate) async fn run_judging(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(Error::internal)?;
    // The right to it was asked for with the order.
    let grant = Grant { actor: payload.actor, company: job.company_id, role: Role::Analyst };
    let mut rows = Vec::with_capacity(payload.ids.len());
    for chunk in payload.ids.chunks(AT_ONCE) {
        if context.cancelled.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        if context.stopping.is_cancelled() {
            return Ok(Outcome::Continue { after: std::time::Duration::ZERO });
        }
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        rows.extend(judge_chunk(hub, &transaction, &grant, job, chunk, &payload.judgement).await?);
        transaction.commit().await?;
        let progress = json!({"done": rows.len(), "total": payload.ids.len(), "text": "findings judged"});
        hub.store().progress(&context.lease, &progress).await?;
    }
    let count = |result: RowResult| rows.iter().filter(|row| row.result == result).count();
    Ok(Outcome::Done(json!({
        "changed": count(RowResult::Changed),
        "unchanged": count(RowResult::Unchanged),
        "refused": count(RowResult::Refused),
        "rows": rows,
    })))
}

async fn judge_chunk(
    hub: &Hub,
    transaction: &Transaction,
    grant: &Grant,
    job: &Job,
    ids: &[FindingId],
    judgement: &Judgement,
) -> Result<Vec<Row>> {
    // An import that is writing the same findings goes first, and is seen.
    transaction.take_import_turn(grant.company).await?;
    let found = transaction.findings_of(grant.company, ids).await?;
    let fingerprints: Vec<String> = found.iter().map(|finding| finding.fingerprint.clone()).collect();
    let standing = transaction.triage_of(grant.company, &fingerprints).await?;
    let found: HashMap<FindingId, Finding> = found.into_iter().map(|finding| (finding.id, finding)).collect();
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(finding) = found.get(id) else {
            rows.push(Row::refused(*id, Error::not_found()));
            continue;
        };
        let verdict = judgement.verdict(finding, grant.actor, job.created_at);
        let row = match decide(finding, &verdict, standing.get(&finding.fingerprint)) {
            Ok(Decision::Judge) => match write(hub, transaction, grant, finding, &verdict).await {
                Ok(()) => Row::of(*id, RowResult::Changed),
                Err(error) if error.code == ErrorCode::Conflict => Row::refused(*id, error),
                Err(error) => return Err(error),
            },
            Ok(Decision::DoneBefore) => Row::of(*id, RowResult::Changed),
            Ok(Decision::SoAlready) => Row::of(*id, RowResult::Unchanged),
            Err(error) => Row::refused(*id, error),
        };
        rows.push(row);
    }
    Ok(rows)
}

enum Decision {
    Judge,
    /// By an earlier attempt of this job.
    DoneBefore,
    SoAlready,
}

fn decide(finding: &Finding, verdict: &Verdict, standing: Option<&Verdict>) -> Result<Decision> {
    if standing == Some(verdict) {
        return Ok(Decision::DoneBefore);
    }
    if standing.is_some_and(|standing| standing.at > verdict.at) {
        return Err(judged_later());
    }
    if finding.status == verdict.state {
        return Ok(Decision::SoAlready);
    }
    require_possible(finding, verdict.state)?;
    Ok(Decision::Judge)
}
