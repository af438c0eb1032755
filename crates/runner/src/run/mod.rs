//! One scan: every selected scanner, a bounded number at a time, into one ordered list.
//!
//! The scanners' futures are polled by the caller's own task and not spawned: dropping the scan drops them, and with
//! them their processes, at once.

mod built_in;
mod command_line;
mod daemon;
mod left_out;
mod one;
mod start;

use std::path::Path;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::scan::SkippedScanner;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::discovery::Discovery;
use crate::event::RunnerEvent;
use crate::order;
use crate::outcome::{Coverage, FailedScanner, RanScanner, ScanOutcome, ScanState};
use crate::request::{RequestError, ScanRequest};
use crate::scanner::Scanner;
use crate::scanners;
pub(crate) use daemon::{Daemon, Door};
use one::Scan;

/// Carries out a scan. Events come from the calling task, in order, and must be taken quickly.
///
/// Cancelling ends all processes and gives what was complete by then. A scanner's failure is data in the outcome.
///
/// # Errors
/// When the request cannot be carried out as it stands; then nothing was started and there was no event.
pub async fn run(
    discovery: &Discovery,
    request: ScanRequest,
    cancel: &CancellationToken,
    events: impl Fn(RunnerEvent) + Send + Sync,
) -> Result<ScanOutcome, RequestError> {
    let selected = request.selected(discovery.registry())?;
    let options = request.resolved_options()?;
    let targets = request.targets.reached(request.repository.clone()).await?;

    events(RunnerEvent::ScanStart {
        target: targets.name.clone(),
        scanners: selected.iter().map(|scanner| scanner.id.to_owned()).collect(),
    });
    let scan = Scan {
        targets,
        options,
        limits: request.limits,
        marker: request.marker,
        folders: discovery.private_folders(),
        user: request.user,
        places: request.places,
        cache: request.cache,
        content: OnceCell::new(),
        unreadable: OnceCell::new(),
    };
    // Boxed and listed first: a lazily mapped stream of borrowing futures is not provably `Send` for the callers.
    let mut turns: Vec<(usize, &'static Scanner)> = selected.iter().copied().enumerate().collect();
    turns.sort_by_key(|(_, scanner)| scanners::turn(scanner));
    let starts: Vec<BoxFuture<'_, (usize, End)>> = turns
        .into_iter()
        .map(|(place, scanner)| scan.one(discovery, scanner, cancel, &events).map(move |end| (place, end)).boxed())
        .collect();
    let mut ends: Vec<(usize, End)> =
        futures::stream::iter(starts).buffer_unordered(request.max_parallel.max(1)).collect().await;
    ends.sort_by_key(|(place, _)| *place);
    let ends = ends.into_iter().map(|(_, end)| end);

    if let Some(cache) = scan.cache.clone() {
        // Best effort: nobody waits for it and nothing depends on it.
        tokio::task::spawn_blocking(move || cache.tidy_up());
    }
    let outcome = summed_up(ends, cancel.is_cancelled());
    events(last_event(&outcome));
    Ok(outcome)
}

/// How one scanner's part ended.
enum End {
    Ran(RanScanner, Vec<Box<FindingRecord>>, Coverage),
    NotInstalled(SkippedScanner),
    /// The service it looks at is not there.
    NotThere(SkippedScanner),
    /// The target has nothing of its kind.
    NotApplicable(SkippedScanner),
    Failed(FailedScanner),
    Cancelled,
}

fn summed_up(ends: impl Iterator<Item = End>, cancelled: bool) -> ScanOutcome {
    let mut outcome = ScanOutcome {
        state: ScanState::Completed,
        records: Vec::new(),
        coverage: Vec::new(),
        ran: Vec::new(),
        skipped: Vec::new(),
        failed: Vec::new(),
    };
    let (mut missed, mut interrupted) = (false, false);
    for end in ends {
        match end {
            End::Ran(ran, records, coverage) => {
                outcome.ran.push(ran);
                outcome.records.extend(records);
                outcome.coverage.push(coverage);
            }
            End::NotInstalled(skipped) | End::NotThere(skipped) => {
                missed = true;
                outcome.skipped.push(skipped);
            }
            End::NotApplicable(skipped) => outcome.skipped.push(skipped),
            End::Failed(failed) => outcome.failed.push(failed),
            End::Cancelled => interrupted = true,
        }
    }
    order::sort(&mut outcome.records);
    let nobody_looked = outcome.ran.is_empty() && (missed || !outcome.failed.is_empty());
    outcome.state = match (cancelled && interrupted, nobody_looked) {
        (true, _) => ScanState::Cancelled,
        (false, true) => ScanState::Failed,
        (false, false) => ScanState::Completed,
    };
    outcome
}

fn last_event(outcome: &ScanOutcome) -> RunnerEvent {
    let scanners_run = outcome.ran.iter().map(|ran| ran.id.clone()).collect();
    match outcome.state {
        ScanState::Completed => RunnerEvent::ScanComplete { counts: outcome.counts(), scanners_run },
        ScanState::Cancelled => RunnerEvent::ScanCancelled { scanners_run },
        ScanState::Failed => {
            let failed = outcome.failed.iter().map(|failed| format!("{}: {}", failed.id, failed.reason));
            let skipped = outcome.skipped.iter().map(|skipped| format!("{}: {}", skipped.scanner, skipped.reason));
            let reasons = failed.chain(skipped).collect::<Vec<_>>().join("; ");
            RunnerEvent::ScanFailed { reason: format!("no scanner looked at the target ({reasons})") }
        }
    }
}

/// Unique for as long as the folder exists.
pub(crate) fn marker_of(folder: &Path) -> String {
    folder.display().to_string()
}
