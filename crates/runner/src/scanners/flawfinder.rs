//! Flawfinder: C and C++ source.
//!
//! Its CSV is read, which holds the hits that it prints; its SARIF holds those below its level as well and does not meet the schema.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "flawfinder",
    name: "Flawfinder",
    scan_types: &[ScanType::Code],
    programs: &["flawfinder", "python3 -m flawfinder"],
    oldest: "2.0",
    install_hint: "pipx install flawfinder   (or: apt install flawfinder)",
    format: "flawfinder-csv",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "C or C++ file",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    files::has_extension(path, C_FAMILY)
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[&"--csv", &"--quiet", &"--dataonly"];
    Ok(invocation.with(words, &SCANNER, Some("--")))
}

pub(super) const C_FAMILY: &[&str] = &["c", "cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx"];
