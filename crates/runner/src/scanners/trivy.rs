//! Trivy as an auditor of packages, by lock files.
//!
//! It loads its database from the network when it has none; without either it ends with exit code 1, and that is a failure and not a clean result.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "trivy",
    name: "Trivy",
    scan_types: &[ScanType::Dependency],
    programs: &["trivy"],
    oldest: "0.50",
    install_hint: "https://trivy.dev/latest/getting-started/installation/",
    format: "trivy",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "lock file",
        looks_at: &looks_at,
        started_on: StartedOn::Target,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    LOCK_FILES.contains(&files::name_of(path)) || super::pip_audit::is_requirements(path)
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = no_settings(invocation)?;
    let words: &[&dyn AsRef<OsStr>] = &[
        &"fs",
        &"--scanners",
        &"vuln",
        &"--skip-version-check",
        &"--quiet",
        &"--format",
        &"json",
        &"--config",
        &settings,
        &"--output",
        &invocation.report,
    ];
    Ok(invocation.with(words, &SCANNER, None))
}

/// An empty file: without one it takes orders from a `trivy.yaml` in the target.
pub(super) fn no_settings(invocation: &Invocation<'_>) -> io::Result<PathBuf> {
    super::settings(invocation, "trivy.yaml", "")
}

const LOCK_FILES: &[&str] = &[
    "Cargo.lock",
    "Gemfile.lock",
    "Pipfile.lock",
    "composer.lock",
    "conan.lock",
    "go.mod",
    "gradle.lockfile",
    "package-lock.json",
    "packages.lock.json",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pom.xml",
    "uv.lock",
    "yarn.lock",
];
