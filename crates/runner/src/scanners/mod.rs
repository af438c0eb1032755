//! The registry: one line a scanner. Its order is the order in which results are reported.

mod bandit;
mod cargo_audit;
mod checkov;
mod cppcheck;
mod detect_secrets;
mod eslint;
mod flawfinder;
mod gitleaks;
mod hadolint;
mod kube_linter;
mod lynis;
mod masscan;
mod mobsfscan;
mod njsscan;
mod nmap;
mod npm_audit;
mod nuclei;
mod osv_scanner;
mod pip_audit;
mod retire;
mod ruff;
mod safety;
mod semgrep;
mod shellcheck;
mod ssh_audit;
mod sslscan;
mod sslyze;
mod syft;
mod testssl;
mod trivy;
mod trivy_config;
mod trufflehog;
mod wapiti;
mod web_check;
mod zap;
mod zizmor;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::scanner::{Invocation, Scanner};

static SCANNERS: &[Scanner] = &[
    bandit::SCANNER,
    semgrep::SCANNER,
    ruff::SCANNER,
    eslint::SCANNER,
    njsscan::SCANNER,
    mobsfscan::SCANNER,
    shellcheck::SCANNER,
    flawfinder::SCANNER,
    cppcheck::SCANNER,
    gitleaks::SCANNER,
    detect_secrets::SCANNER,
    trufflehog::SCANNER,
    trivy::SCANNER,
    osv_scanner::SCANNER,
    npm_audit::SCANNER,
    pip_audit::SCANNER,
    safety::SCANNER,
    cargo_audit::SCANNER,
    retire::SCANNER,
    trivy_config::SCANNER,
    checkov::SCANNER,
    hadolint::SCANNER,
    kube_linter::SCANNER,
    zizmor::SCANNER,
    syft::SCANNER,
    web_check::SCANNER,
    wapiti::SCANNER,
    nuclei::SCANNER,
    zap::SCANNER,
    nmap::SCANNER,
    masscan::SCANNER,
    sslscan::SCANNER,
    sslyze::SCANNER,
    testssl::SCANNER,
    ssh_audit::SCANNER,
    lynis::SCANNER,
];

/// Every local scanner Scanhelm knows, installed or not.
#[must_use]
pub fn scanners() -> &'static [Scanner] {
    SCANNERS
}

/// The scanner with this id.
#[must_use]
pub fn scanner(id: &str) -> Option<&'static Scanner> {
    SCANNERS.iter().find(|scanner| scanner.id == id)
}

/// Those that take longest, longest first, as seen on the sources that the tests scan and on sites. Whoever begins with
/// them does not wait for one of them alone at the end.
const LONGEST: &[&str] = &[
    "zap",
    "nuclei",
    "wapiti",
    "testssl",
    "nmap",
    "masscan",
    "sslyze",
    "lynis",
    "detect-secrets",
    "semgrep",
    "njsscan",
    "mobsfscan",
    "checkov",
    "bandit",
    "gitleaks",
    "trivy",
    "cppcheck",
];

/// When a scanner of a scan starts, before those with a higher number. The rest start in the order of the registry.
pub(crate) fn turn(scanner: &Scanner) -> usize {
    LONGEST.iter().position(|id| *id == scanner.id).unwrap_or(LONGEST.len())
}

/// Of what a scanner is told to leave out one by one; a command line has its limits.
const MOST_EXCLUDED: usize = 200;

/// A file of ours that a scanner is to take its settings from, and so not from the target.
fn settings(invocation: &Invocation<'_>, name: &str, text: &str) -> io::Result<PathBuf> {
    let path = invocation.folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Whether the caller names settings for a scanner that takes them once. They are the caller's, so they count.
fn has_settings(invocation: &Invocation<'_>, scanner: &Scanner) -> bool {
    let mut added = invocation.options.arguments.get(scanner.id).into_iter().flatten();
    added.any(|word| word == "-c" || word.as_encoded_bytes().starts_with(b"--config"))
}

/// The targets for a scanner that is not started in the target's root.
pub(crate) fn absolute(invocation: &Invocation<'_>) -> Vec<OsString> {
    let absolute = |target: &OsString| {
        let within = Path::new(target);
        let within = within.strip_prefix(".").unwrap_or(within);
        // Joined with nothing, the root would end with `/`, and what is reported below it would have two.
        if within.as_os_str().is_empty() {
            invocation.root.into()
        } else {
            invocation.root.join(within).into_os_string()
        }
    };
    invocation.targets.iter().map(absolute).collect()
}

/// The rule files that are shipped, with the scanner that gets them.
pub(crate) fn shipped_rule_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    semgrep::RULES.iter().map(|(_, text)| (semgrep::SCANNER.id, *text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::ExitCodes;

    #[test]
    fn those_that_take_longest_are_scanners() {
        assert!(LONGEST.iter().all(|id| scanner(id).is_some()));
    }

    #[test]
    fn the_severities_of_each_are_documented() {
        let page = include_str!("../../../../docs/FINDINGS.md");
        let first_cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
        let mut documented: Vec<&str> =
            first_cells.flat_map(|cell| cell.split('`')).filter(|word| scanner(word).is_some()).collect();
        // A component has no severity.
        let mut known: Vec<&str> =
            SCANNERS.iter().filter(|scanner| !scanner.is_inventory()).map(|scanner| scanner.id).collect();
        documented.sort_unstable();
        known.sort_unstable();
        assert_eq!(documented, known);
    }

    /// The table of docs/LOCAL_SCANS.md is written by hand and must not say anything else.
    #[test]
    fn the_documented_scanners_are_these() {
        let page = include_str!("../../../../docs/LOCAL_SCANS.md");
        // Other tables of the page begin with a name, too.
        let table = page.lines().skip_while(|line| !line.starts_with("| scanner |"));
        let rows: Vec<Vec<&str>> = table
            .take_while(|line| line.starts_with('|'))
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        let documented: Vec<&str> = rows.iter().filter_map(|row| row.get(1)?.split('`').nth(1)).collect();
        assert_eq!(documented, SCANNERS.iter().map(|scanner| scanner.id).collect::<Vec<_>>());
        for (row, scanner) in rows.iter().zip(SCANNERS) {
            let types = scanner.scan_types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            assert_eq!(row.get(2), Some(&types.as_str()), "{}", scanner.id);
            assert_eq!(
                row.get(6).and_then(|oldest| oldest.split(' ').next_back()),
                Some(scanner.oldest),
                "{}",
                scanner.id
            );
            let codes = match scanner.exit_codes {
                ExitCodes::These(codes) => codes.iter().map(i32::to_string).collect::<Vec<_>>().join(", "),
                ExitCodes::UpTo { last, .. } => format!("0 to {last}"),
            };
            assert_eq!(row.get(5), Some(&codes.as_str()), "{}", scanner.id);
        }
    }
}
