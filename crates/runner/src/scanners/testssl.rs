//! testssl.sh: protocols, ciphers, certificates and known attacks of a TLS server, by a long shell script.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};
use crate::target::Protocol;

pub(super) const SCANNER: Scanner = Scanner {
    id: "testssl",
    name: "testssl.sh",
    scan_types: &[ScanType::Network],
    programs: &["testssl.sh", "testssl"],
    oldest: "3",
    install_hint: "install testssl.sh from your system's packages, or see https://testssl.sh",
    format: "testssl",
    version_arguments: &["--version"],
    // Small numbers count what it was not sure of. From 242 on they are errors.
    exit_codes: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    // Without an engine for GOST, as everywhere, every run would have a warning that says nothing of the server.
    environment: &[("NO_ENGINE", "true")],
    looks_at: LooksAt::Service { protocol: Protocol::Tls, port: 443 },
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] =
        &[&"--quiet", &"--color", &"0", &"--warnings", &"batch", &"--ip", &"one", &"--jsonfile", &invocation.report];
    Ok(invocation.at_service(words, &SCANNER))
}
