//! `scanhelm scan`: local scanners on files, a web site, hosts or this machine, without hub or database.
//!
//! Standard output holds the results and nothing else; progress and trouble go to standard error. The results hold no
//! time, duration, id or path of this machine, so that two scans of one commit can be compared byte by byte. What is
//! suppressed counts for no gate, and with a hub neither does what counts for nothing there.

pub(crate) mod baseline;
pub(crate) mod compare;
mod comparison;
pub(crate) mod diff;
mod git;
pub(crate) mod guard;
mod heard;
mod installation;
mod interruption;
mod judged;
mod private_copy;
mod progress;
mod result_file;
mod rows;
mod scanning;
mod staged;
mod watch;

use std::path::PathBuf;

use clap::Args;
use scanhelm_core::Severity;
use scanhelm_runner::{Host, Site, Targets};

use crate::ci::{self, Variables};
use crate::exit::{self, Exit};
use crate::explain::AfterScan;
use crate::project::Project;
use crate::remote::run::{Run, RunArguments};
use crate::results::{self, Checked, Destinations, Results, ScannerResult};
pub(crate) use installation::{Installation, users_scanners};
use interruption::Interruption;
use judged::Judged;
pub(crate) use result_file::{Finding as ResultFinding, ResultFile};
use scanning::Scanning;

#[derive(Args, Debug)]
pub(crate) struct ScanArguments {
    /// Folder or file to scan
    target: Option<PathBuf>,
    /// Web site to scan, by its address. Scanners attack it: scan what is yours
    #[arg(long, value_name = "ADDRESS")]
    url: Option<Site>,
    /// Host to scan: a name, an address, HOST:PORT, or a network such as 10.0.0.0/24
    #[arg(long, value_name = "HOST")]
    host: Option<Host>,
    /// Scan what is staged for the next commit, as it is staged; without a target in the current folder
    #[arg(long, conflicts_with_all = ["url", "host", "hub"])]
    staged: bool,
    /// Scan again when files change, and tell what is new and gone; Ctrl-C ends it
    #[arg(long, conflicts_with_all = ["staged", "url", "host", "hub", "output", "output_files", "fail_on", "fail_on_new", "max_findings"])]
    watch: bool,
    #[command(flatten)]
    scanning: Scanning,
    #[command(flatten)]
    destinations: Destinations,
    /// Findings that were there before: they count for no gate. `scanhelm baseline` writes the file
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Show what is suppressed, too, marked as such; in the table, JSON, NDJSON and SARIF
    #[arg(long)]
    show_suppressed: bool,
    /// Suppress nothing: neither comments, rules and the baseline nor judgements at the hub hide a finding, and the
    /// project changes no severity
    #[arg(long)]
    no_suppress: bool,
    #[command(flatten)]
    gates: Gates,
    #[command(flatten)]
    hub: RunArguments,
    #[command(flatten)]
    explanations: AfterScan,
}

/// When a scan does not pass.
#[derive(Args, Debug)]
struct Gates {
    /// End with exit code 1 when there is a finding of this severity or worse
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// The same for findings that the baseline does not know
    #[arg(long, value_name = "SEVERITY")]
    fail_on_new: Option<Severity>,
    /// End with exit code 1 when there are more findings
    #[arg(long, value_name = "N")]
    max_findings: Option<u64>,
}

pub(crate) async fn run(arguments: ScanArguments) -> Exit {
    let ended = if arguments.watch { watch::run(arguments).await } else { carried_out(arguments).await };
    match ended {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn carried_out(arguments: ScanArguments) -> Result<Exit, Exit> {
    let refused = |error: String| exit::refused(&error);
    let now = judged::now().map_err(refused)?;
    arguments.hub.check()?;
    // Before anything runs: a broken baseline should not cost a scan.
    let prepared = arguments.scanning.prepared(arguments.targets()?).map_err(|error| exit::refused(&error))?;
    let lists_components = arguments.scanning.lists_components(&prepared);
    let destinations = arguments.checked_destinations(lists_components)?;
    let gates = arguments.gates.over(&prepared.project);
    let file = arguments.baseline.as_ref().or(prepared.project.baseline.as_ref());
    if gates.fail_on_new.is_some() && file.is_none() {
        return Err(refused("--fail-on-new needs a baseline: name it with --baseline FILE".to_owned()));
    }
    let baseline = file.map(|file| judged::read_baseline(file)).transpose().map_err(refused)?;
    let (prepared, _copy) = if arguments.staged {
        let name = prepared.name().to_owned();
        match staged::written_out(&prepared, arguments.scanning.quiet).await? {
            Some((staged, copy)) => (staged, Some(copy)),
            None => return arguments.found_nothing(&destinations, name),
        }
    } else {
        (prepared, None)
    };
    let scanned = arguments.scanning.scan(prepared).await?;
    let suppresses = !arguments.no_suppress;
    let mut judged =
        Judged::of(scanned.records, &scanned.coverage, &scanned.folder, &scanned.project, baseline, suppresses, now);
    let (mut warnings, new) = (std::mem::take(&mut judged.warnings), std::mem::take(&mut judged.new));
    let mut results = Results {
        components: scanned.components,
        ..results_of(scanned.name, scanned.scanners, judged, arguments.show_suppressed)
    };
    let run = Run {
        results: &results,
        pipeline: &ci::pipeline(&Variables::of_process(), &scanned.folder),
        scan_types: scanned.scan_types.iter().map(|kind| kind.as_str()).collect(),
        coverage: &scanned.coverage,
        policy: &|scanner| arguments.scanning.policy(scanner),
        whole: !arguments.target.as_ref().is_some_and(|path| path.is_file()),
    };
    let told = arguments.hub.tell(&run, suppresses).await;
    if suppresses {
        warnings.extend(heard::hear(&mut results, &told, now));
    }
    if !arguments.scanning.quiet {
        warnings.iter().for_each(|warning| exit::say(&format!("warning: {}", results::cell(warning, 500))));
    }
    let kept: Vec<Severity> = results.findings.iter().map(|finding| finding.record.severity).collect();
    // What the baseline knows is suppressed: all that is kept is new.
    let new = if suppresses { &kept } else { &new };
    let exit = if scanned.failed { Exit::ScannerFailed } else { gates.exit(&kept, new) };
    destinations.write(&results).map_err(|error| exit::refused(&error))?;
    let exit = arguments.hub.exit(told, arguments.scanning.quiet, exit);
    if arguments.explanations.is_asked_for() {
        let mut interruption = Interruption::new()?;
        tokio::select! {
            () = arguments.explanations.tell(results.findings.iter().map(|entry| &*entry.record)) => {}
            () = interruption.next() => exit::say("Interrupted: no more is explained; the results are whole."),
        }
    }
    Ok(exit)
}

fn results_of(name: String, scanners: Vec<ScannerResult>, judged: Judged, shows_suppressed: bool) -> Results {
    let Judged { kept, suppressed, has_baseline, .. } = judged;
    Results {
        name,
        scanners,
        findings: kept,
        suppressed,
        shows_suppressed,
        components: None,
        has_baseline,
        warnings: Vec::new(),
    }
}

impl ScanArguments {
    /// Without one the current folder: a hook runs in the top folder.
    fn target(&self) -> PathBuf {
        self.target.clone().unwrap_or_else(|| PathBuf::from("."))
    }

    /// Before any work is done. Components that nobody would see are told of.
    fn checked_destinations(&self, lists_components: bool) -> Result<Checked, Exit> {
        if !lists_components {
            return self.destinations.checked().map_err(|error| exit::refused(&error));
        }
        let destinations = self.destinations.checked_for_components().map_err(|error| exit::refused(&error))?;
        for format in destinations.without_components() {
            exit::say(&format!(
                "warning: {format} has no place for components and leaves them out; table, json, ndjson and cyclonedx have one"
            ));
        }
        Ok(destinations)
    }

    fn targets(&self) -> Result<Targets, Exit> {
        let path = if self.staged || self.watch { Some(self.target()) } else { self.target.clone() };
        let targets = Targets { path, site: self.url.clone(), host: self.host.clone() };
        if targets == Targets::default() && !self.scanning.is_of_machine() {
            return Err(exit::refused(
                &"name what to scan: a folder or file (`scanhelm scan .`), --url, --host, or this machine with --type baseline",
            ));
        }
        Ok(targets)
    }

    /// An output without findings is an output all the same: whatever reads it expects one.
    fn found_nothing(&self, destinations: &Checked, name: String) -> Result<Exit, Exit> {
        let results = results_of(name, Vec::new(), Judged::default(), self.show_suppressed);
        destinations.write(&results).map_err(|error| exit::refused(&error))?;
        Ok(Exit::Done)
    }
}

impl Gates {
    /// Flags go before the project's settings.
    fn over(&self, project: &Project) -> Self {
        Self {
            fail_on: self.fail_on.or(project.fail_on),
            fail_on_new: self.fail_on_new.or(project.fail_on_new),
            max_findings: self.max_findings.or(project.max_findings),
        }
    }

    fn exit(&self, kept: &[Severity], new: &[Severity]) -> Exit {
        let reach = |threshold: Option<Severity>, found: &[Severity]| {
            threshold.is_some_and(|threshold| found.iter().any(|severity| *severity >= threshold))
        };
        let too_many = self.max_findings.is_some_and(|most| kept.len() as u64 > most);
        let (found, new) = (reach(self.fail_on, kept), reach(self.fail_on_new, new));
        if found || new || too_many { Exit::Findings } else { Exit::Done }
    }
}
