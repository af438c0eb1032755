//! Betterleaks' JSON (schema 1). It says how the scan ended, so a report whose `scan.state` is `complete` is complete.
//! `match.fingerprint` is the digest that the scanner itself makes of the secret, the same for one secret in two files
//! (seen), with and without `--redact`; it identifies where the report is redacted.

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::{Severity, Timestamp};
use serde::Deserialize;

use super::Leak;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, each_key, filled, keep_list, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "betterleaks", name: "Betterleaks JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "betterleaks";

fn recognises(sample: &Sample) -> bool {
    let found = sample.has_json("findings[].rule_id") && sample.has_json("findings[].match.fingerprint");
    found || sample.has_json("findings") && sample.has_json("scan.betterleaks_version")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    report.conceal = true;
    let mut cursor = Cursor::new(input.content, &options.limits);
    let (mut has_findings, mut scan) = (false, None);
    each_key(&mut cursor, |key, cursor| match key {
        "findings" => {
            has_findings = true;
            keep_list(&mut report, cursor, |raw| parsed::<Found>(raw).ok().map(|found| found.location.path))
        }
        "scan" => {
            scan = Some(cursor.value::<Scan>("scan")?);
            Ok(())
        }
        _ => cursor.skip_value(),
    })?;
    cursor.end()?;
    if !has_findings {
        return Err(cursor.malformed("it holds no list `findings`"));
    }
    match scan {
        Some(scan) => {
            report.complete = scan.state == "complete";
            if !report.complete {
                report.problems.add(&format!("the scan's state is `{}`", scan.state));
            }
            report.header.scanner_version = scan.betterleaks_version;
            report.header.started_at = scan.started.as_deref().and_then(Timestamp::parse);
            report.header.finished_at = scan.finished.as_deref().and_then(Timestamp::parse);
            report.header.policy = scan.config_hash;
            report.header.targets = scan.source.targets;
        }
        None => report.problems.add("the report does not say how the scan ended"),
    }
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Scan {
    #[serde(default)]
    state: String,
    started: Option<String>,
    finished: Option<String>,
    betterleaks_version: Option<String>,
    config_hash: Option<String>,
    #[serde(default)]
    source: Source,
}

#[derive(Default, Deserialize)]
struct Source {
    #[serde(default)]
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Found {
    rule_id: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    confidence: Option<String>,
    r#match: Match,
    location: Spot,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Match {
    #[serde(default)]
    full: String,
    #[serde(default)]
    value: String,
    fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct Spot {
    path: String,
    start_line: Option<u32>,
    start_column: Option<u32>,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(rename = "git.sha")]
    commit: Option<String>,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let known_as = found.r#match.fingerprint.and_then(filled).map(|fingerprint| format!("secret {fingerprint}"));
    let title = found.description.split_once(", ").map_or(found.description.as_str(), |(clause, _)| clause);
    let leak = Leak {
        scanner: SCANNER,
        title: filled(title.trim_end_matches('.')).unwrap_or_else(|| found.rule_id.clone()),
        severity: Severity::High,
        vendor_severity: None,
        path: found.location.path,
        line: found.location.start_line,
        column: found.location.start_column,
        commit: found.attributes.commit.as_deref(),
        secret: &found.r#match.value,
        known_as,
        context: &found.r#match.full,
        facts: found.confidence.map(|confidence| format!("Confidence: {confidence}")).into_iter().collect(),
        description: filled(found.description),
        rule_id: found.rule_id,
    };
    Ok(leak.finding(place))
}
