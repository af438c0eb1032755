//! cfn-lint (`--format json`, CloudFormation templates): a bare list, so it never closes anything. Rules `E00xx` say
//! that a template could not be read: a problem of the run and no finding. The path within the template identifies.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;
use serde_json::Value;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, filled, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "cfn-lint", name: "cfn-lint JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "cfn-lint";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("[].Rule.Id") && sample.has_json("[].Filename") && sample.has_json("[].Level")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let (mut rules, mut troubles) = (0_u64, 0_u64);
    let mut cursor = Cursor::new(input.content, &options.limits);
    each_element(&mut cursor, |cursor| {
        report.keep_next_noting(0, cursor, |raw, report| {
            if let Ok(found) = parsed::<Found>(raw) {
                let name = found.filename.clone().unwrap_or_default();
                report.folder.add(&name);
                if found.is_trouble() {
                    troubles += 1;
                    report.problems.add(&format!("{name} {}", found.message));
                } else {
                    rules += 1;
                }
            }
        })
    })?;
    cursor.end()?;
    report.blind = troubles > 0 && rules == 0;
    let turn = |_: u8, raw: &[u8], place: &mut Place| finding(raw, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    filename: Option<String>,
    level: String,
    location: Spot,
    message: String,
    rule: Rule,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Spot {
    path: Option<Vec<Value>>,
    start: Point,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Point {
    line_number: Option<u32>,
    column_number: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    id: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    short_description: String,
    source: Option<String>,
}

impl Found {
    fn is_trouble(&self) -> bool {
        self.rule.id.starts_with("E00")
    }
}

fn finding(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let found: Found = parsed(raw)?;
    if found.is_trouble() {
        return Ok(None);
    }
    let severity = match found.level.as_str() {
        "Error" => Severity::High,
        "Warning" => Severity::Medium,
        "Informational" => Severity::Low,
        other => return Err(format!("`{other}` is no level of cfn-lint")),
    };
    let start = found.location.start;
    let file = found.filename.unwrap_or_default();
    let location = spot(place, &file, start.line_number, start.column_number, None);
    let steps = found.location.path.unwrap_or_default();
    let steps: Vec<String> =
        steps.iter().map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned)).collect();
    let title = filled(found.rule.short_description).unwrap_or_else(|| found.message.clone());
    Ok(Some(FindingRecord {
        vendor_severity: Some(found.level),
        check: filled(steps.join("/")),
        description: filled(format!("{}\n\n{}", found.message, found.rule.description).trim()),
        references: found.rule.source.into_iter().collect(),
        ..bare(SCANNER, found.rule.id, title, severity, &place.asset, location)
    }))
}
