//! ZAP: crawls a web site and attacks it, by its quick scan on the command line.
//!
//! A folder of its own keeps the settings of this machine out. The daemon's API is not used: one process a scan can be
//! stopped and leaves nothing behind.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};

pub(super) const SCANNER: Scanner = Scanner {
    id: "zap",
    name: "ZAP",
    scan_types: &[ScanType::Dast],
    programs: &["zap.sh", "zaproxy", "owasp-zap"],
    oldest: "2.14",
    install_hint: "https://www.zaproxy.org/download/",
    format: "zap",
    version_arguments: &["-version"],
    exit_codes: &[0],
    environment: &[],
    looks_at: LooksAt::Site,
    report: ReportPlace::File,
    work: Work::Program,
    arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let home = invocation.folder.join("zap");
    // Its name tells the form.
    let report = invocation.folder.join("report.json");
    std::os::unix::fs::symlink(invocation.report, &report)?;
    let words: &[&dyn AsRef<OsStr>] = &[&"-cmd", &"-silent", &"-dir", &home, &"-quickprogress", &"-quickout", &report];
    Ok(invocation.with(words, &SCANNER, Some("-quickurl")))
}
