//! npm audit: packages of npm, by each lock file. The registry's advisories are asked for.
//!
//! The exit code 1 says that there are findings, or that the registry did not answer; its report tells which. It is
//! given a copy of the lock file in a folder of its own: beside the file an `.npmrc` could name the registry that is asked.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "npm-audit",
    name: "npm audit",
    scan_types: &[ScanType::Dependency],
    programs: &["npm"],
    oldest: "8",
    install_hint: "install Node.js with npm from https://nodejs.org or your system's packages",
    format: "npm-audit",
    version_arguments: &["--version"],
    // 1 says that there are findings, or is an error that the report names.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[("NPM_CONFIG_UPDATE_NOTIFIER", "false"), ("NPM_CONFIG_FUND", "false")],
    looks_at: LooksAt::Files(Files {
        subject: "package-lock.json",
        looks_at: &looks_at,
        started_on: StartedOn::EachFile,
        works_in: WorkingFolder::Private,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    matches!(files::name_of(path), "package-lock.json" | "npm-shrinkwrap.json")
}

/// It takes the folder, not the file.
fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let folder = invocation.folder.join("project");
    std::fs::create_dir(&folder)?;
    let lock_file = super::absolute(invocation).pop().map(PathBuf::from).unwrap_or_default();
    let manifest = lock_file.with_file_name("package.json");
    std::fs::copy(&lock_file, folder.join(files::name_of(&lock_file)))?;
    // A link could lead out of the target.
    if manifest.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        std::fs::copy(&manifest, folder.join("package.json"))?;
    }
    let words: &[&dyn AsRef<OsStr>] = &[&"audit", &"--json", &"--package-lock-only", &"--prefix", &folder];
    Ok(Invocation { targets: Vec::new(), ..*invocation }.with(words, &SCANNER, None))
}
