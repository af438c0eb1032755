//! Writing a local scan's life into the store: start, events, end, and its records through the common import.

use std::path::Path;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, SightingSource};
use scanhelm_core::ids::{ImportId, RunId, ScanId};
use scanhelm_core::import::{Import, ImportCounts, ImportNews};
use scanhelm_core::job::Job;
use scanhelm_core::local::may_transition;
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::{Run, Scan};
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, Result, SeverityCounts};
use scanhelm_formats::CoveredAsset;
use scanhelm_runner::{Coverage, RunnerEvent, ScanOutcome, ScanState, looked_for_flaws};
use serde_json::{Value, json};

use super::suppression;
use super::told::{log, payload, short};
use crate::Hub;
use crate::import::{LocalImport, fail_local, import_local};
use crate::jobs::{JobContext, Outcome};

/// Queued to running with a run of its own. `None`: cancelled meanwhile.
pub(super) async fn started(hub: &Hub, context: &JobContext, id: ScanId) -> Result<Option<Scan>> {
    let run_id = RunId::new(hub.ids());
    let now = hub.now();
    let moved = transition(hub, context, id, VendorState::Running, |scan| {
        scan.run_id = Some(run_id);
        scan.run_number += 1;
        scan.started_at = Some(now);
        scan.last_observed_at = Some(now);
    })
    .await?;
    let Some((scan, transaction)) = moved else {
        return Ok(None);
    };
    transaction
        .insert_run(&Run {
            id: run_id,
            scan_id: scan.id,
            company_id: scan.company_id,
            external_run_id: None,
            number: scan.run_number,
            vendor_state: scan.vendor_state,
            import_state: scan.import_state,
            started_at: scan.started_at,
            finished_at: None,
            vendor_finished_at: None,
            counts: SeverityCounts::default(),
            imported_findings: 0,
            created_at: now,
        })
        .await?;
    transaction.commit().await?;
    hub.committed();
    Ok(Some(scan))
}

/// The scan with its new state inside an open transaction; `None` when it may not go there any more.
async fn transition(
    hub: &Hub,
    context: &JobContext,
    id: ScanId,
    to: VendorState,
    change: impl Fn(&mut Scan),
) -> Result<Option<(Scan, scanhelm_store::Transaction)>> {
    for _ in 0..5 {
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        let Some(mut scan) = transaction.any_scan(id).await? else {
            return Ok(None);
        };
        if !may_transition(scan.vendor_state, to) {
            return Ok(None);
        }
        let version = scan.version;
        scan.vendor_state = to;
        change(&mut scan);
        if transaction.try_save_scan(&scan, version).await? {
            scan.version += 1;
            return Ok(Some((scan, transaction)));
        }
    }
    Err(Error::new(scanhelm_core::ErrorCode::Conflict, "The scan keeps changing."))
}

/// Appends one event of the runner. A feed that cannot be written does not stop a scan. That it was cancelled is told by
/// whoever did so: a person, or the hub that stops.
pub(super) async fn told(hub: &Hub, scan: &Scan, event: &RunnerEvent) {
    if matches!(event, RunnerEvent::ScanCancelled { .. }) {
        return;
    }
    let activity = NewActivity {
        company_id: scan.company_id,
        scan_id: scan.id,
        at: hub.now(),
        actor: Actor::System,
        event: event.event(),
        message: single_line(&event.message(), 1000),
        data: payload(event),
    };
    if let Err(error) = append(hub, activity).await {
        tracing::warn!(scan = %scan.id, %error, "event not written");
    }
}

pub(super) async fn append(hub: &Hub, activity: NewActivity) -> Result<()> {
    log(&activity);
    let transaction = hub.store().begin().await?;
    transaction.append_activity(activity).await?;
    transaction.commit().await?;
    hub.committed();
    Ok(())
}

/// The end of the processes.
pub(super) async fn ended(
    hub: &Hub,
    context: &JobContext,
    id: ScanId,
    state: VendorState,
    reason: Option<String>,
    outcome: Option<&ScanOutcome>,
) -> Result<()> {
    let now = hub.now();
    let moved = transition(hub, context, id, state, |scan| {
        scan.finished_at = Some(now);
        scan.last_observed_at = Some(now);
        scan.error = reason.as_deref().map(|reason| single_line(reason, 1000));
        let Some(outcome) = outcome else {
            return;
        };
        scan.progress = Some(100.0).filter(|_| state == VendorState::Completed).or(scan.progress);
        scan.counts = outcome.counts();
        scan.counts_known = true;
        scan.scanners_run = outcome.ran.iter().map(|ran| ran.id.clone()).collect();
        scan.scanners_skipped.clone_from(&outcome.skipped);
        if state == VendorState::Completed {
            scan.import_state = ImportState::Running;
        }
        if let Value::Object(config) = &mut scan.config {
            config.insert("scanners".to_owned(), super::summary(outcome));
        }
    })
    .await?;
    let Some((scan, transaction)) = moved else {
        return Ok(());
    };
    if let Some(run_id) = scan.run_id
        && let Some(mut run) = transaction.run(run_id).await?
    {
        run.vendor_state = scan.vendor_state;
        run.import_state = scan.import_state;
        run.finished_at = scan.finished_at;
        run.counts = scan.counts;
        transaction.save_run(&run).await?;
    }
    crate::notifications::run_notice(hub, &transaction, &scan).await?;
    // Otherwise the runner has told it.
    let untold = outcome.is_none_or(|outcome| outcome.state == ScanState::Cancelled);
    if let Some(reason) = reason.filter(|_| untold) {
        let activity = NewActivity {
            company_id: scan.company_id,
            scan_id: scan.id,
            at: now,
            actor: Actor::System,
            event: Event::ScanFailed,
            message: single_line(&reason, 1000),
            data: json!({"error": short(&reason)}),
        };
        log(&activity);
        transaction.append_activity(activity).await?;
    }
    transaction.commit().await?;
    hub.committed();
    Ok(())
}

/// Brings the records in, scanner by scanner: each is a source of its own, and covers the target only when it had
/// nothing to complain about.
pub(super) async fn import(
    hub: &Hub,
    job: &Job,
    context: &JobContext,
    id: ScanId,
    outcome: ScanOutcome,
) -> Result<Outcome> {
    // From here on the machine is used as by any import. What the scanners took does not count as time of the attempt:
    // an import that is parked here would be lost.
    let place = hub.0.places.next().await;
    let context = &JobContext { park_at: hub.now().plus(hub.settings().jobs.attempt), ..context.clone() };
    let scan = hub.store().scan(job.company_id, id).await?.ok_or_else(Error::not_found)?;
    let import = new_import(hub, job, context, &scan).await?;
    let looked = looked_for_flaws(&outcome.coverage);
    let (said, mut records) = suppression::said(hub, &scan, outcome.records, looked).await?;
    let parts = outcome
        .coverage
        .into_iter()
        .map(|coverage| {
            let (own, rest) = std::mem::take(&mut records).into_iter().partition(|one| one.scanner == coverage.scanner);
            records = rest;
            part(&scan, coverage, own)
        })
        .collect();
    let imported = Box::pin(import_local(hub, context, &scan, import, said, parts)).await;
    drop(place);
    imported
}

/// The records of an attempt are gone with it: its import ends as failed, and what it brought in stays.
pub(super) async fn import_broken_off(
    hub: &Hub,
    job: &Job,
    context: &JobContext,
    scan: &Scan,
    reason: &str,
) -> Result<Outcome> {
    let import = match hub.store().import_of_job(job.id).await? {
        Some(import) => import,
        None => new_import(hub, job, context, scan).await?,
    };
    fail_local(hub, context, scan, import, reason).await
}

async fn new_import(hub: &Hub, job: &Job, context: &JobContext, scan: &Scan) -> Result<Import> {
    let import = Import {
        id: ImportId::new(hub.ids()),
        company_id: scan.company_id,
        scan_id: scan.id,
        run_id: scan.run_id.ok_or_else(|| Error::internal("a local scan without a run"))?,
        job_id: job.id,
        state: ImportState::Running,
        checkpoint: 0,
        counts: ImportCounts::default(),
        news: ImportNews::default(),
        quarantined: Vec::new(),
        vendor_state: None,
        report_sha256: None,
        error: None,
        started_at: hub.now(),
        finished_at: None,
    };
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    transaction.insert_import(&import).await?;
    transaction.commit().await?;
    Ok(import)
}

/// What one scanner brought, with what it looked at, found or not. One file is not all of its repository.
fn part(scan: &Scan, coverage: Coverage, records: Vec<Box<FindingRecord>>) -> LocalImport {
    let (started_at, finished_at) = (scan.started_at, scan.finished_at);
    let is_file = scan.config.get("target_path").and_then(Value::as_str).is_some_and(|path| Path::new(path).is_file());
    let looked_at = |asset: AssetRecord| {
        let authenticated = asset.authenticated.then_some(true);
        CoveredAsset { asset, started_at, finished_at, authenticated }
    };
    LocalImport {
        source: SightingSource::scanner(&coverage.scanner),
        looked_at: coverage.assets.into_iter().map(looked_at).collect(),
        records,
        policy: coverage.policy,
        covers: coverage.complete && !is_file,
        components: coverage.components,
    }
}
