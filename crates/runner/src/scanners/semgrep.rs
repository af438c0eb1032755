//! Semgrep, with rules from files only.
//!
//! Registry packs (`auto`, `p/...`) are not used: they are fetched at every scan, so the same commit can give another
//! result tomorrow, and without internet the tool waits for minutes and then writes nothing. Without `--config` the
//! rules of our own in `rules/semgrep/` are used; they are compiled in.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::files;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "semgrep",
    name: "Semgrep",
    scan_types: &[ScanType::Code],
    programs: &["semgrep"],
    oldest: "1.50",
    install_hint: "pipx install semgrep   (or: pip install semgrep, in an environment of its own)",
    format: "semgrep",
    version_arguments: &["--version"],
    // 1 is findings under --error, which is not used but may be set by a wrapper.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[("SEMGREP_SEND_METRICS", "off"), ("SEMGREP_ENABLE_VERSION_CHECK", "0")],
    looks_at: LooksAt::Files(Files {
        subject: "Go, Java, JavaScript, TypeScript or Python file (for other languages give rules with --config)",
        looks_at: &|path, options| !options.rules.is_empty() || files::has_extension(path, EXTENSIONS),
        started_on: StartedOn::Target,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

/// The rules that are shipped: file name, text.
pub(super) const RULES: &[(&str, &str)] = &[
    ("go.yml", include_str!("../../rules/semgrep/go.yml")),
    ("java.yml", include_str!("../../rules/semgrep/java.yml")),
    ("javascript.yml", include_str!("../../rules/semgrep/javascript.yml")),
    ("python.yml", include_str!("../../rules/semgrep/python.yml")),
];

/// Of the languages of [`RULES`].
const EXTENSIONS: &[&str] = &["go", "java", "js", "jsx", "mjs", "cjs", "ts", "tsx", "py"];

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let excluded: Vec<String> =
        files::VENDORED.iter().copied().chain([".*/"]).map(|folder| format!("--exclude={folder}")).collect();
    let rules = rule_paths(invocation)?;
    let mut words: Vec<&dyn AsRef<OsStr>> = vec![
        &"scan",
        &"--json",
        &"--quiet",
        &"--metrics=off",
        &"--disable-version-check",
        // Else rule ids begin with the path of the rule file on this machine.
        &"--no-rewrite-rule-ids",
        // What is scanned must not depend on whether the folder is a clone, and no repository gets its git run.
        &"--no-git-ignore",
        &"--project-root=.",
        // A rule that is cut off on a busy machine would give another result there. The scan's own limit stays.
        &"--timeout=0",
        &"--output",
        &invocation.report,
    ];
    words.extend(excluded.iter().map(|word| word as &dyn AsRef<OsStr>));
    for path in &rules {
        words.extend([&"--config" as &dyn AsRef<OsStr>, path]);
    }
    Ok(invocation.with(&words, &SCANNER, Some("--")))
}

fn rule_paths(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    if !invocation.options.rules.is_empty() {
        return Ok(invocation.options.rules.iter().map(|path| path.clone().into_os_string()).collect());
    }
    let folder = invocation.folder.join("rules");
    std::fs::create_dir(&folder)?;
    for (name, text) in RULES {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(vec![folder.into_os_string()])
}
