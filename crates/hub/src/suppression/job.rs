//! Looking at all findings of a company again after its rules have changed: as the pass that rates them anew, page by
//! page beside everything else, with how far it has got kept in the same transactions.
//!
//! Whoever changes what rules match by raises a number. A pass serves the number it began with; if that has risen since,
//! another pass follows.

use std::time::Duration;

use scanhelm_core::Result;
use scanhelm_core::finding::suppression::Rule;
use scanhelm_core::ids::{CompanyId, FindingId, SuppressionRuleId};
use scanhelm_core::job::{Job, NewJob};
use scanhelm_store::{FindingFilter, SuppressionPass, Transaction};
use serde_json::json;

use super::settle::{decided, is_news, settle_by};
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome};
use crate::notifications;

pub(crate) const SUPPRESSION_JOB: &str = "suppression";

/// Findings of one transaction.
const PAGE: u32 = 1_000;
/// Behind whatever somebody waits for.
const PRIORITY: i32 = 30;

fn job(hub: &Hub, company: CompanyId) -> NewJob {
    let mut job = hub.new_job(company, SUPPRESSION_JOB, json!({}));
    job.dedup_key = Some(SUPPRESSION_JOB.to_owned());
    // One company after the other: all of them share the database.
    job.concurrency_key = Some(SUPPRESSION_JOB.to_owned());
    job.priority = PRIORITY;
    job
}

/// The rules of the company change with this transaction.
pub(super) async fn want(hub: &Hub, transaction: &Transaction, company: CompanyId) -> Result<()> {
    transaction.want_suppression(company).await?;
    transaction.enqueue(&job(hub, company), hub.now()).await.map(|_| ())
}

/// Gives every company whose findings were not looked at for its rules its job; how many had none.
pub(crate) async fn enqueue_due(hub: &Hub) -> Result<u64> {
    let mut enqueued = 0;
    for company in hub.store().unmatched_companies().await? {
        enqueued += u64::from(hub.enqueue_alone(&job(hub, company)).await?);
    }
    Ok(enqueued)
}

/// Rules whose time is up: whoever asked is told, and their findings are looked at again. How many there were.
pub(crate) async fn end_lapsed(hub: &Hub) -> Result<u64> {
    let mut ended = 0;
    for company in hub.store().companies_with_lapsed_rules(hub.now()).await? {
        let transaction = hub.store().begin().await?;
        let lapsed = transaction.lapse_suppression_rules(company, hub.now()).await?;
        if !lapsed.is_empty() {
            tell_of(hub, &transaction, company, &lapsed).await?;
            want(hub, &transaction, company).await?;
        }
        failpoint::hit("suppression.expiry.before_commit").await;
        transaction.commit().await?;
        hub.committed();
        ended += lapsed.len() as u64;
    }
    Ok(ended)
}

/// Of rules that were in force to their end: nobody misses the others.
async fn tell_of(hub: &Hub, transaction: &Transaction, company: CompanyId, lapsed: &[Rule]) -> Result<()> {
    let in_force: Vec<&Rule> = lapsed.iter().filter(|rule| rule.enabled && !rule.pending).collect();
    let ids: Vec<SuppressionRuleId> = in_force.iter().map(|rule| rule.id).collect();
    let suppressed = transaction.suppressed_by(company, &ids).await?;
    for rule in in_force {
        let findings = suppressed.get(&rule.id).copied().unwrap_or_default();
        notifications::suppression_rule_ran_out(hub, transaction, rule, findings).await?;
    }
    Ok(())
}

pub(crate) async fn run_suppression(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let company = job.company_id;
    let Some(mut state) = begin(hub, context, company).await? else {
        return Ok(Outcome::Done(json!({"looked_at": 0, "changed": 0})));
    };
    let total = hub.store().finding_counts(company, &FindingFilter::default()).await?.total();
    let mut changed = 0;
    loop {
        if context.cancelled.is_cancelled() {
            give_up(hub, context, company).await?;
            return Ok(Outcome::Cancelled);
        }
        if context.stopping.is_cancelled() || hub.now() >= context.park_at {
            return Ok(Outcome::Continue { after: Duration::ZERO });
        }
        let rows = hub.store().suppressible_after(company, &state.position, PAGE).await?;
        let Some(last) = rows.last() else {
            match finish(hub, context, company, &state).await? {
                Some(next) => state = next,
                None => return Ok(Outcome::Done(json!({"looked_at": state.looked_at, "changed": changed}))),
            }
            continue;
        };
        state.position.clone_from(&last.fingerprint);
        state.looked_at += rows.len() as u64;
        let rules = hub.store().active_suppression_rules(company, hub.now()).await?;
        let ids: Vec<FindingId> = rows
            .iter()
            .filter(|row| {
                let (status, by) = decided(row, &rules);
                is_news(row, status, by)
            })
            .map(|row| row.id)
            .collect();
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        if !ids.is_empty() {
            // An import that is writing them goes first, and what it wrote is what is matched, by the rules of now.
            transaction.take_import_turn(company).await?;
            let rules = transaction.active_suppression_rules(company, hub.now()).await?;
            settle_by(&transaction, company, &rules, &ids).await?;
            changed += ids.len() as u64;
        }
        transaction.save_suppression_pass(company, &state).await?;
        failpoint::hit("suppression.page.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("suppression.page.after_commit").await;
        if !ids.is_empty() {
            hub.committed();
        }
        let text = "Matching findings with suppression rules";
        let progress = json!({"done": state.looked_at, "total": total.max(state.looked_at), "text": text});
        hub.store().progress(&context.lease, &progress).await?;
    }
}

/// The pass to go on with, or a new one; `None` when there is nothing to do. In the company's turn: imports that began
/// before a new pass have written their findings, and those after it see what the pass is about.
async fn begin(hub: &Hub, context: &JobContext, company: CompanyId) -> Result<Option<SuppressionPass>> {
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    transaction.take_import_turn(company).await?;
    let state = match transaction.suppression_pass(company).await? {
        state if state.done >= state.wanted => return Ok(None),
        state if state.pass > state.done => state,
        state => pass(&state),
    };
    transaction.save_suppression_pass(company, &state).await?;
    transaction.commit().await?;
    Ok(Some(state))
}

/// A new pass, from the first finding.
fn pass(state: &SuppressionPass) -> SuppressionPass {
    SuppressionPass {
        wanted: state.wanted,
        done: state.done,
        pass: state.wanted,
        position: String::new(),
        looked_at: 0,
    }
}

/// The pass is through: the next one, where something has changed meanwhile.
async fn finish(
    hub: &Hub,
    context: &JobContext,
    company: CompanyId,
    state: &SuppressionPass,
) -> Result<Option<SuppressionPass>> {
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    transaction.take_import_turn(company).await?;
    let wanted = transaction.suppression_pass(company).await?.wanted;
    let done = SuppressionPass { wanted, done: state.pass, ..state.clone() };
    let next = (wanted > done.done).then(|| pass(&done));
    transaction.save_suppression_pass(company, next.as_ref().unwrap_or(&done)).await?;
    transaction.commit().await?;
    Ok(next)
}

/// Somebody cancelled it: what is settled is settled, the rest waits for the next change.
async fn give_up(hub: &Hub, context: &JobContext, company: CompanyId) -> Result<()> {
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    let state = transaction.suppression_pass(company).await?;
    let done = SuppressionPass { done: state.wanted, pass: state.wanted, ..state };
    transaction.save_suppression_pass(company, &done).await?;
    transaction.commit().await
}
