//! Rating all findings of a company anew, beside everything else: a page at a time, what has not changed is only read,
//! what has is written in a transaction of its own. How far it has got is kept with the pages, so a hub that died goes on
//! there.
//!
//! Whoever changes what findings are rated by raises a number. A pass serves the number it began with; if that has risen
//! since, another pass follows. So a change that comes at any moment is never lost, and several cost one more pass.

use std::time::Duration;

use scanhelm_core::Result;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::job::{Job, NewJob};
use scanhelm_store::{FindingFilter, ReRating};
use serde_json::json;

use super::basis::{Basis, rate_again};
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome};

pub(crate) const RE_RATING_JOB: &str = "re_rating";

/// Findings of one transaction.
const PAGE: u32 = 1_000;
/// Behind whatever somebody waits for.
const PRIORITY: i32 = 30;

pub(super) fn job(hub: &Hub, company: CompanyId) -> NewJob {
    let mut job = hub.new_job(company, RE_RATING_JOB, json!({}));
    job.dedup_key = Some(RE_RATING_JOB.to_owned());
    // One company after the other: all of them share the database.
    job.concurrency_key = Some(RE_RATING_JOB.to_owned());
    job.priority = PRIORITY;
    job
}

/// Gives every company whose findings are not rated by what is known now its job; how many had none.
pub(crate) async fn enqueue_due(hub: &Hub) -> Result<u64> {
    let mut enqueued = 0;
    for company in hub.store().unrated_companies().await? {
        enqueued += u64::from(hub.enqueue_alone(&job(hub, company)).await?);
    }
    Ok(enqueued)
}

pub(crate) async fn run_re_rating(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let company = job.company_id;
    let Some(mut state) = begin(hub, context, company).await? else {
        return Ok(Outcome::Done(json!({"rated": 0, "changed": 0})));
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
        let rows = hub.store().rated_after(company, &state.position, PAGE).await?;
        let Some(last) = rows.last() else {
            match finish(hub, context, company, &state).await? {
                Some(next) => state = next,
                None => return Ok(Outcome::Done(json!({"rated": state.rated, "changed": changed}))),
            }
            continue;
        };
        state.position.clone_from(&last.fingerprint);
        state.rated += rows.len() as u64;
        let basis = Basis::load(hub.store(), company, rows.iter().flat_map(|row| &row.cves), &[]).await?;
        let ids: Vec<_> = basis.changed(&rows).into_iter().map(|(id, _)| id).collect();
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        if !ids.is_empty() {
            // An import that is writing them goes first, and what it wrote is what is rated.
            transaction.take_import_turn(company).await?;
            changed += rate_again(&transaction, company, &ids).await?;
        }
        transaction.save_re_rating(company, &state).await?;
        failpoint::hit("rating.page.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("rating.page.after_commit").await;
        let progress = json!({"done": state.rated, "total": total.max(state.rated), "text": "Rating findings"});
        hub.store().progress(&context.lease, &progress).await?;
    }
}

/// The pass to go on with, or a new one; `None` when there is nothing to do. In the company's turn: imports that began
/// before a new pass have written their findings, and those after it see what the pass is about.
async fn begin(hub: &Hub, context: &JobContext, company: CompanyId) -> Result<Option<ReRating>> {
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    transaction.take_import_turn(company).await?;
    let state = transaction.re_rating(company).await?;
    let state = match state {
        state if state.done >= state.wanted => return Ok(None),
        state if state.pass > state.done => state,
        state => pass(&state),
    };
    transaction.save_re_rating(company, &state).await?;
    transaction.commit().await?;
    Ok(Some(state))
}

/// A new pass, from the first finding.
fn pass(state: &ReRating) -> ReRating {
    ReRating { wanted: state.wanted, done: state.done, pass: state.wanted, position: String::new(), rated: 0 }
}

/// The pass is through: the next one, where something has changed meanwhile.
async fn finish(hub: &Hub, context: &JobContext, company: CompanyId, state: &ReRating) -> Result<Option<ReRating>> {
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    transaction.take_import_turn(company).await?;
    let wanted = transaction.re_rating(company).await?.wanted;
    let done = ReRating { wanted, done: state.pass, ..state.clone() };
    let next = (wanted > done.done).then(|| pass(&done));
    transaction.save_re_rating(company, next.as_ref().unwrap_or(&done)).await?;
    transaction.commit().await?;
    Ok(next)
}

/// Somebody cancelled it: what is rated is rated, the rest waits for the next change.
async fn give_up(hub: &Hub, context: &JobContext, company: CompanyId) -> Result<()> {
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    let state = transaction.re_rating(company).await?;
    transaction.save_re_rating(company, &ReRating { done: state.wanted, pass: state.wanted, ..state }).await?;
    transaction.commit().await
}
