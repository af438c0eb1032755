//! KubeLinter: Kubernetes, in plain files of YAML.
//!
//! It writes no report when none of its files holds an object of Kubernetes, and most YAML holds none: so it is given
//! only what looks like one, and one of ours that has no flaw. It is not given folders: those of Helm and Kustomize it
//! would render, and a Kustomization names others that are fetched. A `.kube-linter.yaml` of the target could turn all
//! checks off: an empty one of ours stands in its place. What it cannot read of a file it does not tell.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "kube-linter",
    name: "KubeLinter",
    scan_types: &[ScanType::Iac],
    programs: &["kube-linter"],
    oldest: "0.3",
    install_hint: "https://docs.kubelinter.io/#/?id=installing-kubelinter",
    format: "sarif",
    version_arguments: &["version"],
    // 1 says that there are findings, or that it failed; then there is no report.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "YAML file",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::StandardOutput,
    work: Work::Program,
    arguments: &arguments,
};

/// An object that none of its checks is about.
const FLAWLESS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: scanhelm\n  namespace: scanhelm\n";

/// Objects are small: what is larger is data.
const OBJECT_BYTES: u64 = 4 * 1024 * 1024;

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    files::has_extension(path, &["yaml", "yml"])
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::settings(invocation, "kube-linter.yaml", "")?;
    let flawless = super::settings(invocation, "flawless.yaml", FLAWLESS)?;
    let words: &[&dyn AsRef<OsStr>] = &[&"lint", &"--format", &"sarif", &"--config", &settings];
    let objects = invocation.targets.iter().filter(|target| is_object(&invocation.root.join(target))).cloned();
    let targets = std::iter::once(flawless.into_os_string()).chain(objects).collect();
    Ok(Invocation { targets, ..*invocation }.with(words, &SCANNER, Some("--")))
}

/// Whether the file names a version and a kind at the beginning of a line. What cannot be read here it is to report on.
fn is_object(file: &Path) -> bool {
    if file.metadata().is_ok_and(|metadata| metadata.len() > OBJECT_BYTES) {
        return false;
    }
    let Ok(bytes) = fs::read(file) else { return true };
    let text = String::from_utf8_lossy(&bytes);
    ["apiVersion", "kind"].iter().all(|key| {
        let names = |line: &str| line.trim_start_matches(['"', '\'', '{', ' ']).starts_with(key);
        text.lines().any(names)
    })
}
