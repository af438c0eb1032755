//! Retire.js: JavaScript libraries that lie about as files, without a manifest.
//!
//! It loads its data from the network unless `--jsrepo FILE` names it. A `.retireignore` of the target could leave out all
//! of it: an empty one of ours stands in its place.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "retire",
    name: "Retire.js",
    scan_types: &[ScanType::Dependency],
    programs: &["retire"],
    oldest: "4",
    install_hint: "npm install -g retire",
    format: "retire",
    version_arguments: &["--version"],
    // 13 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 13]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "JavaScript file",
        looks_at: &looks_at,
        started_on: StartedOn::Target,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    files::has_extension(path, &["js", "mjs", "cjs"])
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let ignored = super::settings(invocation, "retireignore.json", "[]")?;
    let words: &[&dyn AsRef<OsStr>] = &[
        &"--outputformat",
        &"json",
        &"--outputpath",
        &invocation.report,
        &"--cachedir",
        &invocation.folder,
        &"--ignorefile",
        &ignored,
    ];
    Ok(invocation.with(words, &SCANNER, Some("--path")))
}
