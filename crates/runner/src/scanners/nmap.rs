//! Nmap: open ports of hosts and what listens there.
//!
//! It connects and sends no packets of its own making, so that root and others get the same answers. A single host is
//! looked at whether or not it answers a ping; of a network, those that do.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};

pub(super) const SCANNER: Scanner = Scanner {
    id: "nmap",
    name: "Nmap",
    scan_types: &[ScanType::Network],
    programs: &["nmap"],
    oldest: "7",
    install_hint: "install nmap from your system's packages, or see https://nmap.org/download",
    format: "nmap",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Hosts,
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let target = invocation.targets.first().map(|target| target.to_string_lossy()).unwrap_or_default();
    let port = invocation.port.map(|port| port.to_string());
    let mut words: Vec<&dyn AsRef<OsStr>> = vec![&"-n", &"-sT", &"-sV", &"-oX", &invocation.report];
    if !target.contains('/') {
        words.push(&"-Pn");
    }
    if target.contains(':') {
        words.push(&"-6");
    }
    if let Some(port) = &port {
        words.extend([&"-p" as &dyn AsRef<OsStr>, port]);
    }
    Ok(invocation.with(&words, &SCANNER, None))
}
