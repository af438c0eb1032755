//! Keys that nobody knows.

use toml::de::{DeTable, DeValue, Error};

use crate::project::{Problem, unknown_keys};

const KEYS: &[&str] = &["programs", "scanner"];
const OF_SCANNER: &[&str] = &[
    "id",
    "name",
    "scan_types",
    "programs",
    "version_arguments",
    "oldest",
    "install_hint",
    "exit_codes",
    "environment",
    "files",
    "started_on",
    "works_in",
    "port",
    "arguments",
    "report",
    "silent_when_clean",
    "keep_answers",
    "format",
    "json",
];
const OF_JSON: &[&str] = &[
    "findings",
    "problems",
    "rule",
    "title",
    "severity",
    "severities",
    "usual_severity",
    "path",
    "line",
    "url",
    "host",
    "port",
    "cwe",
    "cve",
    "description",
    "remediation",
    "reference",
];

pub(super) fn unknown(text: &str) -> Result<Vec<Problem>, Error> {
    let document = DeTable::parse(text)?;
    let mut problems = unknown_keys(text, document.get_ref(), "", KEYS);
    match document.get_ref().get("scanner").map(|list| (list.span(), list.get_ref())) {
        Some((_, DeValue::Array(entries))) => {
            for table in entries.iter().filter_map(|entry| entry.get_ref().as_table()) {
                problems.extend(unknown_keys(text, table, "scanner.", OF_SCANNER));
                if let Some(json) = table.get("json").and_then(|json| json.get_ref().as_table()) {
                    problems.extend(unknown_keys(text, json, "scanner.json.", OF_JSON));
                }
            }
        }
        Some((span, _)) => problems.push(Problem::at(text, span.start, "`scanner` is a list: write [[scanner]]")),
        None => {}
    }
    problems.sort_by_key(|problem| problem.line);
    Ok(problems)
}
