//! What is asked for, and within which limits.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::cache::Cache;
use crate::process::User;
use crate::registry::Registry;
use crate::scanner::{ScanType, Scanner};
use crate::target::{TargetError, TargetKind, Targets};

#[derive(Clone, Debug)]
pub struct ScanRequest {
    pub targets: Targets,
    /// The name of the source tree, when the caller knows better than [`crate::SourceTree::repository`].
    pub repository: Option<String>,
    pub scan_types: Vec<ScanType>,
    /// Ids; `None` for every scanner of the types.
    pub scanners: Option<Vec<String>>,
    pub options: ScanOptions,
    pub limits: Limits,
    /// How many scanners run at once; at least 1.
    pub max_parallel: usize,
    /// Where answers of scanners are kept for files that do not change; without such a place every scanner runs.
    pub cache: Option<Cache>,
    /// Put into the environment of every process of the scan. A hub that was killed finds by it what it left behind:
    /// see [`crate::process::end_leftovers`]. `None`: made up for each scanner.
    pub marker: Option<String>,
    /// Whom the scanners run as; `None`: as this program.
    pub user: Option<User>,
    /// Places that this scan shares with others; each scanner takes one, in the order of asking. `None`: it is alone.
    pub places: Option<Arc<Semaphore>>,
}

impl ScanRequest {
    /// Every type of scan that the targets are there for and that looks for flaws, with the usual limits.
    #[must_use]
    pub fn new(targets: impl Into<Targets>) -> Self {
        let targets = targets.into();
        let looks_for_flaws = |kind: &ScanType| *kind != ScanType::Sbom && kind.target() != TargetKind::Machine;
        let wanted = |kind: &ScanType| looks_for_flaws(kind) && targets.has(kind.target());
        Self {
            scan_types: ScanType::ALL.into_iter().filter(wanted).collect(),
            targets,
            repository: None,
            scanners: None,
            options: ScanOptions::default(),
            limits: Limits::default(),
            max_parallel: 2,
            cache: None,
            marker: None,
            user: None,
            places: None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// Rule files or folders for the scanners that take some (Semgrep), instead of those shipped with Scanhelm.
    pub rules: Vec<PathBuf>,
    /// More arguments for a scanner, by its id: a mirror, a database of its own. They can change what it reports and
    /// are never taken from the target.
    pub arguments: BTreeMap<String, Vec<OsString>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one scanner.
    pub time: Duration,
    /// Between asking a scanner to end and ending it.
    pub grace: Duration,
    pub report_bytes: u64,
    /// What a scanner may print beside its report.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(15 * 60),
            grace: Duration::from_secs(10),
            report_bytes: 512 * 1024 * 1024,
            output_bytes: 16 * 1024 * 1024,
        }
    }
}

/// The request cannot be carried out as it stands; nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("`{id}` is not a scanner; the scanners are: {known}")]
    UnknownScanner { id: String, known: String },
    #[error("`{0}` takes no arguments: it is part of Scanhelm and no program")]
    NoArguments(String),
    #[error("a scan of type {0} needs {needed}", needed = .0.target().how_to_name())]
    NoTarget(ScanType),
    #[error("nothing looks at {0}: ask for a scan of type {types}", types = types_for(*.1))]
    Unused(String, TargetKind),
    #[error("no scanner is left: {0}")]
    NoScanner(String),
    #[error(
        "the rules `{path}` cannot be used: {cause}; rules are files or folders, packs of a registry are not fetched"
    )]
    Rules { path: String, cause: std::io::Error },
    #[error("scanners cannot be started: {0}")]
    User(String),
    #[error("the work was interrupted: {0}")]
    Interrupted(String),
}

fn types_for(kind: TargetKind) -> String {
    let types = ScanType::ALL.into_iter().filter(|one| one.target() == kind);
    types.map(ScanType::as_str).collect::<Vec<_>>().join(", ")
}

impl ScanRequest {
    /// Whether it can be carried out, as far as the request alone tells.
    ///
    /// # Errors
    /// With what does not go together.
    pub fn check(&self, registry: &Registry) -> Result<(), RequestError> {
        self.selected(registry).map(drop)
    }

    /// Which scanners take part, in the order of the registry.
    pub(crate) fn selected(&self, registry: &Registry) -> Result<Vec<&'static Scanner>, RequestError> {
        self.check_targets()?;
        for id in self.scanners.iter().flatten().chain(self.options.arguments.keys()) {
            if registry.get(id).is_none() {
                let id = scanhelm_core::text::single_line(id, 100);
                return Err(RequestError::UnknownScanner { id, known: registry.ids() });
            }
        }
        if let Some(id) = self.options.arguments.keys().find(|id| registry.get(id).is_some_and(Scanner::is_built_in)) {
            return Err(RequestError::NoArguments(id.clone()));
        }
        let asked = |id: &str| self.scanners.as_ref().is_none_or(|asked| asked.iter().any(|other| other == id));
        let selected: Vec<_> =
            registry.all().filter(|scanner| asked(scanner.id) && scanner.has_type(&self.scan_types)).collect();
        if selected.is_empty() {
            let types = self.scan_types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            return Err(RequestError::NoScanner(format!("none of those asked for does scans of type {types}")));
        }
        Ok(selected)
    }

    /// A type without its target would find nothing, and a target without its type would be looked at by nobody.
    fn check_targets(&self) -> Result<(), RequestError> {
        if self.scan_types.is_empty() {
            return Err(RequestError::NoScanner("no type of scan is asked for".to_owned()));
        }
        if let Some(kind) = self.scan_types.iter().find(|kind| !self.targets.has(kind.target())) {
            return Err(RequestError::NoTarget(*kind));
        }
        let Targets { path, site, host } = &self.targets;
        let named = [
            (TargetKind::Files, path.as_ref().map(|path| path.display().to_string())),
            (TargetKind::Site, site.as_ref().map(ToString::to_string)),
            (TargetKind::Host, host.as_ref().map(ToString::to_string)),
        ];
        for (kind, name) in named {
            if let Some(name) = name.filter(|_| !self.scan_types.iter().any(|wanted| wanted.target() == kind)) {
                return Err(RequestError::Unused(scanhelm_core::text::single_line(&name, 300), kind));
            }
        }
        Ok(())
    }

    /// With rule paths that do not depend on the working directory.
    pub(crate) fn resolved_options(&self) -> Result<ScanOptions, RequestError> {
        let resolve = |path: &PathBuf| {
            path.canonicalize().map_err(|cause| RequestError::Rules {
                path: scanhelm_core::text::single_line(&path.to_string_lossy(), 300),
                cause,
            })
        };
        let rules = self.options.rules.iter().map(resolve).collect::<Result<_, _>>()?;
        Ok(ScanOptions { rules, arguments: self.options.arguments.clone() })
    }
}
