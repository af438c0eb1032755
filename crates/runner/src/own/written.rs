//! The file as it is written. What its values mean is understood in `reading`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
pub(super) struct WrittenFile {
    #[serde(default)]
    pub programs: BTreeMap<Spanned<String>, PathBuf>,
    #[serde(default)]
    pub scanner: Vec<WrittenScanner>,
}

#[derive(Deserialize)]
pub(super) struct WrittenScanner {
    pub id: Spanned<String>,
    pub name: Option<String>,
    pub scan_types: Spanned<Vec<Spanned<String>>>,
    pub programs: Spanned<Vec<Spanned<String>>>,
    pub version_arguments: Option<Vec<String>>,
    #[serde(default)]
    pub oldest: String,
    pub install_hint: Option<String>,
    pub exit_codes: Option<Vec<i32>>,
    #[serde(default)]
    pub environment: BTreeMap<Spanned<String>, String>,
    pub files: Option<Spanned<Vec<String>>>,
    pub started_on: Option<Spanned<String>>,
    pub works_in: Option<Spanned<String>>,
    pub port: Option<u16>,
    pub arguments: Spanned<Vec<Spanned<String>>>,
    pub report: Option<Spanned<String>>,
    #[serde(default)]
    pub silent_when_clean: bool,
    #[serde(default)]
    pub keep_answers: bool,
    pub format: Option<Spanned<String>>,
    pub json: Option<Spanned<WrittenMapping>>,
}

#[derive(Deserialize)]
pub(super) struct WrittenMapping {
    #[serde(default)]
    pub findings: String,
    pub problems: Option<String>,
    pub rule: Spanned<String>,
    pub title: Option<String>,
    pub severity: Option<String>,
    #[serde(default)]
    pub severities: BTreeMap<String, Spanned<String>>,
    pub usual_severity: Option<Spanned<String>>,
    pub path: Option<String>,
    pub line: Option<String>,
    pub url: Option<String>,
    pub host: Option<String>,
    pub port: Option<String>,
    pub cwe: Option<String>,
    pub cve: Option<String>,
    pub description: Option<String>,
    pub remediation: Option<String>,
    pub reference: Option<String>,
}
