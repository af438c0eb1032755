//! Local scans: the runner's processes as scans of the hub.
//!
//! These are ours from end to end, so they follow a strict machine. A local scan is not repeated after a crash: what
//! the processes did by then cannot be known, so the scan ends as failed, with that reason, and what was left running
//! is ended. What the scanners told is in memory alone, so an import that broke off ends as failed too.

mod addresses;
mod record;
mod roots;
mod scanners;
mod suppression;
mod targets;
pub(crate) mod told;

use std::sync::Arc;

pub use addresses::AllowedHosts;
pub(crate) use roots::Roots;
use scanhelm_core::ids::ScanId;
use scanhelm_core::job::Job;
use scanhelm_core::scan::Scan;
use scanhelm_core::status::VendorState;
use scanhelm_core::{Error, Result};
use scanhelm_runner::process::User;
use scanhelm_runner::{ScanOutcome, ScanRequest, ScanState};
pub use scanners::LocalScanner;
use serde_json::{Value, json};
pub(crate) use suppression::Said;
pub(crate) use targets::{LocalTargets, request as local_request, types as local_types};

use crate::Hub;
use crate::jobs::{JobContext, Outcome};

pub(crate) const LOCAL_SCAN_JOB: &str = "local_scan";

/// Scanners run in one of them; the others are there to write down how it ended, also when the store is away for long.
pub(crate) const LOCAL_SCAN_ATTEMPTS: u32 = 200;

const STOPPED: &str = "The hub was stopped while the scan ran. Start it again.";

pub(crate) async fn run_local_scan(hub: &Hub, job: &Job, context: &JobContext) -> Result<Outcome> {
    let id: ScanId = job
        .payload
        .get("scan_id")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::internal("a local scan job without a scan"))?;
    let Some(scan) = hub.store().scan(job.company_id, id).await? else {
        return Ok(Outcome::Cancelled);
    };
    match scan.vendor_state {
        VendorState::Queued => {}
        VendorState::Running => {
            scanhelm_runner::process::end_leftovers(&marker(id));
            let reason = broken_off(job, STOPPED);
            record::ended(hub, context, id, VendorState::Failed, Some(reason.clone()), None).await?;
            return Ok(Outcome::Failed(reason));
        }
        VendorState::Completed if !scan.import_state.is_finished() => {
            let stopped = "The hub was stopped while the findings of the scan were brought in. Start it again.";
            return record::import_broken_off(hub, job, context, &scan, &broken_off(job, stopped)).await;
        }
        _ => return Ok(Outcome::Cancelled),
    }
    let Some(scan) = record::started(hub, context, id).await? else {
        return Ok(Outcome::Cancelled);
    };
    let request = match request(hub, &scan) {
        Ok(request) => request,
        Err(error) => {
            record::ended(hub, context, id, VendorState::Failed, Some(error.detail.clone()), None).await?;
            return Ok(Outcome::Failed(error.detail));
        }
    };
    let outcome = match scan_targets(hub, context, &scan, request).await {
        Ok(outcome) => outcome,
        Err(_) if context.cancelled.is_cancelled() => return Ok(Outcome::Cancelled),
        Err(error) => {
            let reason = error.to_string();
            record::ended(hub, context, id, VendorState::Failed, Some(reason.clone()), None).await?;
            return Ok(Outcome::Failed(reason));
        }
    };
    match outcome.state {
        ScanState::Cancelled if context.stopping.is_cancelled() && !context.cancelled.is_cancelled() => {
            record::ended(hub, context, id, VendorState::Failed, Some(STOPPED.to_owned()), Some(&outcome)).await?;
            Ok(Outcome::Failed(STOPPED.to_owned()))
        }
        ScanState::Cancelled => Ok(Outcome::Cancelled),
        ScanState::Failed => {
            let reason = reasons(&outcome);
            record::ended(hub, context, id, VendorState::Failed, Some(reason.clone()), Some(&outcome)).await?;
            Ok(Outcome::Failed(reason))
        }
        ScanState::Completed => {
            record::ended(hub, context, id, VendorState::Completed, None, Some(&outcome)).await?;
            record::import(hub, job, context, id, outcome).await
        }
    }
}

impl Hub {
    /// What local scans of hubs that were killed left on this machine: files, and processes whose scan another machine has
    /// ended meanwhile. At the start; a failure is logged.
    pub async fn remove_abandoned_scans(&self) {
        let removed = tokio::task::spawn_blocking(scanhelm_runner::remove_abandoned).await;
        match removed.map_err(std::io::Error::other).flatten() {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "what local scans of a killed hub left is removed"),
            Err(error) => tracing::warn!(%error, "what local scans of a killed hub left cannot be looked for"),
        }
    }
}

/// Why an attempt ended before its scan: what it said, or that nothing is left of it.
fn broken_off(job: &Job, stopped: &str) -> String {
    job.error.as_ref().map_or_else(|| stopped.to_owned(), |error| format!("{error} Start the scan again."))
}

/// Looked up each time: whoever makes the user after the hub has started need not restart it.
fn user(hub: &Hub) -> std::result::Result<Option<User>, String> {
    match hub.settings().local.user.as_str() {
        "" => Ok(None),
        name => User::named(name).map_err(|problem| format!("`[local] user`: {problem}")),
    }
}

/// Between creating and running a scan, links can be put in place and the operator can take a grant back.
fn request(hub: &Hub, scan: &Scan) -> Result<ScanRequest> {
    let asked = LocalTargets::of(&scan.config);
    let targets = asked.allowed(hub.settings())?;
    let types = scan.config.get("scan_types").and_then(Value::as_array).into_iter().flatten();
    let types: Vec<String> = types.filter_map(|kind| kind.as_str().map(str::to_owned)).collect();
    targets::request(targets, asked.machine, targets::types(&types)?)
}

/// Found again in the environment of every process of the scan.
fn marker(id: ScanId) -> String {
    format!("scan-{id}")
}

fn reasons(outcome: &ScanOutcome) -> String {
    let failed = outcome.failed.iter().map(|failed| format!("{}: {}", failed.id, failed.reason));
    let skipped = outcome.skipped.iter().map(|skipped| format!("{}: {}", skipped.scanner, skipped.reason));
    format!("No scanner looked at the target. {}", failed.chain(skipped).collect::<Vec<_>>().join("; "))
}

/// Runs the scanners and writes their events into the feed as they come.
async fn scan_targets(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    mut request: ScanRequest,
) -> std::result::Result<ScanOutcome, scanhelm_runner::RequestError> {
    request.limits.time = hub.settings().local.timeout;
    request.max_parallel = hub.settings().local.places();
    request.places = Some(Arc::clone(&hub.0.scanner_places));
    request.user = user(hub).map_err(scanhelm_runner::RequestError::User)?;
    request.marker = Some(marker(scan.id));
    let stop = tokio_util::sync::CancellationToken::new();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let work = scanhelm_runner::run(&hub.0.scanners, request, &stop, move |event| {
        // Taken until the scan ends, below.
        let _ = sender.send(event);
    });
    let feed = async {
        while let Some(event) = receiver.recv().await {
            record::told(hub, scan, &event).await;
        }
    };
    let watch = async {
        tokio::select! {
            () = context.cancelled.cancelled() => {}
            () = context.stopping.cancelled() => {}
        }
        stop.cancel();
        std::future::pending::<()>().await;
    };
    let both = async { tokio::join!(work, feed).0 };
    tokio::select! {
        outcome = both => outcome,
        () = watch => Err(scanhelm_runner::RequestError::Interrupted("the scan was stopped".to_owned())),
    }
}

/// For the audit of what ran.
pub(super) fn summary(outcome: &ScanOutcome) -> Value {
    json!({"ran": outcome.ran, "skipped": outcome.skipped, "failed": outcome.failed})
}
