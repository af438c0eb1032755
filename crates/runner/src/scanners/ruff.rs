//! Ruff with its rules of flake8-bandit (`S`): Python source, in a tenth of a second.
//!
//! The project's own settings are left aside: they are for its style, and can turn rules off.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "ruff",
    name: "Ruff",
    scan_types: &[ScanType::Code],
    programs: &["ruff", "python3 -m ruff"],
    oldest: "0.5",
    install_hint: "pipx install ruff   (or: pip install ruff)",
    format: "ruff",
    version_arguments: &["--version"],
    // 1 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "Python file",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    files::has_extension(path, &["py", "pyi"])
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[
        &"check",
        &"--isolated",
        &"--no-cache",
        &"--quiet",
        &"--select",
        &"S",
        &"--output-format",
        &"json",
        &"--output-file",
        &invocation.report,
    ];
    Ok(invocation.with(words, &SCANNER, Some("--")))
}
