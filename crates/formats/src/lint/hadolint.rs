//! Hadolint (`-f json`): a bare list, so it never closes anything. Its severities are those of its SARIF, so that both
//! give one finding.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, parsed, read_list};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "hadolint", name: "Hadolint JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "hadolint";

fn recognises(sample: &Sample) -> bool {
    ["code", "column", "file", "level", "line", "message"].iter().all(|key| sample.has_json(&format!("[].{key}")))
        && !sample.has_json("[].fix")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let path_of = |raw: &[u8]| Some(parsed::<Found>(raw).ok()?.file);
    read_list(Gathered::of(SCANNER), input, options, path_of, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Found {
    code: String,
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    level: String,
    message: String,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let severity = match found.level.as_str() {
        "error" => Severity::High,
        "warning" => Severity::Medium,
        "info" | "style" => Severity::Low,
        other => return Err(format!("`{other}` is no level of Hadolint")),
    };
    let location = spot(place, &found.file, found.line, found.column, None);
    let wiki = if found.code.starts_with("SC") {
        format!("https://github.com/koalaman/shellcheck/wiki/{}", found.code)
    } else {
        format!("https://github.com/hadolint/hadolint/wiki/{}", found.code)
    };
    Ok(FindingRecord {
        vendor_severity: Some(found.level),
        references: vec![wiki],
        ..bare(SCANNER, found.code, found.message, severity, &place.asset, location)
    })
}
