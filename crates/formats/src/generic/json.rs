//! The JSON: an object with `findings`.

use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use super::Generic;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, each_element, each_key, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::package::field::{flag, line, list, number, text, texts, words};
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format = Format {
    id: "defectdojo",
    name: "DefectDojo generic findings JSON",
    extensions: &["json"],
    sniff: recognises,
    open,
};

/// Fields that no other format calls so.
const MARKS: [&str; 12] = [
    "vuln_id_from_tool",
    "unique_id_from_tool",
    "vulnerability_ids",
    "false_p",
    "is_mitigated",
    "out_of_scope",
    "severity_justification",
    "steps_to_reproduce",
    "cvssv3",
    "component_name",
    "static_finding",
    "mitigation",
];

fn recognises(sample: &Sample) -> bool {
    let has = |key: &str| sample.has_json(&format!("findings[].{key}"));
    let named = ["title", "severity", "description"].iter().all(|key| has(key));
    named && MARKS.iter().any(|key| has(key)) && !has("findingArn")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of("generic");
    let mut cursor = Cursor::new(input.content, &options.limits);
    let mut has_findings = false;
    each_key(&mut cursor, |key, cursor| {
        match key {
            "findings" => {
                has_findings = true;
                each_element(cursor, |cursor| report.keep_next(0, cursor))?;
            }
            "type" | "name" => {
                if let Some(name) = cursor.value::<Option<String>>(key)?.filter(|name| !name.trim().is_empty()) {
                    let is_type = key == "type";
                    if is_type || report.header.scanner == "generic" {
                        report.header.scanner = name.trim().to_lowercase();
                    }
                }
            }
            "version" => report.header.scanner_version = cursor.value(key)?,
            _ => cursor.skip_value()?,
        }
        Ok(())
    })?;
    cursor.end()?;
    if !has_findings {
        return Err(cursor.malformed("it holds no list `findings`"));
    }
    let scanner = report.header.scanner.clone();
    let turn =
        move |_: u8, raw: &[u8], place: &mut Place| finding(raw, &scanner, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

fn finding(raw: &[u8], scanner: &str, place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let found: Value = parsed(raw)?;
    let inactive = found.get("active").and_then(Value::as_bool) == Some(false);
    if inactive || ["false_p", "is_mitigated", "duplicate", "out_of_scope"].iter().any(|key| flag(&found, key)) {
        return Ok(None);
    }
    let word = |path: &str| text(&found, path).unwrap_or_default();
    let mut ids = texts(&found, "vulnerability_ids");
    ids.extend(text(&found, "cve").map(str::to_owned));
    let endpoint = list(&found, "endpoints").next().map(endpoint).unwrap_or_default();
    let evidence = ["impact", "steps_to_reproduce", "severity_justification"].map(word);
    let evidence: Vec<&str> = evidence.into_iter().filter(|text| !text.is_empty()).collect();
    let vector = ["cvssv4", "cvssv3"].into_iter().map(word).find(|vector| !vector.is_empty());
    let generic = Generic {
        scanner,
        title: word("title"),
        severity: word("severity"),
        description: word("description"),
        mitigation: word("mitigation"),
        references: word("references"),
        ids,
        cwe: words(&found, "cwe").unwrap_or_default(),
        vector: vector.unwrap_or_default(),
        score: number(&found, "cvssv4_score").or_else(|| number(&found, "cvssv3_score")),
        rule: word("vuln_id_from_tool"),
        unique: word("unique_id_from_tool"),
        file: word("file_path"),
        line: line(&found, "line"),
        component: word("component_name"),
        version: word("component_version"),
        endpoint,
        evidence: evidence.join("\n\n"),
    };
    generic.finding(place).map(Some)
}

/// An address, or its parts.
fn endpoint(value: &Value) -> String {
    let Some(host) = text(value, "host") else { return value.as_str().unwrap_or_default().to_owned() };
    match text(value, "protocol") {
        None => host.to_owned(),
        Some(protocol) => {
            let port = words(value, "port").map(|port| format!(":{port}")).unwrap_or_default();
            let path = text(value, "path").unwrap_or_default();
            format!("{protocol}://{host}{port}/{}", path.trim_start_matches('/'))
        }
    }
}
