//! Bandit's JSON (`bandit -f json`).
//!
//! Bandit ends well when its target does not exist and when a file does not parse; only `errors[]` says so. A report
//! whose errors left no line of code looked at is therefore `blind`, and one with any error is not `complete`.

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use scanhelm_core::{Severity, Timestamp};
use serde::Deserialize;

use crate::code_report::{self, CodeReport, Place, Run};
use crate::error::ReadError;
use crate::format::Format;
use crate::input::Input;
use crate::json::Spool;
use crate::options::ReadOptions;
use crate::report::{Reader, ReportHeader};
use crate::sample::Sample;

pub(crate) const FORMAT: Format =
    Format { id: "bandit", name: "Bandit JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "bandit";

fn recognises(sample: &Sample) -> bool {
    sample.has_json("generated_at") && (sample.has_json("metrics._totals") || sample.has_json("metrics"))
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut document = Spool::fill(input.content)?;
    let mut run =
        Run { header: ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() }, ..Run::default() };
    let mut lines_of_code = None;
    code_report::walk(
        &mut document,
        &options.limits,
        &mut run,
        |key, cursor, run| {
            match key {
                "errors" => {
                    for error in cursor.value::<Vec<Error>>("errors")? {
                        run.problems.add(&format!("{}: {}", error.filename, error.reason));
                    }
                }
                "generated_at" => {
                    run.header.finished_at = Timestamp::parse(&cursor.value::<String>("generated_at")?);
                }
                "metrics" => {
                    cursor.begin_object()?;
                    while let Some(file) = cursor.next_key()? {
                        if file == "_totals" {
                            lines_of_code = cursor.value::<Totals>("metrics._totals")?.loc;
                        } else {
                            cursor.skip_value()?;
                        }
                    }
                }
                _ => cursor.skip_value()?,
            }
            Ok(())
        },
        |raw, run| {
            if let Ok(result) = serde_json::from_slice::<Named>(raw) {
                run.folder.add(&result.filename);
            }
        },
    )?;
    run.blind = !run.problems.is_empty() && run.results == 0 && lines_of_code == Some(0);
    Ok(Box::new(CodeReport::new(document, run, record, options)?))
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    filename: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct Totals {
    loc: Option<u64>,
}

#[derive(Deserialize)]
struct Named {
    filename: String,
}

#[derive(Deserialize)]
struct Issue {
    test_id: String,
    #[serde(default)]
    test_name: String,
    filename: String,
    line_number: u32,
    col_offset: Option<u32>,
    #[serde(default)]
    code: String,
    issue_severity: String,
    #[serde(default)]
    issue_text: String,
    issue_cwe: Option<Cwe>,
    more_info: Option<String>,
}

#[derive(Deserialize)]
struct Cwe {
    id: Option<u32>,
}

fn record(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let issue: Issue = serde_json::from_slice(raw).map_err(|error| error.to_string())?;
    let severity = match issue.issue_severity.to_ascii_uppercase().as_str() {
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        "UNDEFINED" => Severity::Info,
        other => return Err(format!("`{other}` is no severity of Bandit")),
    };
    let path = place.tree.relative(&issue.filename);
    let source = line_of(&issue.code, issue.line_number)
        .or_else(|| place.tree.lines(&path, issue.line_number, issue.line_number));
    Ok(FindingRecord {
        scanner: SCANNER.to_owned(),
        title: title(&issue),
        rule_id: issue.test_id,
        severity,
        vendor_severity: Some(issue.issue_severity),
        asset: place.asset.clone(),
        location: Location::Code {
            path,
            line: Some(issue.line_number),
            column: issue.col_offset.map(|offset| offset.saturating_add(1)),
            source,
        },
        check: None,
        cves: vec![],
        cwes: issue.issue_cwe.and_then(|cwe| cwe.id).filter(|id| *id > 0).into_iter().collect(),
        cvss: vec![],
        family: None,
        description: Some(issue.issue_text).filter(|text| !text.is_empty()),
        solution: None,
        evidence: Some(issue.code).filter(|code| !code.is_empty()),
        references: issue.more_info.into_iter().collect(),
        seen_at: None,
    })
}

/// The test's name as words. The issue's text would quote the code, passwords included.
fn title(issue: &Issue) -> String {
    if issue.test_name.is_empty() || issue.test_name == "blacklist" {
        return single_line(&issue.issue_text, 200);
    }
    let words = issue.test_name.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// One line of Bandit's excerpt, in which each line begins with its number and a blank.
fn line_of(code: &str, line: u32) -> Option<String> {
    code.lines().find_map(|text| {
        let (number, source) = text.split_once([' ', '\t'])?;
        (number.parse() == Ok(line) && !source.trim().is_empty()).then(|| source.to_owned())
    })
}
