//! Which scanners are installed, where, and in which version.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::Metadata;
use std::num::NonZero;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::cache::{Cache, Digested, Key};
use crate::own::OwnScanners;
use crate::private_folders::PrivateFolders;
use crate::process::{self, Why};
use crate::registry::Registry;
use crate::scanner::Scanner;
use crate::{message, run};

/// A tool that cannot say its version within this time is not usable.
const PROBE_TIME: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, Serialize)]
pub struct Availability {
    #[serde(serialize_with = "id_of")]
    pub scanner: &'static Scanner,
    pub available: bool,
    /// The program; of a module of Python, Python.
    pub path: Option<PathBuf>,
    #[serde(flatten)]
    pub way: Way,
    pub version: Option<String>,
    /// Why it is not available.
    pub reason: Option<String>,
    pub install_hint: &'static str,
}

/// How a scanner was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Way {
    #[default]
    Nowhere,
    /// At the place that the user named.
    Configured,
    /// In a folder with scanners, or in one of PATH.
    Path,
    /// Scanhelm does it itself.
    PartOfScanhelm,
    /// Python starts it.
    Module { module: &'static str },
}

impl Way {
    /// What comes before a scanner's own arguments. `-P`: from the folder it is started in no module is taken; a Python
    /// that does not know this (before 3.11) refuses to start.
    pub(crate) fn first_arguments(self) -> Vec<OsString> {
        match self {
            Self::Module { module } => ["-P", "-m", module].map(OsString::from).into(),
            _ => Vec::new(),
        }
    }

    fn is_module(self) -> bool {
        matches!(self, Self::Module { .. })
    }
}

impl Availability {
    /// What starts it, for people: `/usr/bin/bandit`, `/usr/bin/python3 -m bandit`.
    #[must_use]
    pub fn started_by(&self) -> Option<String> {
        if self.way == Way::PartOfScanhelm {
            return Some(self.install_hint.to_owned());
        }
        let path = self.path.as_ref()?.display();
        Some(match self.way {
            Way::Module { module } => format!("{path} -m {module}"),
            Way::Configured => format!("{path} (configured)"),
            Way::Path | Way::PartOfScanhelm | Way::Nowhere => path.to_string(),
        })
    }
}

fn id_of<S: serde::Serializer>(scanner: &&'static Scanner, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(scanner.id)
}

/// Looks for scanners: at the configured place, else in the extra folders, else on PATH. A version that was found is
/// remembered until the program file changes, so a long-lived value is worth keeping; programs that live shortly keep
/// versions in a [`Cache`], because some scanners work for seconds to tell theirs.
#[derive(Debug)]
pub struct Discovery {
    folders: Vec<PathBuf>,
    programs: BTreeMap<String, PathBuf>,
    versions: Mutex<HashMap<Stamp, String>>,
    kept: Option<Cache>,
    /// One for each scanner that may be telling its version: some take seconds of a core to do so.
    places: Semaphore,
    private_folders: Arc<PrivateFolders>,
    registry: Registry,
}

/// A program file at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Stamp {
    path: PathBuf,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Discovery {
    /// `extra_folders` are searched before PATH; `programs` maps a scanner's id to its program and leaves no other
    /// choice.
    #[must_use]
    pub fn new(extra_folders: Vec<PathBuf>, programs: BTreeMap<String, PathBuf>) -> Self {
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        let folders = extra_folders.into_iter().chain(std::env::split_paths(&on_path));
        Self {
            folders: folders.filter_map(absolute).collect(),
            programs,
            versions: Mutex::default(),
            kept: None,
            places: Semaphore::new(std::thread::available_parallelism().map_or(2, NonZero::get)),
            private_folders: Arc::default(),
            registry: Registry::default(),
        }
    }

    /// As many scanners at once as tell their versions; without, as many as there are cores.
    #[must_use]
    pub fn with_places(self, places: usize) -> Self {
        Self { places: Semaphore::new(places), ..self }
    }

    #[must_use]
    pub fn with_kept_versions(self, kept: Option<Cache>) -> Self {
        Self { kept, ..self }
    }

    /// Where the scanners that it finds work, and tell their versions.
    #[must_use]
    pub fn with_private_folders(self, folders: PrivateFolders) -> Self {
        Self { private_folders: Arc::new(folders), ..self }
    }

    pub(crate) fn private_folders(&self) -> Arc<PrivateFolders> {
        Arc::clone(&self.private_folders)
    }

    /// Knows the user's scanners besides those that come with Scanhelm. A program that was named before stays.
    #[must_use]
    pub fn with_own(mut self, own: &OwnScanners) -> Self {
        self.registry = own.registry.clone();
        for (id, path) in &own.programs {
            self.programs.entry(id.clone()).or_insert_with(|| path.clone());
        }
        self
    }

    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Every known scanner, in the order of the registry.
    pub async fn find(&self) -> Vec<Availability> {
        futures::future::join_all(self.registry.all().map(|scanner| self.find_one(scanner))).await
    }

    pub async fn find_one(&self, scanner: &'static Scanner) -> Availability {
        if scanner.is_built_in() {
            let version = Some(env!("CARGO_PKG_VERSION").to_owned());
            let install_hint = scanner.install_hint;
            let way = Way::PartOfScanhelm;
            return Availability { scanner, available: true, path: None, way, version, reason: None, install_hint };
        }
        let mut found = Err(format!("{} is not installed", scanner.name));
        match self.configured(scanner) {
            Some(path) => found = self.usable(scanner, path, Way::Configured).await,
            None => {
                for (path, way) in self.candidates(scanner) {
                    found = self.usable(scanner, Ok(path), way).await;
                    // A program that is there and broken is told. Python is there for many reasons.
                    if found.is_ok() || !way.is_module() {
                        break;
                    }
                }
            }
        }
        let (path, way, version, reason) = match found {
            Ok((path, way, version)) => (Some(path), way, version, None),
            Err(reason) => (None, Way::Nowhere, None, Some(reason)),
        };
        let (available, install_hint) = (path.is_some(), scanner.install_hint);
        Availability { scanner, available, path, way, version, reason, install_hint }
    }

    async fn usable(
        &self,
        scanner: &'static Scanner,
        path: Result<PathBuf, String>,
        way: Way,
    ) -> Result<(PathBuf, Way, Option<String>), String> {
        let path = path?;
        if scanner.version_arguments.is_empty() {
            return Ok((path, way, None));
        }
        let version = self.version(scanner, &path, way).await?;
        if !is_at_least(&version, scanner.oldest) {
            let (name, oldest) = (scanner.name, scanner.oldest);
            return Err(format!("{name} {version} is too old: {oldest} or newer is needed"));
        }
        Ok((path, way, Some(version)))
    }

    /// The program that the user named, which leaves no other choice.
    fn configured(&self, scanner: &Scanner) -> Option<Result<PathBuf, String>> {
        let path = self.programs.get(scanner.id)?;
        Some(match path.metadata() {
            Ok(metadata) if is_program(&metadata) => Ok(path.clone()),
            Ok(_) => Err(format!("the configured program {} is not an executable file", path.display())),
            Err(error) => Err(format!("the configured program {} cannot be used: {error}", path.display())),
        })
    }

    /// The first place of each of its programs, and behind them each module of Python.
    fn candidates(&self, scanner: &'static Scanner) -> Vec<(PathBuf, Way)> {
        let place = |program: &&'static str| {
            let (name, way) = match program.split_once(" -m ") {
                Some((python, module)) => (python, Way::Module { module }),
                None => (*program, Way::Path),
            };
            let places = self.folders.iter().map(|folder| folder.join(name));
            let path = places.into_iter().find(|path| path.metadata().is_ok_and(|metadata| is_program(&metadata)))?;
            Some((path, way))
        };
        let mut found: Vec<_> = scanner.programs.iter().filter_map(place).collect();
        found.sort_by_key(|(_, way)| way.is_module());
        found
    }

    /// That of a module is asked for each time: it can change while Python stays.
    async fn version(&self, scanner: &Scanner, path: &Path, way: Way) -> Result<String, String> {
        let stamp = Stamp::of(path).filter(|_| !way.is_module());
        let remembered = |stamp: &Stamp| self.lock().get(stamp).cloned();
        if let Some(version) = stamp.as_ref().and_then(remembered) {
            return Ok(version);
        }
        let _place = self.places.acquire().await.map_err(|closed| closed.to_string())?;
        // Another may have asked while this one waited.
        if let Some(version) = stamp.as_ref().and_then(remembered) {
            return Ok(version);
        }
        let kept = self.kept.as_ref().zip(stamp.as_ref().map(Stamp::key));
        let version = match kept.as_ref().and_then(|(cache, key)| cache.get(key)) {
            Some(version) => version,
            None => self.probe(scanner, path, way).await?,
        };
        if let Some((cache, key)) = kept {
            cache.put(&key, &version);
        }
        if let Some(stamp) = stamp {
            self.lock().insert(stamp, version.clone());
        }
        Ok(version)
    }

    async fn probe(&self, scanner: &Scanner, path: &Path, way: Way) -> Result<String, String> {
        let unusable = |why: String| format!("{} is installed but cannot be used: {why}", scanner.name);
        let folder = self.private_folders.make().map_err(|error| unusable(error.to_string()))?;
        let marker = run::marker_of(folder.path());
        let command = process::Command {
            program: path,
            arguments: way
                .first_arguments()
                .into_iter()
                .chain(scanner.version_arguments.iter().map(Into::into))
                .collect(),
            folder: folder.path(),
            home: folder.path(),
            environment: scanner.environment,
            user: None,
            marker: &marker,
            report: None,
            printed: false,
            time: PROBE_TIME,
            grace: Duration::from_secs(1),
            report_bytes: 0,
            output_bytes: 1024 * 1024,
        };
        let ended = process::run(&command, &CancellationToken::new(), |_| {})
            .await
            .map_err(|error| unusable(error.to_string()))?;
        match ended.why {
            // Some tell it and end with 1 (masscan).
            Why::Exit(status) if status.success() || names(scanner, &ended.stdout) => version_in(&ended.stdout)
                .or_else(|| version_in(&ended.stderr))
                .ok_or_else(|| unusable("it does not tell its version".to_owned())),
            Why::Exit(_) if way.is_module() => Err(format!("{} is not installed", scanner.name)),
            Why::Exit(status) => Err(unusable(format!(
                "asked for its version, it ended with {status}: {}",
                message::shown(&ended.stderr)
            ))),
            _ => Err(unusable(format!("it did not tell its version within {} seconds", PROBE_TIME.as_secs()))),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Stamp, String>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Relative entries of PATH would depend on the working directory, which may be hostile.
fn absolute(folder: PathBuf) -> Option<PathBuf> {
    folder.is_absolute().then_some(folder)
}

fn is_program(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self {
            path: path.to_path_buf(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    fn key(&self) -> Key {
        let mut digested = Digested::new();
        digested.add(b"version");
        digested.add(self.path.as_os_str().as_bytes());
        digested.add(format!("{} {} {:?}", self.inode, self.length, self.modified).as_bytes());
        digested.key()
    }
}

/// `Masscan version 1.3.2`: the line with the version begins with the name.
fn names(scanner: &Scanner, text: &str) -> bool {
    let begins =
        |line: &str| line.get(..scanner.name.len()).is_some_and(|name| name.eq_ignore_ascii_case(scanner.name));
    text.lines().any(|line| begins(line) && version_in(line).is_some())
}

/// The first word that looks like one: `bandit 1.9.4`, `v8.30.1`, `1.182.0`.
fn version_in(text: &str) -> Option<String> {
    text.split_whitespace()
        .map(|word| word.trim_start_matches('v').trim_matches([',', ';', '(', ')']))
        .find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()))
        .map(|word| word.chars().take(64).collect())
}

/// Compares the numbers; what follows them (`-rc.4`, `.post3`) is not looked at.
fn is_at_least(version: &str, oldest: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
        text.split('.').map_while(digits).collect()
    };
    numbers(version) >= numbers(oldest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_at_least("1.10.0", "1.9"));
        assert!(is_at_least("2.0.0-rc.4", "2"));
        assert!(is_at_least("8.30.1.post3", "8.19"));
        assert!(!is_at_least("8.18.4", "8.19"));
        assert!(!is_at_least("0.9", "1.0"));
    }

    #[test]
    fn a_version_is_found_in_what_tools_print() {
        let bandit = "bandit 1.9.4\n  python version = 3.11.7 (main) [GCC 12.2.0]";
        assert_eq!(version_in(bandit).as_deref(), Some("1.9.4"));
        assert_eq!(version_in("1.182.0\n").as_deref(), Some("1.182.0"));
        assert_eq!(version_in("gitleaks version v8.30.1").as_deref(), Some("8.30.1"));
        assert_eq!(version_in("error: no version 7"), None);
    }
}
