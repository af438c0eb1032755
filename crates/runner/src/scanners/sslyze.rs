//! SSLyze: protocols, ciphers and certificates of a TLS server, and known attacks on them.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};
use crate::target::Protocol;

pub(super) const SCANNER: Scanner = Scanner {
    id: "sslyze",
    name: "SSLyze",
    scan_types: &[ScanType::Network],
    programs: &["sslyze"],
    oldest: "5",
    install_hint: "pipx install sslyze   (or: pip install sslyze, in an environment of its own)",
    format: "sslyze",
    version_arguments: &["--help"],
    // 1 says that the server does not meet Mozilla's recommendations.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Service { protocol: Protocol::Tls, port: 443 },
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let mut report = OsString::from("--json_out=");
    report.push(invocation.report);
    let words: &[&dyn AsRef<OsStr>] = &[&"--quiet", &report];
    Ok(invocation.at_service(words, &SCANNER))
}
