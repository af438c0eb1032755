//! pip-audit: Python packages, by each requirements file that pins them. The advisories of PyPI are asked for.
//!
//! It installs and resolves nothing: what a file does not pin is not audited, and where the service is away, the report says so.
//! It asks for its pip by `python -m pip`, which takes modules from the working folder: that is not the target.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "pip-audit",
    name: "pip-audit",
    scan_types: &[ScanType::Dependency],
    programs: &["pip-audit", "python3 -m pip_audit"],
    oldest: "2.4",
    install_hint: "pipx install pip-audit   (or: pip install pip-audit)",
    format: "pip-audit",
    version_arguments: &["--version"],
    // 1 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "requirements file",
        looks_at: &looks_at,
        started_on: StartedOn::EachFile,
        works_in: WorkingFolder::Private,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    is_requirements(path)
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[
        &"--no-deps",
        &"--disable-pip",
        &"--progress-spinner",
        &"off",
        &"--format",
        &"json",
        &"--output",
        &invocation.report,
    ];
    let targets = super::absolute(invocation);
    Ok(Invocation { targets, ..*invocation }.with(words, &SCANNER, Some("--requirement")))
}

/// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`, `requirements/base.txt`.
pub(super) fn is_requirements(path: &Path) -> bool {
    let in_folder = path.parent().is_some_and(|folder| folder.ends_with("requirements"));
    files::has_extension(path, &["txt"]) && (in_folder || files::name_of(path).contains("requirements"))
}
