//! zizmor: workflows and actions of GitHub. Offline: no audit that asks GitHub.
//!
//! The exit codes from 11 tell how bad the worst finding is. A `zizmor.yml` of the target could turn audits off and is
//! left aside.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "zizmor",
    name: "zizmor",
    scan_types: &[ScanType::Iac],
    programs: &["zizmor"],
    oldest: "1",
    install_hint: "pipx install zizmor   (or: cargo install --locked zizmor)",
    format: "zizmor",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0, 11, 12, 13, 14]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "GitHub workflow or action",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    is_workflow(path)
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let mut words: Vec<&dyn AsRef<OsStr>> = vec![&"--offline", &"--no-progress", &"--format", &"json"];
    if !super::has_settings(invocation, &SCANNER) {
        words.push(&"--no-config");
    }
    Ok(invocation.with(&words, &SCANNER, Some("--")))
}

fn is_workflow(path: &Path) -> bool {
    let of_code_host = path.parent().is_some_and(|folder| folder.ends_with(".github/workflows"));
    matches!(files::name_of(path), "action.yml" | "action.yaml")
        || of_code_host && files::has_extension(path, &["yml", "yaml"])
}
