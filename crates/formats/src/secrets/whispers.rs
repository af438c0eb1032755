//! Whispers (`-F json`), which writes the secret in clear text. The report is a bare list, so it never closes anything;
//! an empty one names no tool and is read only where the format is named.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;

use super::Leak;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, filled, parsed, read_list};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "whispers", name: "Whispers JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "whispers";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("[].rule_id")
        && sample.has_json("[].key")
        && sample.has_json("[].value")
        && sample.has_json("[].file")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    report.conceal = true;
    let path_of = |raw: &[u8]| parsed::<Found>(raw).ok().map(|found| found.file);
    read_list(report, input, options, path_of, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Found {
    key: String,
    value: String,
    file: String,
    line: Option<u32>,
    rule_id: String,
    #[serde(default)]
    message: String,
    severity: String,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    // The first versions had the words of log levels.
    let severity = match found.severity.to_ascii_uppercase().as_str() {
        "CRITICAL" | "BLOCKER" => Severity::Critical,
        "HIGH" | "MAJOR" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" | "MINOR" => Severity::Low,
        "INFO" => Severity::Info,
        _ => return Err(format!("`{}` is no severity of Whispers", found.severity)),
    };
    let leak = Leak {
        scanner: SCANNER,
        title: filled(found.message).unwrap_or_else(|| found.rule_id.clone()),
        rule_id: found.rule_id,
        severity,
        vendor_severity: Some(found.severity),
        path: found.file,
        line: found.line,
        column: None,
        commit: None,
        secret: &found.value,
        known_as: None,
        context: "",
        description: None,
        facts: vec![format!("Key: {}", found.key)],
    };
    Ok(leak.finding(place))
}
