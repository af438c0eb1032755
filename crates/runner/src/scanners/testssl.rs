//! testssl.sh: protocols, ciphers, certificates and known attacks of a TLS server, by a long shell script.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::scanner::{ExitCodes, Invocation, LooksAt, ReportPlace, ScanType, Scanner, Work};
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
    // It adds up what it was not sure of, or could not do; the report says what.
    exit_codes: ExitCodes::UpTo { last: 241, failures: &FAILURES },
    // Without an engine for GOST, as everywhere, every run would have a warning that says nothing of the server.
    environment: &[("NO_ENGINE", "true")],
    looks_at: LooksAt::Service { protocol: Protocol::Tls, port: 443 },
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

/// Of its manual.
const FAILURES: [(i32, &str); 13] = [
    (242, "ERR_CHILD: a part of it was stopped"),
    (244, "ERR_RESOURCE: a file or program that it needs is not there"),
    (245, "ERR_CLUELESS: it does not know how to go on"),
    (246, "ERR_CONNECT: connectivity problem"),
    (247, "ERR_DNSLOOKUP: the name cannot be resolved"),
    (248, "ERR_OTHERCLIENT: problem of this machine"),
    (249, "ERR_DNSBIN: problem with the programs that look names up"),
    (250, "ERR_OSSLBIN: problem with its OpenSSL"),
    (251, "ERR_NOSUPPORT: not supported"),
    (252, "ERR_FNAMEPARSE: an input file cannot be read"),
    (253, "ERR_FCREATE: an output file cannot be made"),
    (254, "ERR_CMDLINE: an argument is not understood"),
    (255, "ERR_BASH: wrong version of Bash"),
];

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] =
        &[&"--quiet", &"--color", &"0", &"--warnings", &"batch", &"--ip", &"one", &"--jsonfile", &invocation.report];
    Ok(invocation.at_service(words, &SCANNER))
}
