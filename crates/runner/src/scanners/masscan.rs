//! masscan: open ports of large networks. It makes its own packets, so it needs root and a network card: this machine
//! itself it cannot scan.
//!
//! The usual ports and a slow rate; `--scanner-argument masscan=--rate=10000` changes that.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{Invocation, LooksAt, ReportPlace, ScanType, Scanner};

pub(super) const SCANNER: Scanner = Scanner {
    id: "masscan",
    name: "masscan",
    scan_types: &[ScanType::Network],
    programs: &["masscan"],
    oldest: "1.3",
    install_hint: "install masscan from your system's packages",
    format: "masscan",
    version_arguments: &["--version"],
    exit_codes: &[0],
    environment: &[],
    looks_at: LooksAt::Addresses,
    report: ReportPlace::File,
    arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let ports = match invocation.port {
        Some(port) => format!("-p{port}"),
        None => "-p1-65535".to_owned(),
    };
    let words: &[&dyn AsRef<OsStr>] = &[&ports, &"--rate=1000", &"--wait=5", &"-oX", &invocation.report];
    Ok(invocation.with(words, &SCANNER, None))
}
