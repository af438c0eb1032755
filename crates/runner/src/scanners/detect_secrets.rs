//! detect-secrets: passwords and keys in files. Its report holds hashes of them, never the secrets.
//!
//! Nothing that it finds is tried out against anybody's service.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "detect-secrets",
    name: "detect-secrets",
    scan_types: &[ScanType::Secrets],
    programs: &["detect-secrets", "python3 -m detect_secrets"],
    oldest: "1.4",
    install_hint: "pipx install detect-secrets   (or: pip install detect-secrets)",
    format: "detect-secrets",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "file",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(_: &Path, _: &ScanOptions) -> bool {
    true
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[&"scan", &"--all-files", &"--no-verify"];
    Ok(invocation.with(words, &SCANNER, None))
}
