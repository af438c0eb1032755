//! Checkov: Terraform, CloudFormation, Kubernetes, Dockerfiles and workflows.
//!
//! The frameworks are named: among all of them are some that ask the network. A folder without anything to read ends with exit code 0 and an empty report.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "checkov",
    name: "Checkov",
    scan_types: &[ScanType::Iac],
    programs: &["checkov", "python3 -m checkov.main"],
    oldest: "3",
    install_hint: "pipx install checkov   (or: pip install checkov, in an environment of its own)",
    format: "checkov",
    version_arguments: &["--version"],
    // 1 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "configuration file",
        looks_at: &looks_at,
        started_on: StartedOn::Target,
        works_in: WorkingFolder::Private,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    is_configuration(path)
}

/// One word with `=`: of a folder in a word of its own it would read the settings, and those can name Python files
/// that it then runs. For the same reason it is not started in the target.
fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let target = invocation.targets.iter().fold(invocation.root.to_path_buf(), |path, target| path.join(target));
    let target = target.canonicalize()?;
    let mut place = OsString::from(if target.is_dir() { "--directory=" } else { "--file=" });
    place.push(&target);
    let words: &[&dyn AsRef<OsStr>] = &[
        &"--output",
        &"json",
        &"--quiet",
        &"--compact",
        &"--skip-download",
        &"--framework",
        &"ansible",
        &"arm",
        &"bicep",
        &"cloudformation",
        &"dockerfile",
        &"github_actions",
        &"gitlab_ci",
        &"kubernetes",
        &"serverless",
        &"terraform",
        &place,
    ];
    let special: Vec<String> = invocation
        .special
        .iter()
        .take(super::MOST_EXCLUDED)
        .map(|path| format!("--skip-path=^{}$", literally(&invocation.root.join(path).to_string_lossy())))
        .collect();
    let words: Vec<&dyn AsRef<OsStr>> = words.iter().copied().chain(special.iter().map(|word| word as _)).collect();
    Ok(Invocation { targets: Vec::new(), ..*invocation }.with(&words, &SCANNER, None))
}

/// As a regular expression that means this path; of a name that is no Unicode the characters are not known.
fn literally(path: &str) -> String {
    let mut expression = String::with_capacity(path.len() * 2);
    for character in path.chars() {
        match character {
            '\u{fffd}' => expression.push_str(".+"),
            '/' | '_' | '-' => expression.push(character),
            mark if mark.is_ascii_punctuation() || mark.is_ascii_whitespace() => expression.extend(['\\', mark]),
            other => expression.push(other),
        }
    }
    expression
}

/// Terraform, or what looks like configuration by its name: the scanners look into it themselves.
pub(super) fn is_configuration(path: &Path) -> bool {
    files::has_extension(path, &["tf", "tfvars", "bicep", "yaml", "yml", "template"])
        || super::hadolint::is_dockerfile(path)
}
