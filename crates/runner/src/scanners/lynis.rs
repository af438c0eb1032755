//! Lynis: how this machine is set up. As root it sees all of it, as another user some.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};

pub(super) const SCANNER: Scanner = Scanner {
    id: "lynis",
    name: "Lynis",
    scan_types: &[ScanType::Baseline],
    programs: &["lynis"],
    oldest: "3",
    install_hint: "install lynis from your system's packages, or see https://cisofy.com/lynis/",
    format: "lynis",
    version_arguments: &["show", "version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Machine,
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let log = invocation.folder.join("log");
    let words: &[&dyn AsRef<OsStr>] = &[
        &"audit",
        &"system",
        &"--quick",
        &"--no-colors",
        &"--quiet",
        &"--logfile",
        &log,
        &"--report-file",
        &invocation.report,
    ];
    Ok(invocation.with(words, &SCANNER, None))
}
