//! CSV for spreadsheets. A cell that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, tab, carriage return,
//! NUL or line feed first) gets an apostrophe in front: findings quote what hostile targets answer.

use std::borrow::Cow;
use std::io::{self, Write};

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::clean;

use super::as_io;
use super::order::ordered;

/// The columns, in order.
pub const CSV_HEADER: [&str; 14] = [
    "severity",
    "scanner",
    "rule_id",
    "title",
    "asset",
    "location",
    "line",
    "cves",
    "cwes",
    "cvss",
    "description",
    "solution",
    "evidence",
    "references",
];
/// Spreadsheets cut cells beyond 32,767 characters.
const LONGEST_CELL: usize = 32_000;

/// Writes the findings with a header line.
///
/// # Errors
/// When the output cannot be written.
pub fn write_csv(output: &mut dyn Write, records: &[FindingRecord]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(output);
    writer.write_record(CSV_HEADER).map_err(as_io)?;
    for finding in ordered(records) {
        let cells = cells(finding.record);
        let cells = cells.iter().map(|cell| safe(cell));
        for cell in cells {
            writer.write_field(cell.as_bytes()).map_err(as_io)?;
        }
        writer.write_record(None::<&[u8]>).map_err(as_io)?;
    }
    writer.flush()
}

fn cells(record: &FindingRecord) -> [String; CSV_HEADER.len()] {
    let text = |text: &Option<String>| clean(text.as_deref().unwrap_or_default(), LONGEST_CELL);
    let line = match &record.location {
        Location::Code { line: Some(line), .. } => line.to_string(),
        _ => String::new(),
    };
    let place = match &record.location {
        Location::Code { path, .. } => path.clone(),
        location => location.label(),
    };
    let cwes: Vec<String> = record.cwes.iter().map(|cwe| format!("CWE-{cwe}")).collect();
    let score = record.cvss.iter().filter_map(|cvss| cvss.score).max_by(f64::total_cmp);
    [
        record.severity.to_string(),
        record.scanner.clone(),
        record.rule_id.clone(),
        clean(&record.title, LONGEST_CELL),
        record.asset.name.clone(),
        clean(&place, LONGEST_CELL),
        line,
        record.cves.join(" "),
        cwes.join(" "),
        score.map(|score| format!("{score:.1}")).unwrap_or_default(),
        text(&record.description),
        text(&record.solution),
        text(&record.evidence),
        record.references.join(" "),
    ]
}

fn safe(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Whether a spreadsheet would take the cell for a formula. One with apostrophes before a formula counts too, so that
/// a reader knows which apostrophe is ours.
pub(crate) fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'])
}
