//! Which scanners are installed, where, and in which version.

use std::collections::{BTreeMap, HashMap};
use std::fs::Metadata;
use std::num::NonZero;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::cache::{Cache, Digested, Key};
use crate::process::{self, Why};
use crate::scanner::Scanner;
use crate::scanners::scanners;
use crate::{message, run};

/// A tool that cannot say its version within this time is not usable.
const PROBE_TIME: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, Serialize)]
pub struct Availability {
    #[serde(serialize_with = "id_of")]
    pub scanner: &'static Scanner,
    pub available: bool,
    pub path: Option<PathBuf>,
    pub version: Option<String>,
    /// Why it is not available.
    pub reason: Option<String>,
    pub install_hint: &'static str,
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

    /// Every known scanner, in the order of the registry.
    pub async fn find(&self) -> Vec<Availability> {
        futures::future::join_all(scanners().iter().map(|scanner| self.find_one(scanner))).await
    }

    pub async fn find_one(&self, scanner: &'static Scanner) -> Availability {
        if scanner.is_built_in() {
            let version = Some(env!("CARGO_PKG_VERSION").to_owned());
            let install_hint = scanner.install_hint;
            return Availability { scanner, available: true, path: None, version, reason: None, install_hint };
        }
        let found = match self.locate(scanner) {
            Ok(path) => self.version(scanner, &path).await.and_then(|version| {
                if is_at_least(&version, scanner.oldest) {
                    return Ok((path, version));
                }
                let (name, oldest) = (scanner.name, scanner.oldest);
                Err(format!("{name} {version} is too old: {oldest} or newer is needed"))
            }),
            Err(reason) => Err(reason),
        };
        let (path, version, reason) = match found {
            Ok((path, version)) => (Some(path), Some(version), None),
            Err(reason) => (None, None, Some(reason)),
        };
        Availability { scanner, available: path.is_some(), path, version, reason, install_hint: scanner.install_hint }
    }

    fn locate(&self, scanner: &Scanner) -> Result<PathBuf, String> {
        if let Some(path) = self.programs.get(scanner.id) {
            return match path.metadata() {
                Ok(metadata) if is_program(&metadata) => Ok(path.clone()),
                Ok(_) => Err(format!("the configured program {} is not an executable file", path.display())),
                Err(error) => Err(format!("the configured program {} cannot be used: {error}", path.display())),
            };
        }
        let candidates =
            scanner.programs.iter().flat_map(|name| self.folders.iter().map(move |folder| folder.join(name)));
        candidates
            .into_iter()
            .find(|path| path.metadata().is_ok_and(|metadata| is_program(&metadata)))
            .ok_or_else(|| format!("{} is not installed", scanner.name))
    }

    async fn version(&self, scanner: &Scanner, path: &Path) -> Result<String, String> {
        let stamp = Stamp::of(path);
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
            None => probe(scanner, path).await?,
        };
        if let Some((cache, key)) = kept {
            cache.put(&key, &version);
        }
        if let Some(stamp) = stamp {
            self.lock().insert(stamp, version.clone());
        }
        Ok(version)
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

async fn probe(scanner: &Scanner, path: &Path) -> Result<String, String> {
    let unusable = |why: String| format!("{} is installed but cannot be used: {why}", scanner.name);
    let folder = run::private_folder().map_err(|error| unusable(error.to_string()))?;
    let marker = run::marker_of(folder.path());
    let command = process::Command {
        program: path,
        arguments: scanner.version_arguments.iter().map(Into::into).collect(),
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
    let ended =
        process::run(&command, &CancellationToken::new(), |_| {}).await.map_err(|error| unusable(error.to_string()))?;
    match ended.why {
        // Some tell it and end with 1 (masscan).
        Why::Exit(status) if status.success() || names(scanner, &ended.stdout) => version_in(&ended.stdout)
            .or_else(|| version_in(&ended.stderr))
            .ok_or_else(|| unusable("it does not tell its version".to_owned())),
        Why::Exit(status) => {
            Err(unusable(format!("asked for its version, it ended with {status}: {}", message::shown(&ended.stderr))))
        }
        _ => Err(unusable(format!("it did not tell its version within {} seconds", PROBE_TIME.as_secs()))),
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
