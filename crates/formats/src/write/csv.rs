//! CSV for spreadsheets.
//!
//! Findings quote what hostile targets answer, and a spreadsheet runs a cell that begins like a formula (`=`, `+`, `-`,
//! `@`, tab, carriage return, NUL or line feed first): such a cell gets an apostrophe in front. So does what would begin
//! one within a text, behind a line break, a tab or a semicolon: a spreadsheet that separates by semicolons, as half the
//! world's do, does not see our quotes. What is inside a cell is therefore not always what the scanner said;
//! whoever needs that takes the JSON.

use std::io::{self, Write};

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::clean;

use super::Heading;
use super::entry::{Entry, Standing};
use super::order::Findings;

/// The columns of every finding, in order.
pub(crate) const CSV_HEADER: [&str; 14] = [
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
/// The further columns of a hub's findings.
const STANDING_HEADER: [&str; 8] =
    ["status", "reason", "judged_at", "expires_at", "first_seen_at", "last_seen_at", "resolved_at", "id"];
/// Spreadsheets cut cells beyond 32,767 characters.
const LONGEST_CELL: usize = 32_000;
/// What begins a cell for a spreadsheet that does not see our quotes.
const SEPARATORS: [char; 3] = [';', '\n', '\t'];

/// Whether these are the columns of one of our tables.
pub(crate) fn is_header<'a>(columns: impl Iterator<Item = &'a str>) -> bool {
    let columns: Vec<&str> = columns.collect();
    columns == CSV_HEADER || columns.into_iter().eq(CSV_HEADER.into_iter().chain(STANDING_HEADER))
}

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(output);
    let further = heading.of_hub.then_some(STANDING_HEADER);
    writer.write_record(CSV_HEADER.into_iter().chain(further.into_iter().flatten()))?;
    findings.each(|entry| {
        for cell in cells(&entry.record) {
            writer.write_field(cell)?;
        }
        for cell in heading.of_hub.then(|| standing_cells(entry)).into_iter().flatten() {
            writer.write_field(cell)?;
        }
        Ok(writer.write_record(None::<&[u8]>)?)
    })?;
    writer.flush()
}

fn cells(record: &FindingRecord) -> [String; CSV_HEADER.len()] {
    let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
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
        cell(&record.scanner),
        cell(&record.rule_id),
        cell(&record.title),
        cell(&record.asset.name),
        cell(&place),
        line,
        cell(&record.cves.join(" ")),
        cwes.join(" "),
        score.map(|score| format!("{score:.1}")).unwrap_or_default(),
        text(&record.description),
        text(&record.solution),
        text(&record.evidence),
        cell(&record.references.join(" ")),
    ]
}

fn standing_cells(entry: &Entry) -> [String; STANDING_HEADER.len()] {
    let Some(Standing { id, status, judged_at, expires_at, first_seen_at, last_seen_at, resolved_at, .. }) =
        entry.standing.as_deref()
    else {
        return Default::default();
    };
    let time = |time: &Option<scanhelm_core::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    [
        status.to_string(),
        cell(entry.reason().unwrap_or_default()),
        time(judged_at),
        time(expires_at),
        first_seen_at.to_string(),
        last_seen_at.to_string(),
        time(resolved_at),
        id.to_string(),
    ]
}

/// Without what a spreadsheet would run or cannot hold. Cut last, so that the table of a table is the same table.
pub(super) fn cell(text: &str) -> String {
    let text = clean(text, usize::MAX);
    let mut safe = String::with_capacity(text.len() + 8);
    for part in text.split_inclusive(SEPARATORS) {
        if safe.ends_with(SEPARATORS) && begins_a_formula(part) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    let mut cell = clean(&safe, LONGEST_CELL);
    if is_formula(&cell) {
        cell.insert(0, '\'');
    }
    cell
}

/// Whether a spreadsheet would take the cell for a formula. One with apostrophes before a formula counts too, so that
/// a reader knows which apostrophe is ours.
pub(crate) fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'])
}

/// Of what stands in the middle of a text. A dash and a blank begin an item of a list.
fn begins_a_formula(text: &str) -> bool {
    let text = text.trim_start_matches([' ', '"']);
    let mut characters = text.chars();
    match characters.next() {
        Some('=' | '@' | '＝' | '＋' | '－' | '＠') => true,
        Some('+' | '-') => characters.next().is_some_and(|next| !next.is_whitespace() && next != '-'),
        _ => false,
    }
}
