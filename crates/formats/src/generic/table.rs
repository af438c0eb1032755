//! The CSV.

use std::collections::BTreeMap;

use scanhelm_core::finding::FindingRecord;

use super::Generic;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::table::Rows;

pub(super) const FORMAT: Format = Format {
    id: "defectdojo-csv",
    name: "DefectDojo generic findings CSV",
    extensions: &["csv"],
    sniff: recognises,
    open,
};

const NEEDED: [&str; 5] = ["Date", "Title", "CweId", "Severity", "Description"];

fn recognises(sample: &Sample) -> bool {
    let header = sample.text().lines().next().unwrap_or_default();
    let names: Vec<&str> = header.split(',').map(|name| name.trim().trim_matches('"')).collect();
    NEEDED.iter().all(|name| names.contains(name))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of("generic");
    let mut rows = Rows::new(input.content, &options.limits);
    let header = rows.next()?.ok_or_else(|| rows.truncated("it has no header"))?;
    let names: Vec<String> = header.cells().map(|name| name.trim().to_owned()).collect();
    for name in NEEDED {
        if !names.iter().any(|column| column == name) {
            return Err(rows.malformed(format!("its header names no column `{name}`")));
        }
    }
    while let Some(row) = rows.next()? {
        if !row.is_blank() {
            let cells: BTreeMap<&str, &str> = names.iter().map(String::as_str).zip(row.cells()).collect();
            report.keep_value(0, &cells)?;
        }
    }
    let turn = |_: u8, raw: &[u8], place: &mut Place| finding(raw, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let cells: BTreeMap<String, String> = parsed(raw)?;
    let cell = |name: &str| cells.get(name).map_or("", |cell| cell.trim());
    let is = |name: &str| cell(name).eq_ignore_ascii_case("true");
    if cell("Active").eq_ignore_ascii_case("false") || is("FalsePositive") || is("Duplicate") || is("IsMitigated") {
        return Ok(None);
    }
    let generic = Generic {
        scanner: "generic",
        title: cell("Title"),
        severity: cell("Severity"),
        description: cell("Description"),
        mitigation: cell("Mitigation"),
        references: cell("References"),
        ids: ["CVE", "Vulnerability Id"].iter().map(|name| cell(name).to_owned()).filter(|id| !id.is_empty()).collect(),
        cwe: cell("CweId").to_owned(),
        vector: cell("CVSSV3"),
        score: cell("CVSSV3_score").parse().ok().filter(|score: &f64| score.is_finite()),
        endpoint: cell("Url").to_owned(),
        evidence: cell("Impact").to_owned(),
        ..Generic::default()
    };
    generic.finding(place).map(Some)
}
