//! Ruff (`--output-format json`): a bare list, so it never closes anything. Ruff ranks nothing (its `severity` is
//! always `error`), so a finding is medium. A file that cannot be parsed is a problem of the run and no finding.

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use serde::Deserialize;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, parsed};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format =
    Format { id: "ruff", name: "Ruff JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "ruff";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("[].noqa_row") && sample.has_json("[].filename") && sample.has_json("[].code")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut cursor = Cursor::new(input.content, &options.limits);
    each_element(&mut cursor, |cursor| {
        report.keep_next_noting(0, cursor, |raw, report| {
            if let Ok(found) = parsed::<Found>(raw) {
                report.folder.add(&found.filename);
                if found.rule().is_none() {
                    report.problems.add(&format!("{}: {}", found.filename, found.message));
                }
            }
        })
    })?;
    cursor.end()?;
    let turn = |_: u8, raw: &[u8], place: &mut Place| finding(raw, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

#[derive(Deserialize)]
struct Found {
    code: Option<String>,
    filename: String,
    location: Point,
    message: String,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Point {
    row: u32,
    column: u32,
}

impl Found {
    /// `None` for a syntax error.
    fn rule(&self) -> Option<&str> {
        self.code.as_deref().filter(|code| *code != "invalid-syntax")
    }
}

fn finding(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let found: Found = parsed(raw)?;
    let Some(rule) = found.rule() else { return Ok(None) };
    let location = spot(place, &found.filename, Some(found.location.row), Some(found.location.column), None);
    Ok(Some(FindingRecord {
        references: found.url.clone().into_iter().collect(),
        ..bare(SCANNER, rule, found.message.clone(), Severity::Medium, &place.asset, location)
    }))
}
