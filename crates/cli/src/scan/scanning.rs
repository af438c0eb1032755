//! Running the scanners for a command: what is asked for, by flags and by the project, and what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use scanhelm_core::Clock;
use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_hub::system::SystemClock;
use scanhelm_runner::{
    Cache, Coverage, Limits, PrivateFolders, Registry, ScanOptions, ScanOutcome, ScanRequest, ScanState, ScanType,
    Scanner, SourceTree, TargetKind, Targets,
};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::guard::Guard;
use super::installation::Installation;
use super::interruption::Interruption;
use super::progress;
use crate::exit::{self, Exit};
use crate::project::Project;
use crate::results::ScannerResult;

/// What every command that scans can be told.
#[derive(Args, Debug)]
pub(crate) struct Scanning {
    /// What to look for; repeat for several. Without it what the scanners named with --scanner do, else what the
    /// project's settings say, else code
    #[arg(long = "type", value_name = "TYPE")]
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
    /// Run every scanner, also where it said before what it says of these files
    #[arg(long, env = "SCANHELM_NO_CACHE", value_parser = clap::builder::BoolishValueParser::new())]
    no_cache: bool,
    /// Go by what the other scanners found when one failed, instead of ending with exit code 3
    #[arg(long)]
    pub(super) allow_scanner_failure: bool,
    /// No progress on standard error
    #[arg(long, short)]
    pub(super) quiet: bool,
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

/// The user's own folder for what can be made again; nothing is kept without one.
fn cache() -> Option<Cache> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(Cache::new(folder.join("scanhelm/local-scans"), SystemClock.now()))
}

/// Targets that can be scanned, and what their project wants.
pub(super) struct Prepared {
    targets: Targets,
    name: String,
    /// What findings in files are filed under.
    repository: Option<String>,
    folder: PathBuf,
    pub(super) project: Project,
}

impl Prepared {
    /// Of the targets, for people.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The target's root; without files among the targets, the working directory.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self) -> Result<PathBuf, String> {
        self.targets.path.as_deref().unwrap_or(Path::new(".")).canonicalize().map_err(|error| error.to_string())
    }

    /// As the repository names it.
    pub(super) fn path_within(&self, top: &Path) -> Result<PathBuf, String> {
        let within = self.path()?.strip_prefix(top).map(Path::to_owned);
        within.map_err(|_| "the path lies outside of the working tree of its repository".to_owned())
    }

    /// The same project with other files, which lie in `copy` as the repository's do under `top`.
    pub(super) fn with_files_of(&self, copy: &Path, top: &Path) -> Result<Self, String> {
        let there = |place: &Path| place.strip_prefix(top).map_or_else(|_| copy.to_owned(), |within| copy.join(within));
        let path = there(&self.path()?);
        let tree = SourceTree::resolve(&path, self.repository.as_deref()).map_err(|error| error.to_string())?;
        let folder = self.project.folder.as_deref().map(there);
        Ok(Self {
            targets: path.as_path().into(),
            name: self.name.clone(),
            repository: self.repository.clone(),
            folder: tree.root().to_owned(),
            project: Project { folder, ..self.project.clone() },
        })
    }
}

/// What came of the scanners.
pub(super) struct Scanned {
    /// Of the targets, for people.
    pub(super) name: String,
    /// The target's root; without files among the targets, the working directory.
    pub(super) folder: PathBuf,
    pub(super) project: Project,
    pub(super) records: Vec<Box<FindingRecord>>,
    /// `None`: nobody asked.
    pub(super) components: Option<Vec<ComponentRecord>>,
    pub(super) scanners: Vec<ScannerResult>,
    pub(super) scan_types: Vec<ScanType>,
    /// The scanners that looked at everything.
    pub(super) looked: BTreeSet<String>,
    pub(super) coverage: Vec<Coverage>,
    /// The findings are not the whole truth, and nobody said that this is fine.
    pub(super) failed: bool,
}

impl Scanned {
    /// The scanners that did not bring a result, with the reason.
    pub(super) fn failures(&self) -> Vec<String> {
        let told = |result: &ScannerResult| match result {
            ScannerResult::Failed { scanner, reason, .. } => Some(format!("{scanner} failed: {reason}")),
            ScannerResult::Skipped { scanner, reason, install_hint: Some(_) } => {
                Some(format!("{scanner} was skipped: {reason}"))
            }
            _ => None,
        };
        self.scanners.iter().filter_map(told).collect()
    }
}

impl Scanning {
    /// Looks at the target's files and settings, before anything runs. Without files the settings are those of the
    /// project that the caller stands in.
    pub(super) fn prepared(&self, targets: Targets) -> Result<Prepared, String> {
        let tree = targets.path.as_ref().map(|path| SourceTree::resolve(path, self.repository.as_deref())).transpose();
        let tree = tree.map_err(|error| error.to_string())?;
        let folder = match &tree {
            Some(tree) => tree.root().to_path_buf(),
            None => {
                std::env::current_dir().map_err(|error| format!("the working directory cannot be used: {error}"))?
            }
        };
        let registry = &self.installation.own()?.registry;
        self.check_named(registry)?;
        let project = Project::of(&folder, registry).map_err(|error| error.to_string())?;
        let name = targets.name(tree.as_ref());
        let repository = tree.map(|tree| tree.repository().to_owned()).or_else(|| self.repository.clone());
        Ok(Prepared { targets, name, repository, folder, project })
    }

    /// Runs the scanners; `Err` is how the command ends when there is nothing to go by.
    pub(super) async fn scan(&self, prepared: Prepared) -> Result<Scanned, Exit> {
        let Prepared { targets, name, repository, folder, project } = prepared;
        let of_files = targets.site.is_none() && targets.host.is_none();
        let scan_types = self.types_for(&targets, &project);
        let mut outcome = self.outcome(self.request(targets, repository, &project)).await?;
        let components = scan_types.contains(&ScanType::Sbom).then(|| outcome.components());
        let coverage = std::mem::take(&mut outcome.coverage);
        let failed = !self.allow_scanner_failure && self.has_failed(&project, &outcome);
        let complete = outcome.ran.iter().filter(|ran| ran.warnings.is_empty()).map(|ran| &ran.id);
        // Where there is no file to look at, there is nothing left of what was found.
        let idle = outcome.skipped.iter().filter(|skipped| of_files && skipped.install_hint.is_none());
        let looked = complete.chain(idle.map(|skipped| &skipped.scanner)).cloned().collect();
        let (scanners, records) = told(outcome);
        Ok(Scanned { name, folder, project, records, components, scanners, scan_types, looked, coverage, failed })
    }

    /// Whether the scan will list components, by flags or by the project.
    pub(super) fn lists_components(&self, prepared: &Prepared) -> bool {
        self.types_for(&prepared.targets, &prepared.project).contains(&ScanType::Sbom)
    }

    /// For commands that compare findings.
    pub(super) fn check_looks_for_flaws(&self) -> Result<(), Exit> {
        match self.asked_types().contains(&ScanType::Sbom) {
            true => Err(exit::refused(
                &"scans of type sbom list components, which are not compared; `scanhelm scan . --type sbom` lists them",
            )),
            false => Ok(()),
        }
    }

    fn request(&self, targets: Targets, repository: Option<String>, project: &Project) -> ScanRequest {
        ScanRequest {
            repository,
            scan_types: self.types_for(&targets, project),
            scanners: self.selected(&targets, project),
            options: ScanOptions { rules: self.rules.clone(), arguments: added(&self.scanner_arguments) },
            limits: Limits { time: self.timeout, ..Limits::default() },
            max_parallel: if self.sequential { 1 } else { self.parallel },
            cache: cache().filter(|_| !self.no_cache),
            ..ScanRequest::new(targets)
        }
    }

    fn named<'all>(&'all self, registry: &'all Registry) -> impl Iterator<Item = &'static Scanner> + 'all {
        self.scanners.iter().filter_map(|id| registry.get(id))
    }

    /// Those of the flags: a scanner that is named without a type does what it does.
    fn asked_types(&self) -> Vec<ScanType> {
        match self.installation.own() {
            Ok(own) if self.types.is_empty() => {
                let types: BTreeSet<_> = self.named(&own.registry).flat_map(|scanner| scanner.scan_types).collect();
                types.into_iter().copied().collect()
            }
            _ => self.types.clone(),
        }
    }

    /// A scanner that is named and would not run is a mistake, also where others run.
    fn check_named(&self, registry: &Registry) -> Result<(), String> {
        let idle = self.named(registry).find(|scanner| !self.types.is_empty() && !scanner.has_type(&self.types));
        idle.map_or(Ok(()), |scanner| {
            let does = scanner.scan_types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            Err(format!(
                "{} does scans of type {does}, which --type leaves out: add that type, or name no type at all",
                scanner.id
            ))
        })
    }

    /// Those of the flags; else the project's, or code, for files, and the only one there is for a site or a host.
    fn types_for(&self, targets: &Targets, project: &Project) -> Vec<ScanType> {
        let asked = self.asked_types();
        if !asked.is_empty() {
            return asked;
        }
        let of_files = if project.types.is_empty() { vec![ScanType::Code] } else { project.types.clone() };
        let others = [ScanType::Dast, ScanType::Network];
        of_files.into_iter().chain(others).filter(|kind| targets.has(kind.target())).collect()
    }

    /// A digest of what a scanner was asked beyond its usual questions. Arguments can hold secrets.
    pub(super) fn policy(&self, scanner: &str) -> Option<String> {
        let rules = self.rules.iter().filter(|_| scanner == "semgrep").map(|path| path.as_os_str());
        let own =
            self.scanner_arguments.iter().filter(|(id, _)| id == scanner).map(|(_, argument)| argument.as_os_str());
        let all: Vec<_> = rules.chain(own).collect();
        let mut digest = Sha256::new();
        for argument in &all {
            digest.update(argument.as_encoded_bytes());
            digest.update([0]);
        }
        let short: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        (!all.is_empty()).then(|| format!("arguments {short}"))
    }

    /// Those of the flags. Else the project's, which says who looks at its files and nothing of sites and hosts: those
    /// are looked at by all scanners there are for them. `None`: all of the types.
    fn selected(&self, targets: &Targets, project: &Project) -> Option<Vec<String>> {
        if !self.scanners.is_empty() {
            return Some(self.scanners.clone());
        }
        if project.scanners.is_empty() || targets.path.is_none() {
            return None;
        }
        let of_files = |kind: &ScanType| kind.target() == TargetKind::Files;
        let own = self.installation.own().ok();
        let others = own
            .into_iter()
            .flat_map(|own| own.registry.all())
            .filter(|scanner| !scanner.scan_types.iter().any(of_files));
        Some(project.scanners.iter().cloned().chain(others.map(|scanner| scanner.id.to_owned())).collect())
    }

    /// The scanners that were asked for by name.
    fn asked<'all>(&'all self, project: &'all Project) -> &'all [String] {
        if self.scanners.is_empty() { &project.scanners } else { &self.scanners }
    }

    async fn outcome(&self, request: ScanRequest) -> Result<ScanOutcome, Exit> {
        let cancel = CancellationToken::new();
        let interruption = Interruption::new()?;
        let progress = progress::Progress::new(self.quiet);
        let discovery = self
            .installation
            .discovery()
            .map_err(|error| exit::refused(&error))?
            .with_kept_versions(request.cache.clone());
        let guard = Guard::start()
            .map_err(|error| exit::refused(&format!("no folder for the files of the scan can be made: {error}")))?;
        let discovery = discovery.with_private_folders(PrivateFolders::within(guard.folder().to_owned()));
        let request = ScanRequest { marker: Some(guard.marker()), ..request };
        let scan = scanhelm_runner::run(&discovery, request, &cancel, |event| progress.show(&event));
        let outcome = tokio::select! {
            outcome = scan => Some(outcome),
            // Dropping the scan ends its processes without waiting for them.
            () = interruption.second(&cancel, &progress) => None,
        };
        progress.end();
        match outcome.ok_or(Exit::Interrupted)? {
            Ok(outcome) if outcome.state == ScanState::Cancelled => {
                exit::say("Interrupted: nothing was written.");
                Err(Exit::Interrupted)
            }
            Ok(outcome) => Ok(outcome),
            Err(error) => Err(exit::refused(&error)),
        }
    }

    /// Whether a scan of this machine was asked for, which needs no target.
    pub(super) fn is_of_machine(&self) -> bool {
        self.asked_types().iter().any(|kind| kind.target() == TargetKind::Machine)
    }

    /// A scanner that was asked for by name and did not run has failed the caller.
    fn has_failed(&self, project: &Project, outcome: &ScanOutcome) -> bool {
        let missing = |id: &String| {
            outcome.skipped.iter().any(|skipped| skipped.scanner == *id && skipped.install_hint.is_some())
        };
        outcome.state == ScanState::Failed || !outcome.failed.is_empty() || self.asked(project).iter().any(missing)
    }
}

fn told(outcome: ScanOutcome) -> (Vec<ScannerResult>, Vec<Box<FindingRecord>>) {
    let ran = outcome.ran.into_iter().map(|ran| ScannerResult::Ran {
        scanner: ran.id,
        version: ran.version,
        findings: ran.findings,
        components: ran.components,
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
    (ran.chain(skipped).chain(failed).collect(), outcome.records)
}
