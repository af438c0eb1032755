//! `scanhelm scan`: local scanners on one target, without hub or database.
//!
//! Standard output holds the results and nothing else; progress and trouble go to standard error. The results hold no
//! time, duration, id or path of this machine, so that two scans of one commit can be compared byte by byte.

mod progress;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use scanhelm_core::Severity;
use scanhelm_runner::{Discovery, Limits, ScanOptions, ScanOutcome, ScanRequest, ScanState, ScanType, Target};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit::{self, Exit};
use crate::results::{Destinations, Results, ScannerResult};

#[derive(Args, Debug)]
pub(crate) struct ScanArguments {
    /// Folder or file to scan
    target: PathBuf,
    /// What to look for; repeat for several
    #[arg(long = "type", value_name = "TYPE", default_value = "code")]
    types: Vec<ScanType>,
    /// Only this scanner; repeat for several. `scanhelm scanners` lists them
    #[arg(long = "scanner", value_name = "ID")]
    scanners: Vec<String>,
    /// Rule file or folder for Semgrep, instead of the rules that come with Scanhelm; repeat for several
    #[arg(long = "config", value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// One more argument for a scanner, as ID=ARGUMENT: a mirror, a database of its own; repeat for several
    #[arg(long = "scanner-argument", value_name = "ID=ARGUMENT", value_parser = scanner_argument)]
    scanner_arguments: Vec<(String, OsString)>,
    #[command(flatten)]
    destinations: Destinations,
    /// End with exit code 1 when there is a finding of this severity or worse
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// One scanner after the other
    #[arg(long)]
    sequential: bool,
    /// How many scanners run at once
    #[arg(long, value_name = "N", default_value_t = 2, conflicts_with = "sequential")]
    parallel: usize,
    /// Stop a scanner that takes longer: 30s, 5m, 2h
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = crate::duration::parse)]
    timeout: Duration,
    /// Name that the findings are filed under; else the git origin or the folder's name
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    #[command(flatten)]
    installation: Installation,
    /// No progress on standard error
    #[arg(long, short)]
    quiet: bool,
}

fn scanner_argument(text: &str) -> Result<(String, OsString), String> {
    let (id, argument) = text.split_once('=').ok_or("write ID=ARGUMENT, for example retire=--jsrepo=data.json")?;
    Ok((id.to_owned(), argument.into()))
}

fn added(arguments: &[(String, OsString)]) -> BTreeMap<String, Vec<OsString>> {
    let mut added: BTreeMap<String, Vec<OsString>> = BTreeMap::new();
    for (id, argument) in arguments {
        added.entry(id.clone()).or_default().push(argument.clone());
    }
    added
}

/// Where scanners are looked for.
#[derive(Args, Debug)]
pub(crate) struct Installation {
    /// Folder with scanner programs, searched before PATH; repeat for several
    #[arg(long = "scanner-dir", value_name = "DIR", env = "SCANHELM_LOCAL_TOOL_PATHS", value_delimiter = ',')]
    folders: Vec<PathBuf>,
}

impl Installation {
    /// Relative folders count from here, not from the target.
    pub(crate) fn discovery(&self) -> Discovery {
        let folders = self.folders.iter().map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
        Discovery::new(folders.collect(), BTreeMap::new())
    }
}

pub(crate) async fn run(arguments: ScanArguments) -> Exit {
    let destinations = match arguments.destinations.checked() {
        Ok(destinations) => destinations,
        Err(error) => return exit::refused(&error),
    };
    let request = ScanRequest {
        repository: arguments.repository.clone(),
        scan_types: arguments.types.clone(),
        scanners: (!arguments.scanners.is_empty()).then(|| arguments.scanners.clone()),
        options: ScanOptions { rules: arguments.rules.clone(), arguments: added(&arguments.scanner_arguments) },
        limits: Limits { time: arguments.timeout, ..Limits::default() },
        max_parallel: if arguments.sequential { 1 } else { arguments.parallel },
        ..ScanRequest::new(&arguments.target)
    };
    let target = match Target::resolve(&request.target, request.repository.as_deref()) {
        Ok(target) => target,
        Err(error) => return exit::refused(&error),
    };
    let cancel = CancellationToken::new();
    let interruption = match Interruption::new() {
        Ok(interruption) => interruption,
        Err(error) => return exit::refused(&format!("signals cannot be received: {error}")),
    };
    let progress = progress::Progress::new(arguments.quiet);
    let discovery = arguments.installation.discovery();
    let scan = scanhelm_runner::run(&discovery, request, &cancel, |event| progress.show(&event));
    let outcome = tokio::select! {
        outcome = scan => outcome,
        // Dropping the scan ends its processes without waiting for them.
        () = interruption.second(&cancel, &progress) => return Exit::Interrupted,
    };
    progress.end();
    match outcome {
        Ok(outcome) if outcome.state == ScanState::Cancelled => {
            exit::say("Interrupted: nothing was written.");
            Exit::Interrupted
        }
        Ok(outcome) => {
            let ended = exit_of(&arguments, &outcome);
            match destinations.write(&results(&target, outcome)) {
                Ok(()) => ended,
                Err(error) => exit::refused(&error),
            }
        }
        Err(error) => exit::refused(&error),
    }
}

/// A scanner that was asked for by name and did not run has failed the caller.
fn exit_of(arguments: &ScanArguments, outcome: &ScanOutcome) -> Exit {
    let missing =
        |id: &String| outcome.skipped.iter().any(|skipped| skipped.scanner == *id && skipped.install_hint.is_some());
    let failed = outcome.state == ScanState::Failed || !outcome.failed.is_empty();
    if failed || arguments.scanners.iter().any(missing) {
        return Exit::ScannerFailed;
    }
    match arguments.fail_on {
        Some(threshold) if outcome.records.iter().any(|record| record.severity >= threshold) => Exit::Findings,
        _ => Exit::Done,
    }
}

fn results(target: &Target, outcome: ScanOutcome) -> Results {
    let ran = outcome.ran.into_iter().map(|ran| ScannerResult::Ran {
        scanner: ran.id,
        version: ran.version,
        findings: ran.findings,
        warnings: ran.warnings,
    });
    let skipped = outcome.skipped.into_iter().map(|skipped| ScannerResult::Skipped {
        scanner: skipped.scanner,
        reason: skipped.reason,
        install_hint: skipped.install_hint,
    });
    let failed = outcome.failed.into_iter().map(|failed| ScannerResult::Failed {
        scanner: failed.id,
        version: failed.version,
        reason: failed.reason,
    });
    Results {
        name: target.repository().to_owned(),
        scanners: ran.chain(skipped).chain(failed).collect(),
        records: outcome.records,
    }
}

/// The first Ctrl-C or TERM asks the scanners to end, the second does not wait for them.
struct Interruption {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Interruption {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn second(mut self, cancel: &CancellationToken, progress: &progress::Progress) {
        self.next().await;
        progress.say("Stopping the scanners; press Ctrl-C again to end them at once.");
        cancel.cancel();
        self.next().await;
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
