//! Bandit: Python source.
//!
//! A folder that does not exist ends with exit code 0 and no results; the reason stands only in the report, whose
//! reader then calls it blind.

use std::ffi::OsString;
use std::io;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{Invocation, ScanType, Scanner};
use crate::target::Target;

pub(super) const SCANNER: Scanner = Scanner {
    id: "bandit",
    name: "Bandit",
    scan_types: &[ScanType::Code],
    program: "bandit",
    install_hint: "pipx install 'bandit[sarif]'   (or: pip install 'bandit[sarif]')",
    format: "bandit",
    version_arguments: &["--version"],
    // 1 says that there are findings.
    exit_codes: &[0, 1],
    environment: &[],
    not_applicable,
    arguments,
};

fn not_applicable(target: &Target, _: &ScanOptions) -> Option<String> {
    if target.has_file_with_extension(&["py"]) {
        return None;
    }
    Some("there is no Python file in the target (hidden and vendored folders do not count)".to_owned())
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let mut arguments: Vec<OsString> =
        ["--quiet", "--recursive", "--format", "json", "--output"].map(OsString::from).into();
    arguments.push(invocation.report.into());
    arguments.push("--exclude".into());
    arguments.push(exclusions().into());
    arguments.push("--".into());
    arguments.push(invocation.target.clone());
    Ok(arguments)
}

/// Bandit matches these against paths that begin with `./`, and `*` also matches `/`.
fn exclusions() -> String {
    let vendored = files::VENDORED.iter().map(|name| format!("*/{name}/*"));
    std::iter::once("*/.*/*".to_owned()).chain(vendored).collect::<Vec<_>>().join(",")
}
