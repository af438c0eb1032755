//! SARIF 2.1.0: one run for each scanner, so that a viewer says who found it; Scanhelm is named as the converter.
//!
//! Findings in code are SARIF as it is meant. Findings on hosts, sites and packages have no file; they get a logical
//! location for people, and all that makes up their identity in `properties` (see the reader's `own` module).

use std::collections::BTreeMap;
use std::io::{self, Write};

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use serde_json::{Map, Value, json};

use super::order::{Ordered, ordered};
use super::{ToolInfo, as_io, is_web_uri};
use crate::sarif::{OWN_FACTS, OwnFacts};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes the findings, indented, with a line break at the end.
///
/// # Errors
/// When the output cannot be written.
pub fn write_sarif(output: &mut dyn Write, records: &[FindingRecord], tool: &ToolInfo) -> io::Result<()> {
    let findings = ordered(records);
    let mut scanners: BTreeMap<&str, Vec<&Ordered<'_>>> = BTreeMap::new();
    for finding in &findings {
        scanners.entry(&finding.record.scanner).or_default().push(finding);
    }
    let mut runs: Vec<Value> = scanners.into_iter().map(|(scanner, findings)| run(scanner, &findings, tool)).collect();
    if runs.is_empty() {
        // Readers take a file without runs for one that says nothing; this says that nothing was found.
        runs.push(json!({"tool": {"driver": driver(tool)}, "columnKind": "unicodeCodePoints", "results": []}));
    }
    let document = json!({"$schema": SCHEMA, "version": "2.1.0", "runs": runs});
    serde_json::to_writer_pretty(&mut *output, &document).map_err(as_io)?;
    output.write_all(b"\n")
}

fn driver(tool: &ToolInfo) -> Value {
    let mut driver = json!({"name": tool.name, "version": tool.version});
    if let (Some(uri), Some(driver)) = (&tool.information_uri, driver.as_object_mut()) {
        driver.insert("informationUri".to_owned(), json!(uri));
    }
    driver
}

fn run(scanner: &str, findings: &[&Ordered<'_>], tool: &ToolInfo) -> Value {
    let mut rules: BTreeMap<&str, Vec<&FindingRecord>> = BTreeMap::new();
    for finding in findings {
        rules.entry(&finding.record.rule_id).or_default().push(finding.record);
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, index.get(finding.record.rule_id.as_str()).copied().unwrap_or_default()))
        .collect();
    let rules: Vec<Value> = rules.iter().map(|(id, records)| rule(id, records)).collect();
    json!({
        "tool": {"driver": {"name": scanner, "rules": rules}},
        "conversion": {"tool": {"driver": driver(tool)}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    })
}

/// What the results of a rule share. They come worst first, so the first is the worst.
fn rule(id: &str, records: &[&FindingRecord]) -> Value {
    let first = records.first();
    let mut tags: Vec<String> = vec!["security".to_owned()];
    let mut cwes: Vec<u32> = records.iter().flat_map(|record| record.cwes.iter().copied()).collect();
    cwes.sort_unstable();
    cwes.dedup();
    tags.extend(cwes.iter().map(|cwe| format!("external/cwe/cwe-{cwe:03}")));
    let mut rule = Map::new();
    rule.insert("id".to_owned(), json!(id));
    if let Some(record) = first {
        rule.insert("shortDescription".to_owned(), json!({"text": non_empty(&record.title, id)}));
        let web = record.references.iter().find(|uri| is_web_uri(uri));
        if let Some(uri) = web {
            rule.insert("helpUri".to_owned(), json!(uri));
        }
    }
    let mut properties = json!({"tags": tags});
    let score = first.and_then(|record| nominal_score(record.severity));
    if let (Some(score), Some(properties)) = (score, properties.as_object_mut()) {
        properties.insert("security-severity".to_owned(), json!(score));
    }
    rule.insert("properties".to_owned(), properties);
    Value::Object(rule)
}

/// For viewers that sort by this number (GitHub does); the middle of each band.
fn nominal_score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

fn result(finding: &Ordered<'_>, rule_index: usize) -> Value {
    let record = finding.record;
    let (kind, level) = match record.severity {
        Severity::Critical | Severity::High => ("fail", "error"),
        Severity::Medium => ("fail", "warning"),
        Severity::Low => ("fail", "note"),
        Severity::Info => ("informational", "none"),
    };
    let text = record.description.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or(&record.title);
    json!({
        "ruleId": record.rule_id,
        "ruleIndex": rule_index,
        "kind": kind,
        "level": level,
        "message": {"text": non_empty(text, &record.rule_id)},
        "locations": [location(record)],
        "partialFingerprints": {"scanhelm/v1": finding.fingerprint()},
        "properties": {OWN_FACTS: OwnFacts::of(record)},
    })
}

fn location(record: &FindingRecord) -> Value {
    let logical = |name: &str, kind: &str| {
        let full = if name.is_empty() { record.asset.name.clone() } else { format!("{} {name}", record.asset.name) };
        json!([{"fullyQualifiedName": non_empty(&full, "asset"), "kind": kind}])
    };
    match &record.location {
        Location::Code { path, line, column, source } => {
            let mut physical = json!({"artifactLocation": {"uri": path_uri(path), "uriBaseId": "%SRCROOT%"}});
            if let (Some(line), Some(physical)) = (line.filter(|line| *line > 0), physical.as_object_mut()) {
                let mut region = Map::from_iter([("startLine".to_owned(), json!(line))]);
                if let Some(column) = column.filter(|column| *column > 0) {
                    region.insert("startColumn".to_owned(), json!(column));
                }
                if let Some(source) = source {
                    region.insert("snippet".to_owned(), json!({"text": source}));
                }
                physical.insert("region".to_owned(), Value::Object(region));
            }
            json!({"physicalLocation": physical})
        }
        Location::Web { url, .. } if is_web_uri(url) => json!({
            "physicalLocation": {"artifactLocation": {"uri": url}},
            "logicalLocations": logical(&record.location.label(), "resource"),
        }),
        Location::Package { path: Some(path), .. } if !path.is_empty() => json!({
            "physicalLocation": {"artifactLocation": {"uri": path_uri(path), "uriBaseId": "%SRCROOT%"}},
            "logicalLocations": logical(&record.location.label(), "package"),
        }),
        location => json!({"logicalLocations": logical(&location.label(), "resource")}),
    }
}

fn non_empty<'a>(text: &'a str, instead: &'a str) -> &'a str {
    match (text.trim().is_empty(), instead.is_empty()) {
        (false, _) => text,
        (true, false) => instead,
        (true, true) => "(no text)",
    }
}

/// A relative path as a relative URI.
fn path_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").trim_start_matches('/').bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b'@'
            | b'+'
            | b','
            | b'='
            | b'('
            | b')' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
