//! Hadolint: Dockerfiles.
//!
//! The exit code 1 says that there are findings, or that a file could not be read; then there is no report. A
//! `.hadolint.yaml` of the target could turn rules off: settings of ours stand in its place.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "hadolint",
    name: "Hadolint",
    scan_types: &[ScanType::Iac],
    programs: &["hadolint"],
    oldest: "2",
    install_hint: "https://github.com/hadolint/hadolint#install",
    format: "hadolint",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "Dockerfile",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    is_dockerfile(path)
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::settings(invocation, "hadolint.yaml", "ignored: []\n")?;
    let mut words: Vec<&dyn AsRef<OsStr>> = vec![&"--format", &"json", &"--no-color"];
    if !super::has_settings(invocation, &SCANNER) {
        words.extend([&"--config" as &dyn AsRef<OsStr>, &settings]);
    }
    Ok(invocation.with(&words, &SCANNER, Some("--")))
}

/// `Dockerfile`, `Dockerfile.web`, `web.Dockerfile`, `Containerfile`.
pub(super) fn is_dockerfile(path: &Path) -> bool {
    let name = files::name_of(path);
    ["Dockerfile", "Containerfile"].iter().any(|word| {
        name == *word
            || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'))
            || name.ends_with(&format!(".{word}"))
    })
}
