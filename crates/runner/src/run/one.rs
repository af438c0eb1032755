//! One scanner of a scan: what it will look at, its starts, what came of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::component::united;
use scanhelm_core::scan::SkippedScanner;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::End;
use super::start::{self, Start, Trouble};
use crate::cache::{Cache, Digested};
use crate::discovery::{Availability, Discovery};
use crate::event::RunnerEvent;
use crate::message;
use crate::outcome::{Coverage, FailedScanner, RanOutcome, RanScanner};
use crate::private_folders::PrivateFolders;
use crate::process;
use crate::report::Read;
use crate::request::{Limits, ScanOptions};
use crate::scanner::{LooksAt, Scanner};
use crate::target::{Host, Protocol, Reached, SourceTree};

/// What the scanners of one scan share.
pub(super) struct Scan {
    pub targets: Reached,
    pub options: ScanOptions,
    pub limits: Limits,
    pub marker: Option<String>,
    pub folders: Arc<PrivateFolders>,
    pub user: Option<process::User>,
    pub places: Option<Arc<Semaphore>>,
    pub cache: Option<Cache>,
    /// Of the source tree and the rules, digested when first asked for; `None` when a file cannot be read.
    pub content: OnceCell<Option<Digested>>,
    /// Files of the source tree that the scanners may not read.
    pub unreadable: OnceCell<BTreeSet<PathBuf>>,
}

/// What came of all starts of a scanner.
struct All {
    read: Read,
    exit_code: i32,
    peak_memory: Option<u64>,
    /// None of them ran.
    cached: bool,
    commands: Vec<String>,
}

impl Scan {
    pub(super) async fn one(
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
            Ok((available, starts)) => {
                let place = tokio::select! {
                    biased;
                    place = self.place() => place,
                    () = cancel.cancelled() => return End::Cancelled,
                };
                let end = self.started(scanner, &available, starts, cancel, events).await;
                drop(place);
                end
            }
            Err(end) => end,
        };
        match &end {
            End::Ran(ran, ..) => events(RunnerEvent::ScannerComplete(ran.clone())),
            End::NotInstalled(skipped) | End::NotThere(skipped) | End::NotApplicable(skipped) => {
                events(RunnerEvent::ScannerSkipped(skipped.clone()));
            }
            End::Failed(failed) => events(RunnerEvent::ScannerFailed(failed.in_short())),
            End::Cancelled => {}
        }
        end
    }

    /// Nobody closes the places, so whoever asks gets one.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.places.as_ref()?).acquire_owned().await.ok()
    }

    /// Finds what it will look at and the program, unless there is nothing for it to do.
    async fn prepared(
        &self,
        discovery: &Discovery,
        scanner: &'static Scanner,
    ) -> Result<(Availability, Vec<Start>), End> {
        let skipped = |reason: String, install_hint: Option<&str>| SkippedScanner {
            scanner: scanner.id.to_owned(),
            reason,
            install_hint: install_hint.map(str::to_owned),
        };
        let starts = self.starts(scanner).await.map_err(|reason| match scanner.looks_at {
            LooksAt::Service { .. } => End::NotThere(skipped(reason, None)),
            _ => End::NotApplicable(skipped(reason, None)),
        })?;
        let available = discovery.find_one(scanner).await;
        match available.reason {
            Some(reason) => Err(End::NotInstalled(skipped(reason, Some(available.install_hint)))),
            None => Ok((available, starts)),
        }
    }

    /// Else why there is nothing for it to look at.
    async fn starts(&self, scanner: &'static Scanner) -> Result<Vec<Start>, String> {
        let named = || "the scan names no target of its kind".to_owned();
        match scanner.looks_at {
            LooksAt::Files(files) => {
                let (tree, options) = (self.targets.tree.clone().ok_or_else(named)?, self.options.clone());
                let unreadable = self.unreadable(&tree).await.clone();
                let work = move || {
                    let suits = |file: &&PathBuf| (files.looks_at)(file, &options);
                    let found: Vec<PathBuf> = tree.files().iter().filter(suits).cloned().collect();
                    let (closed, open) = found.into_iter().partition::<Vec<_>, _>(|file| unreadable.contains(file));
                    // Where none can be read the scanner shall say so: it is not that there are none.
                    start::on_files(files.started_on, &tree, if open.is_empty() { &closed } else { &open })
                };
                let starts = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?;
                if starts.is_empty() {
                    let subject = files.subject;
                    return Err(format!(
                        "there is no {subject} in the target (hidden and vendored folders do not count)"
                    ));
                }
                Ok(starts)
            }
            LooksAt::Site => {
                let site = self.targets.site.as_ref().ok_or_else(named)?;
                Ok(vec![Start::of(site.to_string(), None)])
            }
            LooksAt::Hosts => {
                let host = self.targets.host.as_ref().ok_or_else(named)?;
                Ok(vec![Start::of(host.name(), host.port())])
            }
            LooksAt::Networks => {
                let host = self.targets.host.as_ref().ok_or_else(named)?;
                match host.address() {
                    Some(address) if host.is_network() && address.is_ipv4() => Ok(vec![Start::of(host.name(), None)]),
                    _ => Err(format!("{} looks at IPv4 networks such as 10.0.0.0/24", scanner.name)),
                }
            }
            LooksAt::Service { protocol, port } => {
                let host = self.targets.host.as_ref().ok_or_else(named)?;
                service(scanner, host, protocol, port).await.map(|start| vec![start])
            }
            LooksAt::Machine => Ok(vec![Start::default()]),
        }
    }

    async fn started(
        &self,
        scanner: &'static Scanner,
        available: &Availability,
        starts: Vec<Start>,
        cancel: &CancellationToken,
        events: &(impl Fn(RunnerEvent) + Send + Sync),
    ) -> End {
        let begun = Instant::now();
        let version = available.version.clone();
        let announce = |process| {
            events(RunnerEvent::ScannerStart { scanner: scanner.id.to_owned(), version: version.clone(), process });
        };
        match self.all_starts(scanner, available, starts, cancel, announce).await {
            Ok(All { mut read, exit_code, peak_memory, cached, commands }) => {
                let components = scanner.is_inventory().then(|| united(std::mem::take(&mut read.components)));
                let coverage = Coverage { components, ..self.coverage(scanner, &read) };
                let ran = RanScanner {
                    id: scanner.id.to_owned(),
                    version: version.clone(),
                    outcome: RanOutcome::by(&read.problems),
                    duration: begun.elapsed(),
                    peak_memory_bytes: peak_memory,
                    findings: u64::try_from(read.records.len()).unwrap_or(u64::MAX),
                    components: coverage.components.as_ref().map(|components| components.len() as u64),
                    warnings: read.problems,
                    exit_code,
                    cached,
                    commands,
                };
                End::Ran(ran, read.records, coverage)
            }
            Err(Trouble::Cancelled) => End::Cancelled,
            Err(Trouble::Failed(failure)) => End::Failed(FailedScanner {
                id: scanner.id.to_owned(),
                version: version.clone(),
                duration: begun.elapsed(),
                peak_memory_bytes: failure.peak_memory,
                reason: message::shown(&failure.reason),
                exit_code: failure.exit_code,
                command: failure.command,
                log: failure.log,
            }),
        }
    }

    /// As many starts as its targets need, one after the other; one that fails fails the scanner.
    async fn all_starts(
        &self,
        scanner: &'static Scanner,
        available: &Availability,
        starts: Vec<Start>,
        cancel: &CancellationToken,
        announce: impl Fn(Option<process::Identity>),
    ) -> Result<All, Trouble> {
        let begun = Instant::now();
        let mut all =
            All { read: Read::default(), exit_code: 0, peak_memory: None, cached: true, commands: Vec::new() };
        let mut announce = Some(announce);
        for start in starts {
            let time = self.limits.time.saturating_sub(begun.elapsed());
            let told = announce.take();
            let done = self
                .one_start(scanner, available, &start, time, cancel, |process| {
                    if let Some(told) = told {
                        told(process);
                    }
                })
                .await?;
            all.read.append(done.read, start.lock_file.as_deref());
            all.exit_code = all.exit_code.max(done.exit_code);
            all.peak_memory = all.peak_memory.max(done.peak_memory);
            all.cached &= done.cached;
            all.commands.push(done.command);
        }
        all.read.problems.extend(self.left_out(scanner).await);
        if let Some(tree) = self.tree_of(scanner) {
            all.read.leave_out_what_is_not_of_tree(tree);
            if scanner.is_inventory() {
                all.read.leave_out_components_not_of_tree(tree);
                all.read.says_something(scanner, &self.files_of(scanner, tree)).map_err(Trouble::of)?;
            }
        } else if let (LooksAt::Site, Some(site)) = (scanner.looks_at, &self.targets.site) {
            all.read.leave_out_what_is_not_of_site(site);
        }
        Ok(all)
    }

    /// The source tree, when the scanner looks at files.
    pub(super) fn tree_of(&self, scanner: &Scanner) -> Option<&Arc<SourceTree>> {
        self.targets.tree.as_ref().filter(|_| matches!(scanner.looks_at, LooksAt::Files(_)))
    }

    /// The files of the tree that are the scanner's.
    fn files_of<'tree>(&self, scanner: &Scanner, tree: &'tree SourceTree) -> Vec<&'tree Path> {
        let LooksAt::Files(files) = scanner.looks_at else { return Vec::new() };
        tree.files().iter().map(PathBuf::as_path).filter(|file| (files.looks_at)(file, &self.options)).collect()
    }

    /// Of files the runner knows what was looked at; of hosts and sites only the report does.
    fn coverage(&self, scanner: &Scanner, read: &Read) -> Coverage {
        match self.tree_of(scanner) {
            Some(tree) => Coverage {
                scanner: scanner.id.to_owned(),
                assets: vec![AssetRecord::repository(tree.repository())],
                policy: None,
                complete: read.problems.is_empty(),
                components: None,
            },
            None => Coverage {
                scanner: scanner.id.to_owned(),
                assets: read.assets.clone(),
                policy: read.policy.clone(),
                complete: read.complete && read.problems.is_empty(),
                components: None,
            },
        }
    }
}

/// The service of the host at the port that was named, else at its usual one.
async fn service(scanner: &Scanner, host: &Host, protocol: Protocol, usual: u16) -> Result<Start, String> {
    if host.is_network() {
        return Err(format!("{} looks at one host and not at a network", scanner.name));
    }
    let (name, port) = (host.name(), host.port().unwrap_or(usual));
    protocol.is_spoken_at(&name, port).await?;
    Ok(Start::of(name, Some(port)))
}
