//! njsscan and mobsfscan (`--json`), which share an engine and a layout: findings by rule, each rule with its files. A
//! rule without files speaks of the app as a whole. A file that could not be read is in `errors`. So is, as a
//! mere text, why their engine did not run: then what they say of the app as a whole is worth nothing. A target that is not
//! there leaves an empty report without an error, so a report never closes anything.

use std::collections::BTreeMap;

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, Outcome, bare, each_element, each_key, filled, parsed};
use crate::input::Input;
use crate::json::{Captured, Cursor};
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::weakness::cwes_in;

pub(super) const FORMAT: Format =
    Format { id: "njsscan", name: "njsscan and mobsfscan JSON", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    sample.has_json("njsscan_version") && sample.has_json("nodejs")
        || sample.has_json("mobsfscan_version") && sample.has_json("results")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of("njsscan");
    let mut cursor = Cursor::new(input.content, &options.limits);
    let mut raw = Vec::new();
    each_key(&mut cursor, |key, cursor| match key {
        "njsscan_version" | "mobsfscan_version" => {
            report.header.scanner = key.trim_end_matches("_version").to_owned();
            report.header.scanner_version = cursor.value(key)?;
            Ok(())
        }
        "errors" => each_element(cursor, |cursor| {
            let error: Value = cursor.value(key)?;
            let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(of_engine) = error.as_str() {
                report.blind = true;
                report.problems.add(of_engine);
            } else {
                report.problems.add(&format!("{}: {}", text("path"), text("message")));
            }
            Ok(())
        }),
        "nodejs" | "templates" | "results" => each_key(cursor, |id, cursor| {
            if cursor.capture(&mut raw)? == Captured::TooLong {
                raw.clear();
            }
            match parsed::<Rule>(&raw) {
                Ok(mut rule) => {
                    rule.files.iter().flatten().for_each(|found| report.folder.add(&found.file_path));
                    rule.id = id.to_owned();
                    report.keep_value(0, &rule)
                }
                // Its reason is found again where it is turned.
                Err(_) => report.keep(0, &raw),
            }
        }),
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    let scanner = report.header.scanner.clone();
    report.into_reader(options, Box::new(move |_, raw, place| findings(&scanner, raw, place)))
}

#[derive(Serialize, Deserialize)]
struct Rule {
    #[serde(default)]
    id: String,
    files: Option<Vec<Found>>,
    /// cwe, description, severity, reference, owasp-web, owasp-mobile, masvs.
    metadata: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Found {
    file_path: String,
    /// First and last.
    match_lines: Option<Vec<u32>>,
    match_position: Option<Vec<u32>>,
    #[serde(default)]
    match_string: String,
}

fn findings(scanner: &str, raw: &[u8], place: &mut Place) -> Vec<Outcome> {
    let rule: Rule = match parsed(raw) {
        Ok(rule) => rule,
        Err(reason) => return vec![Err(reason)],
    };
    let files = rule.files.as_deref().unwrap_or_default();
    if files.is_empty() {
        return vec![finding(scanner, &rule, Location::Asset, None, place)];
    }
    let mut outcomes = vec![];
    for found in files {
        let first = |numbers: &Option<Vec<u32>>| numbers.as_ref().and_then(|numbers| numbers.first().copied());
        let source = filled(found.match_string.clone());
        let (line, column) = (first(&found.match_lines), first(&found.match_position));
        let location = spot(place, &found.file_path, line, column, source.clone());
        outcomes.push(finding(scanner, &rule, location, source, place));
    }
    outcomes
}

fn finding(scanner: &str, rule: &Rule, location: Location, evidence: Option<String>, place: &Place) -> Outcome {
    let text = |key: &str| rule.metadata.get(key).map_or("", String::as_str);
    let severity = match text("severity") {
        "ERROR" => Severity::High,
        "WARNING" => Severity::Medium,
        "INFO" => Severity::Low,
        other => return Err(format!("`{other}` is no severity of {scanner}")),
    };
    let mut cwes = vec![];
    cwes_in(text("cwe"), &mut cwes);
    let groups = ["owasp-web", "owasp-mobile", "masvs"].map(text);
    let words = rule.id.replace('_', " ");
    Ok(FindingRecord {
        vendor_severity: filled(text("severity")),
        cwes,
        family: groups.into_iter().find_map(filled),
        description: filled(text("description")),
        evidence,
        references: filled(text("reference")).into_iter().collect(),
        ..bare(scanner, rule.id.clone(), words, severity, &place.asset, location)
    })
}
