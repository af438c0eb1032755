//! Gitleaks: passwords and keys in files. What it finds is masked in its report.
//!
//! The exit code 1 says that there are findings, or that it failed; then there is no report. A `.gitleaks.toml` of the
//! target could replace all rules: it gets its own rules by name.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "gitleaks",
    name: "Gitleaks",
    scan_types: &[ScanType::Secrets],
    programs: &["gitleaks"],
    oldest: "8.19",
    install_hint: "https://github.com/gitleaks/gitleaks#installing",
    format: "gitleaks",
    version_arguments: &["version"],
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "file",
        looks_at: &looks_at,
        started_on: StartedOn::Target,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(_: &Path, _: &ScanOptions) -> bool {
    true
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::settings(invocation, "gitleaks.toml", "[extend]\nuseDefault = true\n")?;
    let words: &[&dyn AsRef<OsStr>] = &[
        &"dir",
        &"--no-banner",
        &"--redact",
        &"--log-level",
        &"error",
        &"--report-format",
        &"json",
        &"--report-path",
        &invocation.report,
        &"--config",
        &settings,
    ];
    Ok(invocation.with(words, &SCANNER, None))
}
