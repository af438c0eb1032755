//! KICS (`results.json`), also as the engine for infrastructure as code of Checkmarx One. It counts the files that it
//! could not scan and the queries that failed; a report with neither is complete. The search key, which names the
//! resource and attribute, identifies.

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::{Severity, Timestamp};
use serde::Deserialize;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, Outcome, bare, each_element, each_key, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::weakness::cwes_in;

pub(super) const FORMAT: Format =
    Format { id: "kics", name: "KICS JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "kics";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("kics_version") && sample.has_json("queries")
        || sample.has_json("queries[].query_id") && sample.has_json("queries[].files[].similarity_id")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut cursor = Cursor::new(input.content, &options.limits);
    let (mut has_queries, mut failures) = (false, vec![]);
    each_key(&mut cursor, |key, cursor| match key {
        "queries" => {
            has_queries = true;
            each_element(cursor, |cursor| report.keep_next(0, cursor))
        }
        "kics_version" => {
            report.header.scanner_version = cursor.value("kics_version")?;
            Ok(())
        }
        "files_failed_to_scan" | "queries_failed_to_execute" => {
            failures.push((key.replace('_', " "), cursor.value::<u64>(key)?));
            Ok(())
        }
        "start" | "end" => {
            let time = Timestamp::parse(&cursor.value::<String>(key)?);
            if key == "start" {
                report.header.started_at = time;
            } else {
                report.header.finished_at = time;
            }
            Ok(())
        }
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    if !has_queries {
        return Err(cursor.malformed("it holds no list `queries`"));
    }
    report.complete = failures.len() == 2;
    for (what, count) in failures.iter().filter(|(_, count)| *count > 0) {
        report.problems.add(&format!("{what}: {count}"));
    }
    report.into_reader(options, Box::new(|_, raw, place| findings(raw, place)))
}

#[derive(Deserialize)]
struct Query {
    query_name: String,
    query_id: String,
    severity: String,
    #[serde(default)]
    platform: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    description: String,
    query_url: Option<String>,
    cwe: Option<String>,
    files: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    file_name: String,
    line: Option<u32>,
    #[serde(default)]
    issue_type: String,
    #[serde(default)]
    search_key: String,
    #[serde(default)]
    search_value: String,
    #[serde(default)]
    expected_value: String,
    #[serde(default)]
    actual_value: String,
}

fn findings(raw: &[u8], place: &mut Place) -> Vec<Outcome> {
    let query: Query = match parsed(raw) {
        Ok(query) => query,
        Err(reason) => return vec![Err(reason)],
    };
    query.files.iter().map(|found| finding(&query, found, place)).collect()
}

fn finding(query: &Query, found: &Found, place: &mut Place) -> Outcome {
    let severity = match query.severity.as_str() {
        "CRITICAL" => Severity::Critical,
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        "INFO" | "TRACE" => Severity::Info,
        other => return Err(format!("`{other}` is no severity of KICS")),
    };
    let mut location = spot(place, &found.file_name, found.line, None, None);
    if let scanhelm_core::finding::Location::Code { source, .. } = &mut location {
        // The line of a missing attribute is that of the resource: the key tells more.
        *source = None;
    }
    let mut cwes = vec![];
    cwes_in(&format!("CWE-{}", query.cwe.as_deref().unwrap_or_default()), &mut cwes);
    let facts = [("Expected", &found.expected_value), ("Actual", &found.actual_value), ("Issue", &found.issue_type)]
        .map(|(name, value)| if value.is_empty() { String::new() } else { format!("{name}: {value}") });
    Ok(FindingRecord {
        vendor_severity: Some(query.severity.clone()),
        check: filled(format!("{} {}", found.search_key, found.search_value).trim()),
        cwes,
        family: filled(format!("{} {}", query.platform, query.category).trim()),
        description: filled(query.description.clone()),
        evidence: filled(facts.join("\n").trim()),
        references: query.query_url.clone().and_then(filled).into_iter().collect(),
        ..bare(SCANNER, query.query_id.clone(), query.query_name.clone(), severity, &place.asset, location)
    })
}
