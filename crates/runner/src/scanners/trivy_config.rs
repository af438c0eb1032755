//! Trivy as a reader of configuration: Terraform, CloudFormation, Kubernetes, Dockerfiles, Helm.
//!
//! Its checks are in the program, but it would fetch the modules that Terraform names, by git and from anywhere: git is
//! forbidden all ways there are.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "trivy-config",
    name: "Trivy (configuration)",
    scan_types: &[ScanType::Iac],
    programs: &["trivy"],
    oldest: "0.50",
    install_hint: "https://trivy.dev/latest/getting-started/installation/",
    format: "trivy",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[("GIT_ALLOW_PROTOCOL", "none")],
    looks_at: LooksAt::Files(Files {
        subject: "configuration file",
        looks_at: &looks_at,
        started_on: StartedOn::Target,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    super::checkov::is_configuration(path)
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::trivy::no_settings(invocation)?;
    let words: &[&dyn AsRef<OsStr>] = &[
        &"config",
        &"--skip-check-update",
        &"--skip-version-check",
        &"--quiet",
        &"--format",
        &"json",
        &"--config",
        &settings,
        &"--output",
        &invocation.report,
    ];
    Ok(invocation.with(words, &SCANNER, None))
}
