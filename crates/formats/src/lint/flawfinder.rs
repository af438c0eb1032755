//! Flawfinder (`--csv`). A table has no end mark and names no file without a hit, so it never closes anything. Its
//! severities are those of its SARIF, so that both give one finding.

use std::collections::BTreeMap;

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;

use super::spot;
use crate::code_report::Place;
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, filled, parsed};
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::table::Rows;
use crate::weakness::cwes_in;

pub(super) const FORMAT: Format =
    Format { id: "flawfinder-csv", name: "Flawfinder CSV", extensions: &["csv"], sniff: recognises, open };

const SCANNER: &str = "flawfinder";

fn recognises(sample: &Sample) -> bool {
    let header = sample.text().lines().next().unwrap_or_default();
    header.starts_with("File,Line,Column,") && header.contains("DefaultLevel,Level,Category,Name,Warning")
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut rows = Rows::new(input.content, &options.limits);
    let header = rows.next()?.ok_or_else(|| rows.truncated("it has no header"))?;
    let names: Vec<String> = header.cells().map(str::to_owned).collect();
    for name in ["File", "Line", "Level", "Name", "Warning"] {
        if !names.iter().any(|column| column == name) {
            return Err(rows.malformed(format!("its header names no column `{name}`")));
        }
    }
    while let Some(row) = rows.next()? {
        if row.is_blank() {
            continue;
        }
        let cells: BTreeMap<&str, &str> = names.iter().map(String::as_str).zip(row.cells()).collect();
        report.folder.add(cells.get("File").copied().unwrap_or_default());
        if report.header.scanner_version.is_none() {
            report.header.scanner_version = cells.get("ToolVersion").copied().and_then(filled);
        }
        report.keep_value(0, &cells)?;
    }
    report.into_reader(options, Box::new(|_, raw, place| vec![finding(raw, place)]))
}

fn finding(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let cells: BTreeMap<String, String> = parsed(raw)?;
    let cell = |name: &str| cells.get(name).map_or("", String::as_str);
    let severity = match cell("Level") {
        "4" | "5" => Severity::High,
        "3" => Severity::Medium,
        "1" | "2" => Severity::Low,
        "0" => Severity::Info,
        other => return Err(format!("`{other}` is no risk level of Flawfinder")),
    };
    let mut cwes = vec![];
    cwes_in(cell("CWEs"), &mut cwes);
    let (line, column) = (cell("Line").parse().ok(), cell("Column").parse().ok());
    let location = spot(place, cell("File"), line, column, filled(cell("Context")));
    let title = format!("{}/{}: {}", cell("Category"), cell("Name"), cell("Warning"));
    Ok(FindingRecord {
        vendor_severity: filled(cell("Level")),
        cwes,
        family: filled(cell("Category")),
        description: filled(format!("{}\n{}", cell("Warning"), cell("Note")).trim()),
        solution: filled(cell("Suggestion")),
        evidence: filled(cell("Context")),
        references: filled(cell("HelpUri")).into_iter().collect(),
        // The first versions had no numbers of rules.
        ..bare(
            SCANNER,
            filled(cell("RuleId")).unwrap_or_else(|| cell("Name").to_owned()),
            scanhelm_core::text::single_line(&title, 200),
            severity,
            &place.asset,
            location,
        )
    })
}
