//! masscan: open ports of large networks. It makes its own packets, so it needs root and a network card, and cannot scan
//! this machine itself. A network where nothing is open it tells by writing nothing; that it sent all its packets and
//! waited for answers stands in its last line of progress.
//!
//! The usual ports and a slow rate; `--scanner-argument masscan=--rate=10000` changes that.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};

pub(super) const SCANNER: Scanner = Scanner {
    id: "masscan",
    name: "masscan",
    scan_types: &[ScanType::Network],
    programs: &["masscan"],
    oldest: "1.3",
    install_hint: "install masscan from your system's packages",
    format: "masscan",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Networks,
    report: ReportPlace::FileUnlessNothing { end: "100.00% done, waiting" },
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] = &[&"-p1-65535", &"--rate=1000", &"--wait=5", &"-oX", &invocation.report];
    Ok(invocation.with(words, &SCANNER, None))
}
