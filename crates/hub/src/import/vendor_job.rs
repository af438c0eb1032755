//! Importing a vendor's run: ask for the report, wait for it, fetch it, read it.
//!
//! Every step is stored before the next one begins, so a restart polls the same export and reads the same file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use scanhelm_connectors::contract::{CallError, Prepared, RunRef, Session};
use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{ImportId, RunId, ScanId};
use scanhelm_core::import::{Import, ImportCounts, ImportNews};
use scanhelm_core::job::Job;
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::{Run, Scan};
use scanhelm_core::status::ImportState;
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, Result};
use scanhelm_formats::ReadOptions;
use serde_json::{Value, json};

use super::components::{self, Inventory};
use super::pipeline::{Frame, Progress, Source, Survey, import_records, survey};
use super::{closing, finish, spool};
use crate::Hub;
use crate::failpoint;
use crate::jobs::{JobContext, Outcome, Turn};
use crate::trap::{self, Trap};

pub(crate) const IMPORT_JOB: &str = "import";

/// With the run's id behind it: at most one unfinished import job of a run.
pub(crate) const IMPORT_KEY: &str = "import:run:";

pub(super) const CANCELLED: &str = "cancelled; what was imported stays, the rest is missing";

pub(crate) async fn run_vendor_import(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let text = |name: &str| job.payload.get(name).and_then(Value::as_str);
    let scan_id: ScanId = text("scan_id")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::internal("an import without a scan"))?;
    let run_id: Option<RunId> = text("run_id").and_then(|text| text.parse().ok());
    let run = match run_id {
        Some(run_id) => hub.store().run(run_id).await?,
        None => None,
    };
    let scan = hub.store().scan(job.company_id, scan_id).await?;
    let (Some(scan), Some(run)) = (scan, run) else {
        return Ok(Outcome::Done(json!({"scan_id": scan_id, "state": "gone"})));
    };
    let scan = as_of(scan, &run);
    let (Some(link), Some(integration_id)) = (scan.link.clone(), scan.integration_id) else {
        return Ok(Outcome::Done(json!({"scan_id": scan_id, "state": "unlinked"})));
    };
    let Some(integration) = hub.store().integration(job.company_id, integration_id).await? else {
        return Ok(Outcome::Done(json!({"scan_id": scan_id, "state": "unlinked"})));
    };
    let mut import = begin(hub, job, context, &scan).await?;
    let path = hub.spool_path(&import.id.to_string())?;
    if let Some(settled) = finish::settled(&import) {
        spool::discard(&path);
        return Ok(settled);
    }
    if !integration.is_home_of(&link) {
        let reason = "The scanner was reinstalled; the results of this run went with the earlier installation.";
        finish::fail(hub, context, scan.id, &mut import, reason).await?;
        spool::discard(&path);
        return Ok(Outcome::Failed(reason.to_owned()));
    }
    if trap::on(Trap::S2) && import.checkpoint > 0 {
        finish::finish(hub, context, scan.id, &mut import, &Survey::default(), false).await?;
        return Ok(Outcome::Done(result(&import)));
    }
    failpoint::hit("import.started").await;
    let session = hub.session(&integration).await?;
    let run = RunRef { external_scan_id: link.external_scan_id, external_run_id: scan.external_run_id.clone() };
    let fetched = path.exists() && import.report_sha256.is_some();
    if !fetched && let Some(waiting) = fetch(hub, context, session.as_ref(), &run, &mut import, &path).await? {
        return Ok(waiting);
    }
    failpoint::hit("import.downloaded").await;
    let _place = match hub.turn(context).await {
        Turn::Mine(place) => place,
        Turn::Later => return Ok(Outcome::Continue { after: Duration::ZERO }),
        Turn::Cancelled => {
            finish::fail(hub, context, scan.id, &mut import, CANCELLED).await?;
            spool::discard(&path);
            return Ok(Outcome::Cancelled);
        }
    };
    if import.report_sha256.as_deref() != Some(spool::digest(path.clone()).await?.as_str()) {
        // The spool was lost or changed: fetch anew. Batches that are in are recognised record by record.
        spool::discard(&path);
        import.report_sha256 = None;
        import.checkpoint = 0;
        import.counts = ImportCounts::default();
        import.quarantined.clear();
        save(hub, context, &import).await?;
        return Ok(Outcome::Continue { after: Duration::ZERO });
    }
    let source = Source::File { path: path.clone(), options: ReadOptions::default() };
    let sighting_source = SightingSource::integration(integration_id);
    // What cannot be read is told by the import itself.
    let surveyed = survey(source.clone()).await.ok();
    if surveyed.as_ref().is_some_and(|surveyed| surveyed.records == 0)
        && let Some(announced) = announced(session.as_ref(), &scan).await
    {
        // Completed before its results can be had: an empty report would be taken for a clean run.
        spool::discard(&path);
        import.report_sha256 = None;
        import.vendor_state = None;
        save(hub, context, &import).await?;
        let reason = format!(
            "The report is empty although the scanner counts {announced} findings: its results are not ready yet."
        );
        return Ok(Outcome::Retry { reason, after: None });
    }
    let outcome = Box::pin(take_in(hub, context, &scan, &mut import, source, sighting_source, surveyed)).await?;
    if !matches!(outcome, Outcome::Continue { .. }) {
        spool::discard(&path);
    }
    Ok(outcome)
}

/// How many findings the scanner itself counts in this run, if it counts any.
async fn announced(session: &dyn Session, scan: &Scan) -> Option<u64> {
    if scan.counts_known {
        return Some(scan.counts.total()).filter(|total| *total > 0);
    }
    let link = scan.link.as_ref()?;
    let seen = session.scan(&link.external_scan_id).await.ok().flatten()?;
    let counts = seen.counts.filter(|_| seen.external_run_id == scan.external_run_id)?;
    Some(counts.total()).filter(|total| *total > 0)
}

/// The scan as it was in one run: it may have been launched again since, and the results of the run that ended are
/// still to be had.
fn as_of(mut scan: Scan, run: &Run) -> Scan {
    if scan.run_id != Some(run.id) {
        scan.run_id = Some(run.id);
        scan.external_run_id.clone_from(&run.external_run_id);
        scan.vendor_finished_at = run.vendor_finished_at;
        scan.counts = run.counts;
        scan.counts_known = run.counts.total() > 0;
    }
    scan
}

/// The import row of this run: the unfinished one after a restart, else a new one.
async fn begin(hub: &Hub, job: &Job, context: &JobContext, scan: &Scan) -> Result<Import> {
    let run_id = scan.run_id.ok_or_else(|| Error::internal("an import without a run"))?;
    if let Some(import) = hub.store().import_of_job(job.id).await? {
        return Ok(import);
    }
    let import = Import {
        id: ImportId::new(hub.ids()),
        company_id: scan.company_id,
        scan_id: scan.id,
        run_id,
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
    for _ in 0..5 {
        let Some(mut scan) = hub.store().scan(scan.company_id, scan.id).await? else {
            return Ok(import);
        };
        let version = scan.version;
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        if scan.run_id == Some(run_id) {
            scan.import_state = ImportState::Running;
            scan.error = None;
            if !transaction.try_save_scan(&scan, version).await? {
                continue;
            }
        }
        transaction.insert_import(&import).await?;
        transaction
            .append_activity(NewActivity {
                company_id: scan.company_id,
                scan_id: scan.id,
                at: hub.now(),
                actor: Actor::System,
                event: Event::ImportStart,
                message: "Asking the scanner for the report.".to_owned(),
                data: json!({"import_id": import.id, "run_id": run_id}),
            })
            .await?;
        transaction.commit().await?;
        hub.committed();
        return Ok(import);
    }
    Err(Error::new(
        scanhelm_core::ErrorCode::Conflict,
        "The scan keeps changing; the import begins at the next attempt.",
    ))
}

/// Gets the report into the spool. `Some`: not now.
async fn fetch(
    hub: &Hub,
    context: &JobContext,
    session: &dyn Session,
    run: &RunRef,
    import: &mut Import,
    path: &Path,
) -> Result<Option<Outcome>> {
    let prepared = match session.results().prepare(run, import.vendor_state.clone()).await {
        Ok(prepared) => {
            failpoint::hit("import.report_answered").await;
            prepared
        }
        Err(error @ (CallError::Gone { .. } | CallError::Refused { .. })) => {
            // The vendor no longer has the run, or will not give it: no later attempt helps.
            let detail = single_line(&error.to_string(), 500);
            finish::fail(hub, context, import.scan_id, import, &detail).await?;
            return Ok(Some(Outcome::Failed(detail)));
        }
        Err(error) => return Ok(Some(later(&error))),
    };
    let state = match prepared {
        Prepared::Waiting { state, again_in } => {
            import.vendor_state = Some(state);
            save(hub, context, import).await?;
            failpoint::hit("import.report_requested").await;
            return Ok(Some(Outcome::Continue { after: again_in }));
        }
        Prepared::Ready { state } => state,
    };
    import.vendor_state = Some(state.clone());
    save(hub, context, import).await?;
    match session.results().download(run, &state, path.to_owned()).await {
        Ok(_) => {
            let digest = spool::digest(path.to_owned()).await?;
            if import.report_sha256.as_ref().is_some_and(|before| *before != digest) {
                // The first file was lost and the vendor wrote another: the checkpoint counts records of the first.
                import.checkpoint = 0;
                import.counts = ImportCounts::default();
                import.quarantined.clear();
            }
            import.report_sha256 = Some(digest);
            save(hub, context, import).await?;
            Ok(None)
        }
        Err(error) => {
            if matches!(error, CallError::Gone { .. }) {
                // The export ran out at the vendor: ask for a new one.
                import.vendor_state = None;
                save(hub, context, import).await?;
            }
            Ok(Some(later(&error)))
        }
    }
}

fn later(error: &CallError) -> Outcome {
    let after = match error {
        CallError::Failed { retry_after, .. } => *retry_after,
        CallError::Refused { .. } | CallError::Unknown { .. } | CallError::Gone { .. } => None,
    };
    Outcome::Retry { reason: single_line(&error.to_string(), 500), after }
}

pub(super) async fn save(hub: &Hub, context: &JobContext, import: &Import) -> Result<()> {
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    transaction.save_import(import).await?;
    transaction.commit().await
}

/// From the spool into the hub: survey (unless the caller just made it), batches, closing, end. Shared with uploads.
pub(super) async fn take_in(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    import: &mut Import,
    source: Source,
    sighting_source: SightingSource,
    surveyed: Option<Survey>,
) -> Result<Outcome> {
    let mut surveyed = match surveyed {
        Some(surveyed) => surveyed,
        None => match survey(source.clone()).await {
            Ok(surveyed) => surveyed,
            Err(error) if error.code == scanhelm_core::ErrorCode::Internal => return Err(error),
            Err(error) => {
                finish::fail(hub, context, scan.id, import, &error.detail).await?;
                return Ok(Outcome::Failed(error.detail));
            }
        },
    };
    failpoint::hit("import.validated").await;
    let frame = Frame {
        source: sighting_source,
        seen_at: surveyed
            .finished_at
            .or(surveyed.header.as_ref().and_then(|header| header.finished_at))
            .or(surveyed.last_covered)
            .or(scan.vendor_finished_at)
            .unwrap_or(import.started_at),
        policy: surveyed.header.as_ref().and_then(|header| header.policy.clone()),
        covers: surveyed.complete && surveyed.last_covered.is_some(),
        suppressed: Arc::default(),
    };
    match Box::pin(import_records(hub, context, scan, import, &frame, source.clone(), &surveyed)).await? {
        Progress::Complete => {}
        Progress::Parked if trap::on(Trap::S5) => {
            import.checkpoint = 0;
            import.counts = ImportCounts::default();
            save(hub, context, import).await?;
            return Ok(Outcome::Continue { after: Duration::ZERO });
        }
        Progress::Parked => return Ok(Outcome::Continue { after: Duration::ZERO }),
        Progress::Cancelled => {
            finish::fail(hub, context, scan.id, import, CANCELLED).await?;
            return Ok(Outcome::Cancelled);
        }
    }
    closing::close_what_is_gone(hub, context, scan, import, &frame).await?;
    if let Some(asset) = surveyed.subject.take() {
        match components::listed(source).await? {
            Ok(None) => {}
            Ok(Some(listed)) => {
                let inventory = Inventory { asset, components: listed };
                components::take_in(hub, context, scan, import, &frame, inventory).await?;
            }
            Err(reason) => surveyed.problems.push(reason),
        }
    }
    finish::finish(hub, context, scan.id, import, &surveyed, scan.link.is_none()).await?;
    tidy_up(hub).await;
    Ok(Outcome::Done(result(import)))
}

/// What the database is to do after much was written. The import stands whatever becomes of it.
pub(super) async fn tidy_up(hub: &Hub) {
    if let Err(error) = hub.store().release_memory().await {
        tracing::debug!(%error, "memory of the import not given back; the next one tries again");
    }
    if let Err(error) = hub.store().refresh_statistics().await {
        tracing::debug!(%error, "the database has not looked at what was written; it will by itself, or the next import asks");
    }
}

/// As `POST /imports` promises it.
pub(super) fn result(import: &Import) -> Value {
    let counts = import.counts;
    json!({
        "scan_id": import.scan_id,
        "records": counts.records,
        "created": counts.created,
        "updated": counts.updated,
        "reopened": counts.reopened,
        "unchanged": counts.unchanged,
        "fixed": counts.fixed,
        "not_seen": counts.not_seen,
        "quarantined": import.quarantined,
        "quarantined_total": counts.quarantined,
    })
}
