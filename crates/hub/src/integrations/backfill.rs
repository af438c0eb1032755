//! Importing a scanner's past: every completed run that the vendor still has and nothing of which is in the hub.
//!
//! New integrations are imported from now on by themselves, scan by scan, as the vendor shows each scan's latest run.
//! What ran before is asked for here, once, by a person. A job walks through the scans; for each, one transaction writes
//! the runs that were missing, their import jobs, and how far it has come, so that it goes on after a crash where it
//! was. Runs that come late change nothing that newer ones said: imports are ordered by when things were seen.

use std::collections::BTreeSet;
use std::time::Duration;

use scanhelm_connectors::contract::{CallError, Session};
use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ids::{IntegrationId, JobId, RunId, ScanId};
use scanhelm_core::job::{Job, JobState};
use scanhelm_core::permission::{Actor, Grant, Permission};
use scanhelm_core::scan::{Past, PastRun, Run, Scan, timeline};
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result, SeverityCounts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Integrations;
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome};

pub(crate) const BACKFILL_JOB: &str = "backfill";

/// How long a caller waits for the vendor to tell its past before the count is "so far".
const PATIENCE: Duration = Duration::from_secs(10);

/// So many failures in a row are the vendor's and not their scans'.
const IN_A_ROW: usize = 3;

/// A backfill that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedBackfill {
    pub job_id: JobId,
    /// Runs that will be imported because of this request, as far as the vendor has told them.
    pub queued: u64,
    /// The vendor has been asked about every scan: there will be no more.
    pub complete: bool,
}

/// How far the job has come; kept in its row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Walk {
    /// Scans up to this one have been asked for.
    after: Option<ScanId>,
    done: u64,
    total: u64,
    /// Runs that were queued for import.
    queued: u64,
    /// Scans whose past the vendor refused to tell.
    untold: u64,
    /// Scans that the vendor was asked for in vain; they are asked for again when the others are done.
    #[serde(default)]
    again: BTreeSet<ScanId>,
    text: String,
}

impl Integrations<'_> {
    /// Queues the import of every completed run of an integration of which nothing is imported yet. Asking again while
    /// that goes on, or after it, queues nothing.
    pub async fn backfill(&self, grant: &Grant, id: IntegrationId) -> Result<OrderedBackfill> {
        let integration = self.get(grant, id).await?;
        grant.require(Permission::ScanImport)?;
        if !integration.enabled {
            return Err(Error::new(
                ErrorCode::Conflict,
                "The integration is disabled, so its scanner is not asked for anything. Enable it first.",
            ));
        }
        let mut job = self.hub.new_job(grant.company, BACKFILL_JOB, json!({"integration_id": id}));
        job.dedup_key = Some(format!("backfill:{id}"));
        job.max_attempts = 20;
        let transaction = self.hub.store().begin().await?;
        let job_id = transaction.enqueue(&job, self.hub.now()).await?;
        if job_id != job.id {
            return Ok(OrderedBackfill { job_id, queued: 0, complete: false });
        }
        transaction
            .append_audit(&self.hub.audit_entry(
                grant,
                "integration.backfill",
                format!("integration/{id}"),
                Value::Null,
            ))
            .await?;
        transaction.commit().await?;
        self.hub.committed();
        let job = self.hub.jobs().wait(grant, job_id, PATIENCE).await?;
        Ok(OrderedBackfill { job_id, queued: walk_of(&job).queued, complete: job.state == JobState::Done })
    }
}

fn walk_of(job: &Job) -> Walk {
    job.progress.clone().and_then(|progress| serde_json::from_value(progress).ok()).unwrap_or_default()
}

pub(crate) async fn run_backfill(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let id: IntegrationId = job
        .payload
        .get("integration_id")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::internal("a backfill without an integration"))?;
    let Some(integration) = hub.store().integration(job.company_id, id).await? else {
        return Ok(Outcome::Failed("The integration was deleted.".to_owned()));
    };
    let session = hub.session(&integration).await?;
    let incarnation = integration.instance.incarnation.clone().unwrap_or_default();
    let scans = hub.store().scans_by_links(id, &incarnation).await?;
    let mut walk = walk_of(job);
    walk.total = scans.len() as u64;
    let before = walk.clone();
    let is_left = |scan: &&Scan| before.after.is_none_or(|after| scan.id > after) || before.again.contains(&scan.id);
    let mut failures = 0;
    let mut trouble = None;
    for scan in scans.iter().filter(is_left) {
        if context.cancelled.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        if context.stopping.is_cancelled() || hub.now() >= context.park_at {
            return Ok(Outcome::Continue { after: Duration::ZERO });
        }
        let told = match told(session.as_ref(), scan).await {
            Ok(told) => {
                failures = 0;
                told
            }
            Err(CallError::Gone { .. } | CallError::Refused { .. }) => {
                walk.untold += 1;
                Vec::new()
            }
            Err(error @ (CallError::Failed { .. } | CallError::Unknown { .. })) => {
                failures += 1;
                walk = put_off(hub, context, walk, scan).await?;
                trouble = Some(retry(scan, &error));
                if failures == IN_A_ROW {
                    break;
                }
                continue;
            }
        };
        walk = take_up(hub, context, walk, scan, &told).await?;
    }
    if let Some(trouble) = trouble {
        return Ok(trouble);
    }
    Ok(Outcome::Done(json!({
        "integration_id": id,
        "queued": walk.queued,
        "scans": walk.total,
        "untold": walk.untold,
    })))
}

fn retry(scan: &Scan, error: &CallError) -> Outcome {
    let after = match error {
        CallError::Failed { retry_after, .. } => *retry_after,
        _ => None,
    };
    Outcome::Retry { reason: single_line(&format!("{}: {error}", scan.name), 500), after }
}

/// One scan that cannot be asked for does not hold up the others.
async fn put_off(hub: &Hub, context: &JobContext, mut walk: Walk, scan: &Scan) -> Result<Walk> {
    walk.after = walk.after.max(Some(scan.id));
    walk.again.insert(scan.id);
    let progress = serde_json::to_value(&walk).map_err(Error::internal)?;
    hub.store().progress(&context.lease, &progress).await?;
    Ok(walk)
}

/// The vendor's runs of a scan, newest first; nothing where it keeps none or the scan has never run.
async fn told(session: &dyn Session, scan: &Scan) -> Result<Vec<PastRun>, CallError> {
    let (Some(history), Some(link)) = (session.history(), &scan.link) else {
        return Ok(Vec::new());
    };
    if scan.external_run_id.is_none() || scan.vendor_missing_since.is_some() {
        return Ok(Vec::new());
    }
    let runs = history.runs(&link.external_scan_id).await?;
    let past = runs.into_iter().map(|run| PastRun {
        external_run_id: run.external_run_id,
        state: run.state,
        started_at: run.started_at,
        finished_at: run.finished_at,
    });
    Ok(past.collect())
}

/// Writes what was missing of one scan and queues its imports; how far the job has then come.
async fn take_up(hub: &Hub, context: &JobContext, walk: Walk, scan: &Scan, told: &[PastRun]) -> Result<Walk> {
    for _ in 0..5 {
        let mut next = Walk {
            after: walk.after.max(Some(scan.id)),
            done: walk.done + 1,
            text: scan_text(walk.done + 1, walk.total),
            ..walk.clone()
        };
        next.again.remove(&scan.id);
        let transaction = hub.store().begin().await?;
        if let Some(mut present) = transaction.scan(scan.company_id, scan.id).await? {
            let version = present.version;
            let known = transaction.runs(scan.company_id, scan.id).await?;
            let ordered = timeline(&known, told, present.external_run_id.as_deref());
            let missing = ordered.iter().filter(|past| matches!(past, Past::Missing(_))).count();
            let again: Vec<&Run> = known.iter().filter(|run| is_to_import(run, &present)).collect();
            if missing + again.len() > 0 {
                let added = numbered(hub, scan, &ordered);
                if again.iter().any(|run| present.run_id == Some(run.id)) {
                    present.import_state = ImportState::Pending;
                    present.error = None;
                }
                present.run_number = u32::try_from(ordered.len()).unwrap_or(u32::MAX);
                if !transaction.try_save_scan(&present, version).await? {
                    continue;
                }
                transaction.renumber_runs(scan.company_id, scan.id, &added.renumbered).await?;
                for run in &added.runs {
                    transaction.insert_run(run).await?;
                }
                for run in &again {
                    let pending = Run { import_state: ImportState::Pending, ..(*run).clone() };
                    transaction.save_run(&pending).await?;
                }
                for run in again.iter().map(|run| run.id).chain(added.runs.iter().map(|run| run.id)) {
                    transaction.enqueue(&hub.import_job_of(&present, run), hub.now()).await?;
                }
                transaction.append_activity(found(hub, scan, missing, again.len())).await?;
                next.queued += (missing + again.len()) as u64;
            }
        }
        transaction.save_progress(&context.lease, &serde_json::to_value(&next).map_err(Error::internal)?).await?;
        failpoint::hit("backfill.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("backfill.after_commit").await;
        hub.committed();
        return Ok(next);
    }
    Err(Error::new(ErrorCode::Conflict, "A scan keeps changing; the backfill goes on at the next attempt."))
}

fn scan_text(done: u64, total: u64) -> String {
    format!("{done} of {total} scans asked for")
}

/// Completed and without any result in the hub, and not the business of the loop that imports latest runs.
fn is_to_import(run: &Run, scan: &Scan) -> bool {
    let is_latest = scan.run_id == Some(run.id);
    run.vendor_state == VendorState::Completed
        && match run.import_state {
            ImportState::Failed => true,
            ImportState::None => !is_latest,
            ImportState::Pending | ImportState::Running | ImportState::Partial | ImportState::Done => false,
        }
}

struct Added {
    runs: Vec<Run>,
    renumbered: Vec<(RunId, u32)>,
}

/// The missing runs as rows, and everybody's number.
fn numbered(hub: &Hub, scan: &Scan, ordered: &[Past<'_>]) -> Added {
    let mut added = Added { runs: Vec::new(), renumbered: Vec::new() };
    for (number, past) in (1..).zip(ordered) {
        match past {
            Past::Known(run) => added.renumbered.push((run.id, number)),
            Past::Missing(past) => added.runs.push(Run {
                id: RunId::new(hub.ids()),
                scan_id: scan.id,
                company_id: scan.company_id,
                external_run_id: Some(past.external_run_id.clone()),
                number,
                vendor_state: VendorState::Completed,
                import_state: ImportState::Pending,
                started_at: past.started_at,
                finished_at: Some(hub.now()),
                vendor_finished_at: past.finished_at,
                counts: SeverityCounts::default(),
                imported_findings: 0,
                // When it came to be, for whoever compares it with the runs of other scans.
                created_at: past.started_at.or(past.finished_at).unwrap_or_else(|| hub.now()),
            }),
        }
    }
    added
}

fn found(hub: &Hub, scan: &Scan, missing: usize, again: usize) -> NewActivity {
    NewActivity {
        company_id: scan.company_id,
        scan_id: scan.id,
        at: hub.now(),
        actor: Actor::System,
        event: Event::ScanChanged,
        message: format!("Backfill: {missing} earlier runs found at the scanner, {} to be imported.", missing + again),
        data: json!({"found": missing, "queued": missing + again}),
    }
}
