//! OSV-Scanner: packages of many languages, by lock files. The advisories of OSV are asked for, or come from a folder
//! (`--offline` with a database that was fetched before).
//!
//! It resolves nothing, and does not look whether a flaw is reached: for that it would run the language's own tools on the
//! target. An `osv-scanner.toml` beside a lock file could leave out all packages: an empty one of ours stands in its
//! place. The exit code 128 says that no lock file holds a package.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "osv-scanner",
    name: "OSV-Scanner",
    scan_types: &[ScanType::Dependency],
    programs: &["osv-scanner"],
    oldest: "2.0",
    install_hint: "https://google.github.io/osv-scanner/installation/",
    format: "osv-scanner",
    version_arguments: &["--version"],
    // 1 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "lock file",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

const LOCK_FILES: &[&str] = &[
    "Cargo.lock",
    "Gemfile.lock",
    "Pipfile.lock",
    "cabal.project.freeze",
    "composer.lock",
    "conan.lock",
    "go.mod",
    "gradle.lockfile",
    "mix.lock",
    "package-lock.json",
    "packages.lock.json",
    "pdm.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pom.xml",
    "pubspec.lock",
    "renv.lock",
    "stack.yaml.lock",
    "uv.lock",
    "yarn.lock",
];

pub(super) fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    LOCK_FILES.contains(&files::name_of(path)) || super::pip_audit::is_requirements(path)
}

/// A lock file is `KIND:PATH`; without a kind it is known by its name.
fn lock_file(target: &OsString) -> OsString {
    let kind = if super::pip_audit::is_requirements(Path::new(target)) { "requirements.txt" } else { "" };
    let mut word = OsString::from(format!("--lockfile={kind}:"));
    word.push(target);
    word
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::settings(invocation, "osv-scanner.toml", "")?;
    let words: &[&dyn AsRef<OsStr>] =
        &[&"scan", &"source", &"--format", &"json", &"--no-resolve", &"--no-call-analysis=all", &"--config", &settings];
    let targets = invocation.targets.iter().map(lock_file).collect();
    Ok(Invocation { targets, ..*invocation }.with(words, &SCANNER, None))
}
