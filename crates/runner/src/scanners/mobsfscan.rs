//! mobsfscan: source of apps for Android and iOS, with rules of its own and an engine of its own (Semgrep's).
//!
//! Some of its rules miss something in the app as a whole, so it gets the target and not files; it leaves out by itself
//! what has `spec` or `fixtures` anywhere in its path, and links. Left to itself it looks at Android alone where both kinds
//! of source are there, so it is told the kind, and started for each. A `.mobsf` of the target could turn rules off:
//! settings of ours stand in its place.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, FileKind, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "mobsfscan",
    name: "mobsfscan",
    scan_types: &[ScanType::Code],
    programs: &["mobsfscan"],
    oldest: "0.4",
    install_hint: "pipx install mobsfscan   (or: pip install mobsfscan, in an environment of its own)",
    format: "njsscan",
    version_arguments: &["--version"],
    // 1 says that there are findings of its highest severity.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "AndroidManifest.xml, Info.plist, or file of Kotlin, Swift or Objective-C outside of fixtures and specs",
        looks_at: &looks_at,
        started_on: StartedOn::TargetByKind(KINDS),
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

/// Java alone is as often a server's.
const KINDS: &[FileKind] = &[
    FileKind { word: "android", extensions: &["kt"], names: &["AndroidManifest.xml"] },
    FileKind { word: "ios", extensions: &["swift", "m"], names: &["Info.plist"] },
];

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    let text = path.to_string_lossy();
    KINDS.iter().any(|kind| kind.has(path)) && !["fixtures", "spec"].iter().any(|word| text.contains(word))
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::settings(invocation, "mobsfscan.yaml", "ignore-rules: []\n")?;
    let kind = invocation.kind.unwrap_or("auto");
    let words: &[&dyn AsRef<OsStr>] =
        &[&"--json", &"--type", &kind, &"--output", &invocation.report, &"--config", &settings];
    Ok(invocation.with(words, &SCANNER, Some("--")))
}
