//! ShellCheck, `-f json1` (an object with `comments`) and `-f json` (the bare list). Neither says how the scan ended, so
//! a report never closes anything.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_key, keep_list, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "shellcheck", name: "ShellCheck JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "shellcheck";

fn recognises(sample: &Sample) -> bool {
    let list = |path: &str| {
        ["file", "endColumn", "level", "code", "fix"].iter().all(|key| sample.has_json(&format!("{path}[].{key}")))
    };
    let empty = sample.is_complete() && sample.has_json("comments") && sample.json_keys().count() == 1;
    list("comments") || list("") || empty && !sample.has_json("comments[]")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let path_of = |raw: &[u8]| Some(parsed::<Found>(raw).ok()?.file);
    let mut report = Gathered::of(SCANNER);
    let mut cursor = Cursor::new(input.content, &options.limits);
    if cursor.peek()? == Some(b'[') {
        keep_list(&mut report, &mut cursor, path_of)?;
    } else {
        let mut has_comments = false;
        each_key(&mut cursor, |key, cursor| match key {
            "comments" => {
                has_comments = true;
                keep_list(&mut report, cursor, path_of)
            }
            _ => cursor.skip_value(),
        })?;
        if !has_comments {
            return Err(cursor.malformed("it holds no list `comments`"));
        }
    }
    cursor.end()?;
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Found {
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    level: String,
    code: u32,
    message: String,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let severity = match found.level.as_str() {
        "error" => Severity::High,
        "warning" => Severity::Medium,
        "info" | "style" => Severity::Low,
        other => return Err(format!("`{other}` is no level of ShellCheck")),
    };
    let location = spot(place, &found.file, found.line, found.column, None);
    let rule = format!("SC{}", found.code);
    Ok(FindingRecord {
        vendor_severity: Some(found.level),
        references: vec![format!("https://www.shellcheck.net/wiki/{rule}")],
        ..bare(SCANNER, rule, found.message, severity, &place.asset, location)
    })
}
