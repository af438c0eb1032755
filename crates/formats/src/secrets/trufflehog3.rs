//! trufflehog3 (`-f json`), the Python tool that is not TruffleHog. It writes the secret and the lines around it in clear
//! text. Its `id` is made of the line number too (it differs for one secret on two lines) and is not used. The
//! report is a bare list, so it never closes anything.

use std::collections::BTreeMap;

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;

use super::Leak;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, each_element, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "trufflehog3", name: "trufflehog3 JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "trufflehog3";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("[].rule.id") && sample.has_json("[].secret") && sample.has_json("[].context")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    report.conceal = true;
    let mut cursor = Cursor::new(input.content, &options.limits);
    each_element(&mut cursor, |cursor| report.keep_next(0, cursor))?;
    cursor.end()?;
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Found {
    rule: Rule,
    path: String,
    line: Option<String>,
    secret: String,
    #[serde(default)]
    context: BTreeMap<String, String>,
    commit: Option<String>,
    author: Option<String>,
    date: Option<String>,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    severity: String,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let severity = match found.rule.severity.to_ascii_uppercase().as_str() {
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        _ => return Err(format!("`{}` is no severity of trufflehog3", found.rule.severity)),
    };
    let line = found.line.unwrap_or_default();
    let leak = Leak {
        scanner: SCANNER,
        title: if found.rule.message.is_empty() { found.rule.id.clone() } else { found.rule.message },
        severity,
        vendor_severity: Some(found.rule.severity),
        path: found.path,
        line: line.parse().ok(),
        column: None,
        commit: found.commit.as_deref(),
        secret: &found.secret,
        known_as: None,
        // The matched line alone: those around it can hold other secrets.
        context: found.context.get(&line).map_or("", String::as_str),
        description: None,
        facts: [("Author", found.author), ("Date", found.date)]
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}: {}", value?)))
            .collect(),
        rule_id: found.rule.id,
    };
    Ok(leak.finding(place))
}
