//! ssh-audit: algorithms, keys and known vulnerabilities of an SSH server.
//!
//! Of a server that does not answer it prints words instead of a report. It is not asked to try how many connections
//! the server takes.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};
use crate::target::Protocol;

pub(super) const SCANNER: Scanner = Scanner {
    id: "ssh-audit",
    name: "ssh-audit",
    scan_types: &[ScanType::Network],
    programs: &["ssh-audit", "python3 -m ssh_audit"],
    oldest: "3",
    install_hint: "pipx install ssh-audit   (or: pip install ssh-audit)",
    format: "ssh-audit",
    version_arguments: &["--help"],
    // 2 says that there are warnings, 3 that there are failures.
    exit_codes: ExitCodes::These(&[0, 2, 3]),
    environment: &[],
    looks_at: LooksAt::Service { protocol: Protocol::Ssh, port: 22 },
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let port = invocation.port.unwrap_or_default().to_string();
    let words: &[&dyn AsRef<OsStr>] = &[&"--json", &"--skip-rate-test", &"--port", &port];
    Ok(invocation.with(words, &SCANNER, None))
}
