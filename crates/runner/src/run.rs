//! One scan: every selected scanner, a bounded number at a time, into one ordered list.
//!
//! The scanners' futures are polled by the caller's own task and not spawned: dropping the scan drops them, and with
//! them their processes, at once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::scan::SkippedScanner;
use scanhelm_formats::ReadOptions;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::discovery::{Availability, Discovery};
use crate::event::RunnerEvent;
use crate::outcome::{FailedScanner, RanScanner, ScanOutcome, ScanState};
use crate::process::{self, Ended, Why};
use crate::report::{self, Read, ReportError};
use crate::request::{Limits, RequestError, ScanOptions, ScanRequest};
use crate::scanner::{Invocation, ReportPlace, Scanner, StartedOn, WorkingFolder};
use crate::target::{Target, argument};
use crate::{message, order};

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
    let selected = request.selected()?;
    let options = request.resolved_options()?;
    let (path, repository) = (request.target.clone(), request.repository.clone());
    let target = blocking(move || Target::resolve(&path, repository.as_deref())).await??;

    events(RunnerEvent::ScanStart {
        target: target.repository().to_owned(),
        scanners: selected.iter().map(|scanner| scanner.id.to_owned()).collect(),
    });
    let scan = Scan { target: Arc::new(target), options, limits: request.limits, marker: request.marker };
    // Boxed and listed first: a lazily mapped stream of borrowing futures is not provably `Send` for the callers.
    let starts: Vec<BoxFuture<'_, End>> =
        selected.iter().map(|scanner| scan.one(discovery, scanner, cancel, &events).boxed()).collect();
    let ends: Vec<End> = futures::stream::iter(starts).buffered(request.max_parallel.max(1)).collect().await;

    let outcome = summed_up(ends, cancel.is_cancelled());
    events(last_event(&outcome));
    Ok(outcome)
}

/// How one scanner's part ended.
enum End {
    Ran(RanScanner, Vec<FindingRecord>),
    NotInstalled(SkippedScanner),
    NotApplicable(SkippedScanner),
    Failed(FailedScanner),
    Cancelled,
}

fn summed_up(ends: Vec<End>, cancelled: bool) -> ScanOutcome {
    let mut outcome = ScanOutcome {
        state: ScanState::Completed,
        records: Vec::new(),
        ran: Vec::new(),
        skipped: Vec::new(),
        failed: Vec::new(),
    };
    let (mut not_installed, mut interrupted) = (false, false);
    for end in ends {
        match end {
            End::Ran(ran, records) => {
                outcome.ran.push(ran);
                outcome.records.extend(records);
            }
            End::NotInstalled(skipped) => {
                not_installed = true;
                outcome.skipped.push(skipped);
            }
            End::NotApplicable(skipped) => outcome.skipped.push(skipped),
            End::Failed(failed) => outcome.failed.push(failed),
            End::Cancelled => interrupted = true,
        }
    }
    order::sort(&mut outcome.records);
    let nobody_looked = outcome.ran.is_empty() && (not_installed || !outcome.failed.is_empty());
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

/// What the scanners of one scan share.
struct Scan {
    target: Arc<Target>,
    options: ScanOptions,
    limits: Limits,
    marker: Option<String>,
}

impl Scan {
    async fn one(
        &self,
        discovery: &Discovery,
        scanner: &'static Scanner,
        cancel: &CancellationToken,
        events: &(impl Fn(RunnerEvent) + Send + Sync),
    ) -> End {
        if cancel.is_cancelled() {
            return End::Cancelled;
        }
        let end = tokio::select! {
            biased;
            end = self.prepared(discovery, scanner) => end,
            () = cancel.cancelled() => return End::Cancelled,
        };
        let end = match end {
            Ok((available, files)) => self.started(scanner, &available, &files, cancel, events).await,
            Err(end) => end,
        };
        match &end {
            End::Ran(ran, _) => events(RunnerEvent::ScannerComplete(ran.clone())),
            End::NotInstalled(skipped) | End::NotApplicable(skipped) => {
                events(RunnerEvent::ScannerSkipped(skipped.clone()));
            }
            End::Failed(failed) => events(RunnerEvent::ScannerFailed(failed.clone())),
            End::Cancelled => {}
        }
        end
    }

    /// Finds the program and what it will look at, unless there is nothing for it to do.
    async fn prepared(
        &self,
        discovery: &Discovery,
        scanner: &'static Scanner,
    ) -> Result<(Availability, Vec<PathBuf>), End> {
        let skipped = |reason: String, install_hint: Option<&str>| SkippedScanner {
            scanner: scanner.id.to_owned(),
            reason,
            install_hint: install_hint.map(str::to_owned),
        };
        let (target, options) = (Arc::clone(&self.target), self.options.clone());
        let files = blocking(move || looked_at(scanner, &target, &options))
            .await
            .map_err(|error| End::Failed(failed(scanner, None, Duration::ZERO, error.to_string(), None)))?;
        if files.is_empty() {
            let reason =
                format!("there is no {} in the target (hidden and vendored folders do not count)", scanner.subject);
            return Err(End::NotApplicable(skipped(reason, None)));
        }
        let available = discovery.find_one(scanner).await;
        match available.reason {
            Some(reason) => Err(End::NotInstalled(skipped(reason, Some(available.install_hint)))),
            None => Ok((available, files)),
        }
    }

    async fn started(
        &self,
        scanner: &'static Scanner,
        available: &Availability,
        files: &[PathBuf],
        cancel: &CancellationToken,
        events: &(impl Fn(RunnerEvent) + Send + Sync),
    ) -> End {
        let begun = Instant::now();
        let version = available.version.clone();
        let announce = |process| {
            events(RunnerEvent::ScannerStart { scanner: scanner.id.to_owned(), version: version.clone(), process });
        };
        match self.all_starts(scanner, available, files, cancel, announce).await {
            Ok((read, exit_code)) => {
                let ran = RanScanner {
                    id: scanner.id.to_owned(),
                    version: version.clone(),
                    duration: begun.elapsed(),
                    findings: u64::try_from(read.records.len()).unwrap_or(u64::MAX),
                    warnings: read.problems,
                    exit_code,
                };
                End::Ran(ran, read.records)
            }
            Err(Trouble::Cancelled) => End::Cancelled,
            Err(Trouble::Failed { reason, exit_code }) => {
                End::Failed(failed(scanner, version.clone(), begun.elapsed(), reason, exit_code))
            }
        }
    }

    /// As many starts as its files need, one after the other; one that fails fails the scanner.
    async fn all_starts(
        &self,
        scanner: &'static Scanner,
        available: &Availability,
        files: &[PathBuf],
        cancel: &CancellationToken,
        announce: impl Fn(process::Identity),
    ) -> Result<(Read, i32), Trouble> {
        let begun = Instant::now();
        let (mut all, mut worst) = (Read::default(), 0);
        let mut announce = Some(announce);
        for start in starts(scanner, &self.target, files) {
            let time = self.limits.time.saturating_sub(begun.elapsed());
            let told = announce.take();
            let (mut read, exit_code) = self
                .one_start(scanner, available, &start, time, cancel, |process| {
                    if let Some(told) = told {
                        told(process);
                    }
                })
                .await?;
            if let Some(file) = &start.lock_file {
                file_under(&mut read.records, file);
            }
            all.records.append(&mut read.records);
            all.problems.append(&mut read.problems);
            worst = worst.max(exit_code);
        }
        all.leave_out_what_is_not_the_targets(&self.target);
        Ok((all, worst))
    }

    async fn one_start(
        &self,
        scanner: &'static Scanner,
        available: &Availability,
        start: &Start,
        time: Duration,
        cancel: &CancellationToken,
        announce: impl FnOnce(process::Identity),
    ) -> Result<(Read, i32), Trouble> {
        let folder =
            private_folder().map_err(|error| Trouble::of(format!("no folder for its files can be made: {error}")))?;
        let report = folder.path().join("report");
        let invocation = Invocation {
            root: self.target.root(),
            targets: start.targets.clone(),
            report: &report,
            folder: folder.path(),
            options: &self.options,
        };
        let arguments = (scanner.arguments)(&invocation)
            .map_err(|error| Trouble::of(format!("its files cannot be prepared: {error}")))?;
        let marker = self.marker.clone().unwrap_or_else(|| marker_of(folder.path()));
        // Two scanners of one scan must not end each other's processes.
        let marker = format!("{marker}/{}", scanner.id);
        let program = available.path.as_deref().unwrap_or(Path::new(scanner.program));
        let command = process::Command {
            program,
            arguments,
            folder: match scanner.works_in {
                WorkingFolder::Target => self.target.root(),
                WorkingFolder::Private => folder.path(),
            },
            home: folder.path(),
            environment: scanner.environment,
            marker: &marker,
            report: Some(&report),
            printed: scanner.report == ReportPlace::StandardOutput,
            time,
            grace: self.limits.grace,
            report_bytes: self.limits.report_bytes,
            output_bytes: self.limits.output_bytes,
        };
        let ended = process::run(&command, cancel, announce)
            .await
            .map_err(|error| Trouble::of(format!("{} cannot be run: {error}", program.display())))?;
        let exit_code = self.exit_code(scanner, &ended)?;
        let read = self.read(scanner, &report, exit_code, &ended).await?;
        Ok((read, exit_code))
    }

    fn exit_code(&self, scanner: &Scanner, ended: &Ended) -> Result<i32, Trouble> {
        let limits = &self.limits;
        match &ended.why {
            Why::Exit(status) => status.code().ok_or_else(|| Trouble::of(format!("it was ended by {status}"))),
            Why::Cancelled => Err(Trouble::Cancelled),
            Why::TimedOut => Err(Trouble::of(format!(
                "{} did not end within {} seconds and was stopped; give it more time or a smaller target",
                scanner.name,
                limits.time.as_secs_f32()
            ))),
            Why::ReportTooLarge => Err(Trouble::of(format!(
                "its report grew beyond {} bytes and it was stopped; scan parts of the target",
                limits.report_bytes
            ))),
            Why::OutputTooLarge => {
                Err(Trouble::of(format!("it printed more than {} bytes and was stopped", limits.output_bytes)))
            }
        }
    }

    /// The report and the exit code together decide; neither does alone.
    async fn read(
        &self,
        scanner: &'static Scanner,
        report: &Path,
        exit_code: i32,
        ended: &Ended,
    ) -> Result<Read, Trouble> {
        let trouble = |reason: String| Trouble::Failed { reason, exit_code: Some(exit_code) };
        let options = ReadOptions {
            format: Some(scanner.format.to_owned()),
            source_root: Some(self.target.root().to_path_buf()),
            repository: Some(self.target.repository().to_owned()),
            ..ReadOptions::default()
        };
        let path = report.to_path_buf();
        let read = blocking(move || report::read(&path, &options)).await.map_err(|error| trouble(error.to_string()))?;
        let printed = message::shown(last_words(ended));
        let said = |words: &str| if words.is_empty() { String::new() } else { format!(": {words}") };
        match read {
            Ok(read) if !scanner.exit_codes.contains(&exit_code) => {
                let words = read.problems.first().map_or(printed, Clone::clone);
                Err(trouble(format!("it ended with exit code {exit_code}{}", said(&words))))
            }
            Ok(read) if read.blind => {
                let words = read.problems.first().map_or("it gives no reason", String::as_str);
                Err(trouble(format!("it looked at nothing: {words}")))
            }
            Ok(read) => Ok(read),
            Err(error @ ReportError::Missing) => {
                Err(trouble(format!("{error} and ended with exit code {exit_code}{}", said(&printed))))
            }
            Err(error) => Err(trouble(format!("its report cannot be used, exit code {exit_code}: {error}"))),
        }
    }
}

/// The files of the target that a scanner has something to do with.
fn looked_at(scanner: &Scanner, target: &Target, options: &ScanOptions) -> Vec<PathBuf> {
    target.files().iter().filter(|file| (scanner.looks_at)(file, options)).cloned().collect()
}

/// What one process of a scanner is given.
struct Start {
    targets: Vec<OsString>,
    lock_file: Option<PathBuf>,
}

/// Far below what any system takes for a command line.
const ARGUMENT_BYTES: usize = 96 * 1024;

fn starts(scanner: &Scanner, target: &Target, files: &[PathBuf]) -> Vec<Start> {
    match scanner.started_on {
        StartedOn::Target => vec![Start { targets: vec![target.argument()], lock_file: None }],
        StartedOn::EachFile => {
            let start = |file: &PathBuf| Start { targets: vec![argument(file)], lock_file: Some(file.clone()) };
            files.iter().map(start).collect()
        }
        StartedOn::Files => {
            let mut starts: Vec<Start> = Vec::new();
            let mut bytes = ARGUMENT_BYTES;
            for file in files.iter().map(|file| argument(file)) {
                bytes += file.len() + 1;
                if bytes > ARGUMENT_BYTES {
                    starts.push(Start { targets: Vec::new(), lock_file: None });
                    bytes = file.len() + 1;
                }
                if let Some(start) = starts.last_mut() {
                    start.targets.push(file);
                }
            }
            starts
        }
    }
}

/// Packages without a place are those of the lock file.
fn file_under(records: &mut [FindingRecord], lock_file: &Path) {
    for record in records {
        if let Location::Package { path: path @ None, .. } = &mut record.location {
            *path = Some(lock_file.to_string_lossy().into_owned());
        }
    }
}

/// Tools say what stopped them at the end.
fn last_words(ended: &Ended) -> &str {
    let last = |text: &'_ str| text.trim_end().char_indices().rev().nth(300).map_or(0, |(index, _)| index);
    let stream = if ended.stderr.trim().is_empty() { &ended.stdout } else { &ended.stderr };
    stream.get(last(stream)..).unwrap_or_default()
}

enum Trouble {
    Cancelled,
    Failed { reason: String, exit_code: Option<i32> },
}

impl Trouble {
    fn of(reason: String) -> Self {
        Self::Failed { reason, exit_code: None }
    }
}

fn failed(
    scanner: &Scanner,
    version: Option<String>,
    duration: Duration,
    reason: String,
    exit_code: Option<i32>,
) -> FailedScanner {
    FailedScanner { id: scanner.id.to_owned(), version, duration, reason: message::shown(&reason), exit_code }
}

/// Readable by nobody else, gone with its owner.
pub(crate) fn private_folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("scanhelm-").tempdir()
}

/// Unique for as long as the folder exists.
pub(crate) fn marker_of(folder: &Path) -> String {
    folder.display().to_string()
}

/// File work off the threads that serve requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, RequestError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| RequestError::Interrupted(error.to_string()))
}
