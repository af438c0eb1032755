//! sslscan: protocols, ciphers and certificates of a TLS server.
//!
//! Of a server that does not answer it writes an error into its report and ends with exit code 0.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};
use crate::target::Protocol;

pub(super) const SCANNER: Scanner = Scanner {
    id: "sslscan",
    name: "sslscan",
    scan_types: &[ScanType::Network],
    programs: &["sslscan"],
    oldest: "2",
    install_hint: "install sslscan from your system's packages",
    format: "sslscan",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Service { protocol: Protocol::Tls, port: 443 },
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let mut report = OsString::from("--xml=");
    report.push(invocation.report);
    let words: &[&dyn AsRef<OsStr>] = &[&"--no-colour", &report];
    Ok(invocation.at_service(words, &SCANNER))
}
