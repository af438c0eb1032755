//! The first walk: what describes the results of each run.

use std::collections::BTreeMap;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use serde_json::Value;
use tempfile::SpooledTempFile;

use super::model::{Artifact, ArtifactLocation, Component, Invocation, Placed, Provenance, Tool};
use super::place::{self, Places};
use super::rules::Rules;
use crate::code_report;
use crate::error::ReadError;
use crate::json::{Cursor, Spool};
use crate::options::ReadOptions;
use crate::package::subject;
use crate::report::{Problems, ReportHeader};
use crate::source_tree::{CommonFolder, SourceTree};

pub(super) struct RunContext {
    pub(super) header: ReportHeader,
    pub(super) asset: AssetRecord,
    pub(super) rules: Rules,
    pub(super) places: Places,
    pub(super) problems: Problems,
}

pub(super) fn read(document: &mut Spool, options: &ReadOptions) -> Result<Vec<RunContext>, ReadError> {
    /// A file holds one run a tool; each run costs memory.
    const MOST_RUNS: usize = 10_000;
    let mut cursor = document.cursor(&options.limits)?;
    let mut runs = vec![];
    let mut has_runs = false;
    cursor.begin_object()?;
    while let Some(key) = cursor.next_key()? {
        if key != "runs" || cursor.peek()? == Some(b'n') {
            cursor.skip_value()?;
            continue;
        }
        has_runs = true;
        cursor.begin_array()?;
        while cursor.next_element()? {
            if runs.len() >= MOST_RUNS {
                return Err(ReadError::Hostile { detail: format!("it holds more than {MOST_RUNS} runs") });
            }
            runs.push(Draft::read(&mut cursor, options)?.finish(options));
        }
    }
    cursor.end()?;
    if has_runs { Ok(runs) } else { Err(cursor.malformed("it holds no list `runs`")) }
}

/// A run as its keys come.
#[derive(Default)]
struct Draft {
    tool: Tool,
    artifacts: Vec<ArtifactLocation>,
    bases: BTreeMap<String, ArtifactLocation>,
    invocations: Vec<Invocation>,
    provenance: Vec<Provenance>,
    image: Option<String>,
    has_results: bool,
    folder: CommonFolder,
}

impl Draft {
    fn read(cursor: &mut Cursor<&mut SpooledTempFile>, options: &ReadOptions) -> Result<Self, ReadError> {
        let mut draft = Self::default();
        cursor.begin_object()?;
        while let Some(key) = cursor.next_key()? {
            if cursor.peek()? == Some(b'n') {
                cursor.skip_value()?;
                continue;
            }
            match key.as_str() {
                "tool" => draft.tool = cursor.value("tool")?,
                "originalUriBaseIds" => draft.bases = cursor.value("originalUriBaseIds")?,
                "invocations" => draft.invocations = cursor.value("invocations")?,
                "versionControlProvenance" => draft.provenance = cursor.value("versionControlProvenance")?,
                "properties" => {
                    let properties: Value = cursor.value("properties")?;
                    draft.image = properties.get("imageName").and_then(Value::as_str).map(str::to_owned);
                }
                "artifacts" => draft.read_artifacts(cursor, options)?,
                "results" => draft.read_places(cursor)?,
                _ => cursor.skip_value()?,
            }
        }
        Ok(draft)
    }

    fn read_artifacts(
        &mut self,
        cursor: &mut Cursor<&mut SpooledTempFile>,
        options: &ReadOptions,
    ) -> Result<(), ReadError> {
        let mut kept = 0;
        cursor.begin_array()?;
        while cursor.next_element()? {
            let location = cursor.value::<Artifact>("artifacts[]")?.location.unwrap_or_default();
            kept += location.uri.as_ref().map_or(0, String::len) + size_of::<ArtifactLocation>();
            if kept > options.limits.max_context {
                return Err(ReadError::Hostile { detail: "its list of artifacts is too long".to_owned() });
            }
            if let Some(uri) = &location.uri {
                self.folder.add(&place::file_path(uri));
            }
            self.artifacts.push(location);
        }
        Ok(())
    }

    fn read_places(&mut self, cursor: &mut Cursor<&mut SpooledTempFile>) -> Result<(), ReadError> {
        self.has_results = true;
        let mut raw = Vec::new();
        cursor.begin_array()?;
        while cursor.next_element()? {
            cursor.capture(&mut raw)?;
            // A result that cannot be read here is rejected in the second walk.
            let placed: Placed = serde_json::from_slice(&raw).unwrap_or_default();
            let physical = placed.locations.into_iter().flatten().filter_map(|location| location.physical_location);
            for uri in physical.filter_map(|physical| physical.artifact_location?.uri) {
                self.folder.add(&place::file_path(&uri));
            }
        }
        Ok(())
    }

    fn finish(self, options: &ReadOptions) -> RunContext {
        let mut problems = self.problems();
        let scanner = scanner_name(self.tool.driver.name.as_deref().unwrap_or_default());
        if !self.has_results {
            problems.add(&format!("the run of {scanner} holds no `results`: it did not finish"));
        }
        let first = self.invocations.first();
        let time = |text: Option<&String>| text.and_then(|text| Timestamp::parse(text));
        let header = ReportHeader {
            scanner: scanner.clone(),
            scanner_version: version(&self.tool.driver),
            started_at: first.and_then(|invocation| time(invocation.start_time_utc.as_ref())),
            finished_at: self.invocations.iter().filter_map(|invocation| time(invocation.end_time_utc.as_ref())).max(),
            ..ReportHeader::default()
        };
        let repository = options.repository.clone().or_else(|| {
            self.provenance.iter().find_map(|provenance| repository_name(provenance.repository_uri.as_deref()?))
        });
        let asset = match (self.image.filter(|_| options.repository.is_none()), repository) {
            (Some(image), _) => subject::image(&image, options),
            (None, name) => code_report::repository(name.as_deref()),
        };
        let roots = self
            .bases
            .values()
            .chain(self.provenance.iter().filter_map(|provenance| provenance.mapped_to.as_ref()))
            .chain(self.invocations.iter().filter_map(|invocation| invocation.working_directory.as_ref()))
            .filter_map(|location| Some(place::file_path(location.uri.as_deref()?)))
            .filter(|path| crate::source_tree::is_absolute(path) && !path.trim_matches('/').is_empty());
        let tree = SourceTree::new(options.source_root.as_deref(), roots, self.folder.path());
        RunContext {
            rules: Rules::new(scanner, self.tool),
            places: Places::new(tree, self.artifacts, self.bases),
            header,
            asset,
            problems,
        }
    }

    /// What the tool says went wrong.
    fn problems(&self) -> Problems {
        let mut problems = Problems::default();
        for invocation in &self.invocations {
            let notifications =
                [&invocation.tool_execution_notifications, &invocation.tool_configuration_notifications];
            let errors = notifications
                .into_iter()
                .flatten()
                .flatten()
                .filter(|notification| notification.level.as_deref() == Some("error"));
            for error in errors {
                problems.add(error.message.plain().unwrap_or("the tool reports an error without a text"));
            }
            if invocation.execution_successful == Some(false) {
                problems.add("the tool says that it did not run successfully");
            }
        }
        problems
    }
}

fn version(driver: &Component) -> Option<String> {
    [&driver.semantic_version, &driver.version].into_iter().find_map(|version| version.as_str().map(str::to_owned))
}

/// Lower-case product name, one for all editions of a tool, so that its SARIF and its other formats agree.
fn scanner_name(name: &str) -> String {
    let lower = scanhelm_core::text::single_line(&name.to_lowercase(), 100);
    match lower.as_str() {
        "" => "unknown".to_owned(),
        "semgrep oss" | "semgrep pro" | "semgrep code" => "semgrep".to_owned(),
        "codeql command-line toolchain" => "codeql".to_owned(),
        _ => lower,
    }
}

/// `https://user:token@github.com/owner/name.git` is `github.com/owner/name`.
pub(crate) fn repository_name(uri: &str) -> Option<String> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = format!("{host}/{path}");
    let name = name.trim_matches('/').trim_end_matches(".git");
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_without_secrets() {
        for uri in ["https://me:token@github.com/o/n.git", "https://github.com/o/n/", "git://github.com/o/n?x=y"] {
            assert_eq!(repository_name(uri).as_deref(), Some("github.com/o/n"));
        }
        assert_eq!(repository_name(""), None);
    }

    #[test]
    fn editions_of_a_tool_are_one_scanner() {
        assert_eq!(scanner_name("Semgrep OSS"), scanner_name("semgrep"));
    }
}
