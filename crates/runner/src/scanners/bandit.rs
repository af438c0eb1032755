//! Bandit: Python source.
//!
//! A folder that does not exist ends with exit code 0 and no results; the reason stands only in the report, whose
//! reader then calls it blind. So does a file that does not parse. A `.bandit` anywhere in the target could turn tests off,
//! and two of them end it: an empty one of ours stands in their place.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;

use crate::files;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "bandit",
    name: "Bandit",
    scan_types: &[ScanType::Code],
    programs: &["bandit", "python3 -m bandit"],
    oldest: "1.7",
    install_hint: "pipx install 'bandit[sarif]'   (or: pip install 'bandit[sarif]')",
    format: "bandit",
    version_arguments: &["--version"],
    // 1 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "Python file",
        looks_at: &|path, _| files::has_extension(path, &["py"]),
        started_on: StartedOn::Target,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = super::settings(invocation, "bandit.ini", "[bandit]\n")?;
    let words: [&dyn AsRef<OsStr>; 10] = [
        &"--quiet",
        &"--recursive",
        &"--format",
        &"json",
        &"--output",
        &invocation.report,
        &"--exclude",
        &exclusions(invocation.special),
        &"--ini",
        &settings,
    ];
    Ok(invocation.with(&words, &SCANNER, Some("--")))
}

/// Bandit matches these against paths that begin with `./`, and `*` also matches `/`. What has no end it would read
/// for ever.
fn exclusions(special: &[PathBuf]) -> String {
    let vendored = files::VENDORED.iter().map(|name| format!("*/{name}/*"));
    let special = special.iter().take(super::MOST_EXCLUDED).map(|path| literally(&path.to_string_lossy()));
    std::iter::once("*/.*/*".to_owned()).chain(vendored).chain(special).collect::<Vec<_>>().join(",")
}

/// As a pattern that means this path. Bandit also leaves out what has the pattern as a part of its name, so the first
/// character is written as a set, which is in no name. A comma would end the pattern, and of a name that is no Unicode
/// the characters are not known.
fn literally(path: &str) -> String {
    let mut pattern = "[.]/".to_owned();
    for character in path.chars() {
        match character {
            ',' => pattern.push('?'),
            '\u{fffd}' => pattern.push('*'),
            '*' | '?' | '[' => pattern.push_str(&format!("[{character}]")),
            other => pattern.push(other),
        }
    }
    pattern
}
