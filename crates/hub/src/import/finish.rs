//! The end of an import: one transaction for the import, its run, its scan and the feed. Idempotent.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ids::ScanId;
use scanhelm_core::import::Import;
use scanhelm_core::job::Job;
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::Scan;
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result, SeverityCounts};
use serde_json::{Value, json};

use super::pipeline::{Survey, finished_state};
use super::vendor_job::result;
use crate::Hub;
use crate::failpoint;
use crate::findings::relate;
use crate::jobs::{JobContext, Outcome};
use crate::notifications;
use crate::telemetry;
use crate::trap::{self, Trap};

/// What the scan learns from a finished import.
pub(super) async fn finish(
    hub: &Hub,
    context: &JobContext,
    scan_id: ScanId,
    import: &mut Import,
    survey: &Survey,
    own_counts: bool,
) -> Result<()> {
    relate(hub, import.company_id).await?;
    let state = finished_state(import.counts.quarantined, &survey.problems);
    import.state = state;
    import.finished_at = Some(hub.now());
    let counts = import.counts;
    let mut message = format!(
        "Imported {} records: {} new, {} updated, {} reopened, {} unchanged, {} fixed, {} not seen, {} set aside.",
        counts.records,
        counts.created,
        counts.updated,
        counts.reopened,
        counts.unchanged,
        counts.fixed,
        counts.not_seen,
        counts.quarantined
    );
    if !survey.problems.is_empty() {
        message.push_str(&format!(" Not all results: {}.", single_line(&survey.problems.join("; "), 500)));
    }
    if let Some(note) = survey.header.as_ref().and_then(|header| header.note.as_ref()) {
        message.push_str(&format!(" Note: {note}."));
    }
    let imported = counts.records.saturating_sub(counts.quarantined);
    settle(hub, context, scan_id, import, Event::ImportComplete, message, |scan| {
        if trap::on(Trap::S12) {
            scan.vendor_state = VendorState::Completed;
        }
        scan.import_state = state;
        scan.imported_findings = imported;
        scan.asset_count = Some(survey.assets).filter(|assets| *assets > 0).or(scan.asset_count);
        scan.error = None;
        if own_counts || !scan.counts_known {
            scan.counts = survey.counts;
            scan.counts_known = true;
        }
    })
    .await
}

/// What to tell of an import that is settled: the attempt that did it died before it could end its job.
pub(super) fn settled(import: &Import) -> Option<Outcome> {
    match import.state {
        ImportState::Done | ImportState::Partial => Some(Outcome::Done(result(import))),
        ImportState::Failed => Some(Outcome::Failed(import.error.clone().unwrap_or_default())),
        ImportState::None | ImportState::Pending | ImportState::Running => None,
    }
}

/// Ends an import without success; the reason is shown and the next attempt is up to a person.
pub(super) async fn fail(
    hub: &Hub,
    context: &JobContext,
    scan_id: ScanId,
    import: &mut Import,
    reason: &str,
) -> Result<()> {
    import.state = ImportState::Failed;
    import.finished_at = Some(hub.now());
    import.error = Some(single_line(reason, 1000));
    let message = format!("The import failed: {}", single_line(reason, 1000));
    settle(hub, context, scan_id, import, Event::ImportFailed, message, |scan| {
        scan.import_state = ImportState::Failed;
        scan.error = Some(single_line(reason, 1000));
    })
    .await
}

async fn settle(
    hub: &Hub,
    context: &JobContext,
    scan_id: ScanId,
    import: &Import,
    event: Event,
    message: String,
    change: impl Fn(&mut Scan),
) -> Result<()> {
    for _ in 0..5 {
        let Some(mut scan) = hub.store().scan(import.company_id, scan_id).await? else {
            return Ok(());
        };
        let version = scan.version;
        let transaction = hub.store().begin().await?;
        transaction.fence(&context.lease).await?;
        // The scan may have been launched again meanwhile: then only the run learns of it.
        if scan.run_id == Some(import.run_id) || trap::on(Trap::S12) {
            change(&mut scan);
            if !transaction.try_save_scan(&scan, version).await? {
                continue;
            }
        }
        if let Some(mut run) = transaction.run(import.run_id).await? {
            let mut as_scan = scan.clone();
            if scan.run_id != Some(import.run_id) {
                // The scan's numbers are those of another run.
                as_scan.counts = SeverityCounts::default();
                as_scan.counts_known = false;
            }
            change(&mut as_scan);
            run.import_state = as_scan.import_state;
            run.imported_findings = as_scan.imported_findings;
            if run.counts == SeverityCounts::default() {
                run.counts = as_scan.counts;
            }
            transaction.save_run(&run).await?;
        }
        transaction.save_import(import).await?;
        match event {
            Event::ImportFailed => {
                notifications::import_failed(hub, &transaction, &scan, Some(import.run_id), &message).await?;
            }
            _ => notifications::findings_notice(hub, &transaction, &scan, import).await?,
        }
        transaction
            .append_activity(NewActivity {
                company_id: import.company_id,
                scan_id,
                at: hub.now(),
                actor: Actor::System,
                event,
                message: message.clone(),
                data: json!({"import_id": import.id, "counts": import.counts}),
            })
            .await?;
        failpoint::hit("import.finalise.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("import.finalise.after_commit").await;
        telemetry::import_ended(import.state.as_str(), &import.counts);
        hub.committed();
        return Ok(());
    }
    Err(Error::new(ErrorCode::Conflict, "The scan keeps changing; the import ends at the next attempt."))
}

/// A job that may not try again leaves a visible failure instead of an import that looks as if it ran.
pub(crate) async fn attempts_exhausted(hub: &Hub, job: &Job, reason: &str) -> Result<()> {
    if job.kind != super::IMPORT_JOB && job.kind != super::UPLOAD_JOB {
        return Ok(());
    }
    let reason = single_line(reason, 1000);
    let import = hub.store().import_of_job(job.id).await?;
    let text = |name: &str| job.payload.get(name).and_then(Value::as_str);
    let (scan_id, run_id) = match &import {
        Some(import) => (Some(import.scan_id), Some(import.run_id)),
        // It never came to an import: the vendor could not be asked.
        None => (text("scan_id").and_then(|id| id.parse().ok()), text("run_id").and_then(|id| id.parse().ok())),
    };
    let counts = import.as_ref().map(|import| import.counts).unwrap_or_default();
    let transaction = hub.store().begin().await?;
    if let Some(mut import) = import {
        import.state = ImportState::Failed;
        import.finished_at = Some(hub.now());
        import.error = Some(reason.clone());
        transaction.save_import(&import).await?;
    }
    let run = match run_id {
        Some(run_id) => transaction.run(run_id).await?,
        None => None,
    };
    if let Some(mut run) = run {
        run.import_state = ImportState::Failed;
        transaction.save_run(&run).await?;
    }
    let scan = match scan_id {
        Some(scan_id) => transaction.scan(job.company_id, scan_id).await?,
        None => None,
    };
    if let Some(mut scan) = scan.filter(|scan| scan.run_id == run_id) {
        let version = scan.version;
        scan.import_state = ImportState::Failed;
        scan.error = Some(reason.clone());
        if !transaction.try_save_scan(&scan, version).await? {
            return Err(Error::new(
                ErrorCode::Conflict,
                "The scan is changing; its import is given up a little later.",
            ));
        }
        notifications::import_failed(hub, &transaction, &scan, run_id, &reason).await?;
        transaction
            .append_activity(NewActivity {
                company_id: job.company_id,
                scan_id: scan.id,
                at: hub.now(),
                actor: Actor::System,
                event: Event::ImportFailed,
                message: format!("The import was given up after {} attempts: {reason}", job.attempts),
                data: json!({"job_id": job.id}),
            })
            .await?;
    }
    transaction.commit().await?;
    telemetry::import_ended(ImportState::Failed.as_str(), &counts);
    Ok(())
}

/// One attempt of an import was cut for its time; the import goes on with the next.
pub(crate) async fn attempt_cut(hub: &Hub, job: &Job, reason: &str) -> Result<()> {
    let Some(scan_id) = job.payload.get("scan_id").and_then(Value::as_str).and_then(|id| id.parse().ok()) else {
        return Ok(());
    };
    let transaction = hub.store().begin().await?;
    transaction
        .append_activity(NewActivity {
            company_id: job.company_id,
            scan_id,
            at: hub.now(),
            actor: Actor::System,
            event: Event::ImportProgress,
            message: reason.to_owned(),
            data: json!({"job_id": job.id, "attempt": job.attempts, "cut": true}),
        })
        .await?;
    transaction.commit().await
}
