//! Gitleaks' JSON (`--report-format json`), of version 8 and of the versions before it, which spell the keys in
//! another way. The report is a bare list: it does not say what was scanned nor that the scan ended well, so it never
//! closes anything. Its `Fingerprint` holds the line number and is not used.

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
    Format { id: "gitleaks", name: "Gitleaks JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "gitleaks";

fn recognises(sample: &Sample) -> bool {
    let current = sample.has_json("[].RuleID") && sample.has_json("[].Secret");
    current || sample.has_json("[].offender") && sample.has_json("[].rule")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    report.conceal = true;
    let path_of = |raw: &[u8]| parsed::<Named>(raw).ok().map(|named| named.file);
    read_list(report, input, options, path_of, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

#[derive(Deserialize)]
struct Named {
    #[serde(alias = "File")]
    file: String,
}

/// The names are those of version 7; version 8 begins them with a capital letter.
#[derive(Deserialize)]
struct Found {
    #[serde(alias = "RuleID")]
    rule: String,
    #[serde(default, alias = "Description")]
    description: String,
    #[serde(alias = "File")]
    file: String,
    #[serde(default, rename = "lineNumber", alias = "StartLine")]
    line_number: Option<u32>,
    #[serde(default, rename = "StartColumn")]
    column: Option<u32>,
    #[serde(alias = "Secret")]
    offender: String,
    #[serde(default, alias = "Match")]
    line: String,
    #[serde(default, alias = "Commit")]
    commit: String,
    #[serde(default, alias = "Author")]
    author: String,
    #[serde(default, alias = "Email")]
    email: String,
    #[serde(default, alias = "Date")]
    date: String,
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Found = parsed(raw)?;
    let title = if found.description.is_empty() { found.rule.clone() } else { first_clause(&found.description) };
    let author = filled(format!("{} {}", found.author, found.email).trim());
    let leak = Leak {
        scanner: SCANNER,
        title,
        severity: Severity::High,
        vendor_severity: None,
        path: found.file,
        line: found.line_number,
        column: found.column,
        commit: Some(&found.commit),
        secret: &found.offender,
        known_as: None,
        context: &found.line,
        description: filled(found.description),
        facts: [
            author.map(|author| format!("Author: {author}")),
            filled(found.date).map(|date| format!("Date: {date}")),
        ]
        .into_iter()
        .flatten()
        .collect(),
        rule_id: found.rule,
    };
    Ok(leak.finding(place))
}

/// `Identified a Private Key, which may compromise ...`
fn first_clause(description: &str) -> String {
    description.split_once(", ").map_or(description, |(clause, _)| clause).trim_end_matches('.').to_owned()
}
