//! Wapiti: crawls a web site and attacks its forms and parameters. It changes data where the site lets it.
//!
//! Of a site that does not answer it writes a usual report without findings, which the reader tells by its pages.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};

pub(super) const SCANNER: Scanner = Scanner {
    id: "wapiti",
    name: "Wapiti",
    scan_types: &[ScanType::Dast],
    programs: &["wapiti"],
    oldest: "3.1",
    install_hint: "pipx install wapiti3   (or: pip install wapiti3, in an environment of its own)",
    format: "wapiti",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Site,
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let (session, config) = (invocation.folder.join("session"), invocation.folder.join("config"));
    let words: &[&dyn AsRef<OsStr>] = &[
        &"--flush-session",
        &"--store-session",
        &session,
        &"--store-config",
        &config,
        &"--no-bugreport",
        &"--verbose",
        &"0",
        &"--format",
        &"json",
        &"--output",
        &invocation.report,
    ];
    Ok(invocation.with(words, &SCANNER, Some("--url")))
}
