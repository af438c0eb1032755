//! `results.json` of a pipeline scan. The file of filtered results looks the same, so no report of this kind closes
//! anything; a scan that did not end in `SUCCESS` says so.

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::{SCANNER, application, severity};
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, each_key, filled, parsed};
use crate::html::{links_of, text_of};
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::package::field::{line, text, words};
use crate::report::Reader;
use crate::sample::Sample;

pub(super) const FORMAT: Format = Format {
    id: "veracode-pipeline",
    name: "Veracode pipeline scan JSON",
    extensions: &["json"],
    sniff: recognises,
    open,
};

fn recognises(sample: &Sample) -> bool {
    sample.has_json("findings") && sample.has_json("pipeline_scan")
        || sample.has_json("findings[].issue_type_id") && sample.has_json("findings[].files.source_file")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut cursor = Cursor::new(input.content, &options.limits);
    let (mut has_findings, mut project) = (false, String::new());
    each_key(&mut cursor, |key, cursor| {
        match key {
            "findings" => {
                has_findings = true;
                each_element(cursor, |cursor| report.keep_next(0, cursor))?;
            }
            "scan_status" => {
                let status: String = cursor.value(key)?;
                if status != "SUCCESS" {
                    report.problems.add(&format!("the scan's status is `{status}`"));
                }
            }
            "pipeline_scan" => report.header.scanner_version = cursor.value(key)?,
            "project_name" => project = cursor.value::<Option<String>>(key)?.unwrap_or_default(),
            _ => cursor.skip_value()?,
        }
        Ok(())
    })?;
    cursor.end()?;
    if !has_findings {
        return Err(cursor.malformed("it holds no list `findings`"));
    }
    report.asset = Some(application(&project, options));
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Value = parsed(raw)?;
    let word = |path: &str| text(&found, path).unwrap_or_default();
    let level = words(&found, "severity").unwrap_or_default();
    let rank = severity(&level)?;
    let cwe: u32 = words(&found, "cwe_id").and_then(|cwe| cwe.parse().ok()).ok_or("it names no CWE")?;
    let path = place.tree.relative(word("files.source_file.file").trim_start_matches('/'));
    let function = format!("{} {}", word("files.source_file.scope"), word("files.source_file.function_prototype"));
    let location = match path.is_empty() {
        true => Location::Asset,
        false => Location::Code { path, line: line(&found, "files.source_file.line"), column: None, source: None },
    };
    let prose = word("display_text");
    Ok(FindingRecord {
        vendor_severity: Some(level),
        check: filled(format!("{} {}", function.trim(), word("title")).trim()),
        cwes: vec![cwe],
        family: filled(word("issue_type")),
        description: filled(text_of(prose)),
        evidence: filled(function.trim()),
        references: links_of(prose),
        ..bare(SCANNER, format!("CWE-{cwe}"), single_line(word("issue_type"), 200), rank, &place.asset, location)
    })
}
