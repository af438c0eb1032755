//! Spectral (`-f json`, API descriptions): a bare list, so it never closes anything. The path within the document
//! identifies.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;
use serde_json::Value;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled, parsed, read_list};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "spectral", name: "Spectral JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "spectral";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("[].code") && sample.has_json("[].range.start.character") && sample.has_json("[].source")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let path_of = |raw: &[u8]| Some(parsed::<Found>(raw).ok()?.source);
    read_list(Gathered::of(SCANNER), input, options, path_of, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Found {
    code: Value,
    #[serde(default)]
    path: Vec<Value>,
    message: String,
    severity: u8,
    range: Range,
    source: String,
}

#[derive(Deserialize)]
struct Range {
    start: Point,
}

/// From 0.
#[derive(Deserialize)]
struct Point {
    line: u32,
    character: u32,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let (severity, word) = match found.severity {
        0 => (Severity::High, "error"),
        1 => (Severity::Medium, "warn"),
        2 => (Severity::Low, "info"),
        3 => (Severity::Info, "hint"),
        other => return Err(format!("`{other}` is no severity of Spectral")),
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rule = filled(text(&found.code)).ok_or("it names no rule")?;
    let steps: Vec<String> = found.path.iter().map(text).collect();
    let start = found.range.start;
    let location =
        spot(place, &found.source, Some(start.line.saturating_add(1)), Some(start.character.saturating_add(1)), None);
    Ok(FindingRecord {
        vendor_severity: Some(word.to_owned()),
        check: filled(steps.join("/")),
        ..bare(SCANNER, rule, found.message, severity, &place.asset, location)
    })
}
