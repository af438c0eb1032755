//! Safety: Python packages, by each requirements file. Its service is asked, which wants an account from version 3 on, or a
//! folder with its database (`--db FOLDER`).
//!
//! `safety scan`, which is to replace the command used here, has no report that is read. A `.safety-policy.yml` where it
//! is started can leave out everything: it is started in a folder of its own.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "safety",
    name: "Safety",
    scan_types: &[ScanType::Dependency],
    programs: &["safety"],
    oldest: "2.0",
    install_hint: "pipx install safety   (or: pip install safety, in an environment of its own)",
    format: "safety",
    version_arguments: &["--version"],
    // 64 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 64]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "requirements file",
        looks_at: &looks_at,
        started_on: StartedOn::EachFile,
        works_in: WorkingFolder::Private,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    super::pip_audit::is_requirements(path)
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[&"check", &"--output", &"json"];
    let targets = super::absolute(invocation);
    Ok(Invocation { targets, ..*invocation }.with(words, &SCANNER, Some("--file")))
}
