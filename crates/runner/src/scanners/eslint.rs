//! ESLint with its plugin for security: JavaScript source.
//!
//! The project's own settings are left aside: they are for its style, and they are programs that would run. Ours name
//! only rules of the plugin, which has to be installed beside ESLint.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use crate::files;
use crate::request::ScanOptions;
use crate::scanner::{
    ExitCodes, Files, Invocation, LooksAt, ReportPlace, ScanType, Scanner, StartedOn, Work, WorkingFolder,
};

pub(super) const SCANNER: Scanner = Scanner {
    id: "eslint",
    name: "ESLint",
    scan_types: &[ScanType::Code],
    programs: &["eslint"],
    oldest: "9",
    install_hint: "npm install -g eslint eslint-plugin-security",
    format: "eslint",
    version_arguments: &["--version"],
    // 1 says that there are findings.
    exit_codes: ExitCodes::These(&[0, 1]),
    environment: &[],
    looks_at: LooksAt::Files(Files {
        subject: "JavaScript file",
        looks_at: &looks_at,
        started_on: StartedOn::Files,
        works_in: WorkingFolder::Target,
    }),
    report: ReportPlace::File,
    work: Work::Program,
    arguments: &arguments,
};

/// The plugin is found from where ESLint's own program lies.
const SETTINGS: &str = r#"const plugin = require(require.resolve("eslint-plugin-security", {paths: [require("fs").realpathSync(process.argv[1])]}));
module.exports = [{
  ...plugin.configs.recommended,
  linterOptions: { reportUnusedDisableDirectives: "off" },
}];
"#;

fn looks_at(path: &Path, _: &ScanOptions) -> bool {
    files::has_extension(path, &["js", "mjs", "cjs"])
}

fn arguments(invocation: &Invocation<'_>) -> io::Result<Vec<OsString>> {
    let settings = invocation.folder.join("eslint.config.cjs");
    std::fs::write(&settings, SETTINGS)?;
    let words: &[&dyn AsRef<OsStr>] = &[
        &"--no-config-lookup",
        &"--no-inline-config",
        &"--config",
        &settings,
        &"--no-ignore",
        &"--no-warn-ignored",
        &"--format",
        &"json",
        &"--output-file",
        &invocation.report,
    ];
    Ok(invocation.with(words, &SCANNER, Some("--")))
}
