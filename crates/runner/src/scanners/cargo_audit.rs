//! cargo-audit: Rust crates, by each Cargo.lock. Its advisories come with git from RustSec, or from a folder (`--db FOLDER --no-fetch --stale`).
//!
//! It is started in a folder of its own: a `.cargo/audit.toml` where it is started can name another database and turn
//! advisories off.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "cargo-audit",
    name: "cargo-audit",
    scan_types: &[ScanType::Dependency],
    programs: &["cargo-audit"],
    oldest: "0.17",
    install_hint: "cargo install --locked cargo-audit",
    format: "cargo-audit",
    version_arguments: &["--version"],
    // 1 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "Cargo.lock",
        looks_at: &looks_at,
        started_on: StartedOn::EachFile,
        works_in: WorkingFolder::Private,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    files::name_of(path) == "Cargo.lock"
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[&"audit", &"--json"];
    let targets = super::absolute(invocation);
    Ok(Invocation { targets, ..*invocation }.with(words, &SCANNER, Some("--file")))
}
