//! njsscan: JavaScript of servers and their templates, with rules of its own and an engine of its own (Semgrep's).
//!
//! It leaves out by itself what has one of [`LEFT_OUT`] anywhere in its path, in words of no option. With findings, and
//! with files that it could not read, it ends with exit code 1; the report tells which. A `.njsscan` of the target could
//! turn rules off: settings of ours stand in its place. Ended by itself it leaves its engine running.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "njsscan",
    name: "njsscan",
    scan_types: &[ScanType::Code],
    programs: &["njsscan", "python3 -m njsscan"],
    oldest: "0.4",
    install_hint: "pipx install njsscan   (or: pip install njsscan, in an environment of its own)",
    format: "njsscan",
    version_arguments: &["--version"],
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "JavaScript file or template outside of examples, fixtures and specs",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

const LEFT_OUT: &[&str] = &["fixtures", "jquery", "spec", "example", ".min.js"];

const EXTENSIONS: &[&str] =
    &["js", "ect", "ejs", "dust", "haml", "hbs", "hdbs", "html", "jade", "mustache", "pug", "tl", "tmpl", "tpl", "vue"];

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    let text = path.to_string_lossy();
    files::has_extension(path, EXTENSIONS) && !LEFT_OUT.iter().any(|word| text.contains(word))
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::settings(invocation, "njsscan.yaml", "ignore-rules: []\n")?;
    let words: &[&dyn AsRef<OsStr>] = &[&"--json", &"--output", &invocation.report, &"--config", &settings];
    Ok(invocation.with(words, &SCANNER, Some("--")))
}
