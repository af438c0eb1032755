//! Nuclei: templates of known weaknesses, tried on a web site.
//!
//! It asks no server of its makers for what the site sends back (`-no-interactsh`). Templates have to be there: it
//! loads them when it is run by hand the first time.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};

pub(super) const SCANNER: Scanner = Scanner {
    id: "nuclei",
    name: "Nuclei",
    scan_types: &[ScanType::Dast],
    programs: &["nuclei"],
    oldest: "3",
    install_hint: "https://docs.projectdiscovery.io/opensource/nuclei/install",
    format: "nuclei",
    version_arguments: &["-version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Site,
    report: ReportPlace::FileOfFindings,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[
        &"-silent",
        &"-no-color",
        &"-disable-update-check",
        &"-no-interactsh",
        &"-jsonl",
        &"-output",
        &invocation.report,
    ];
    Ok(invocation.with(words, &SCANNER, Some("-target")))
}
