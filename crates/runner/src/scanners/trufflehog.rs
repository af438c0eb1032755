//! TruffleHog (version 3, the one in Go): passwords and keys in files.
//!
//! Nothing that it finds is tried out against anybody's service, and it does not update itself. It prints a line for
//! each secret, none without one, and that it came to its end on standard error.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "trufflehog",
    name: "TruffleHog",
    scan_types: &[ScanType::Secrets],
    programs: &["trufflehog"],
    oldest: "3.90.9",
    install_hint: "https://github.com/trufflesecurity/trufflehog#floppy_disk-installation",
    format: "trufflehog",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "file",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::Lines { end: "finished scanning" },
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(_: &Path, _: &ScanOptions) -> bool {
    true
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] =
        &[&"filesystem", &"--json", &"--no-verification", &"--no-update", &"--no-color", &"--fail-on-scan-errors"];
    Ok(invocation.with(words, &SCANNER, Some("--")))
}
