//! Scanhelm's own JSON: everything a record holds, losslessly.
//!
//! ```json
//! {"schema": "scanhelm-findings/1",
//!  "tool": {"name": "Scanhelm", "version": "0.1.0"},
//!  "counts": {"critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0},
//!  "findings": [ ... ]}
//! ```
//! Each finding has the fields of [`FindingRecord`], a `fingerprint` that is the same in every company (weakness and
//! place), and its `location` is told apart by `kind`. Fields may be added; a change of meaning raises the number.

use std::io::{self, Write};

use scanhelm_core::SeverityCounts;
use scanhelm_core::finding::FindingRecord;
use serde::Serialize;

use super::order::{Ordered, ordered};
use super::{ToolInfo, as_io};

/// Names the layout and its version.
pub const JSON_SCHEMA: &str = "scanhelm-findings/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool<'a>,
    counts: SeverityCounts,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    version: &'a str,
}

/// Also a line of [`write_ndjson`](super::write_ndjson).
#[derive(Serialize)]
pub(super) struct Finding<'a> {
    fingerprint: String,
    #[serde(flatten)]
    record: &'a FindingRecord,
}

impl<'a> Finding<'a> {
    pub(super) fn of(finding: &Ordered<'a>) -> Self {
        Self { fingerprint: finding.fingerprint(), record: finding.record }
    }
}

/// Writes the findings, indented, with a line break at the end.
///
/// # Errors
/// When the output cannot be written.
pub fn write_json(output: &mut dyn Write, records: &[FindingRecord], tool: &ToolInfo) -> io::Result<()> {
    let document = Document {
        schema: JSON_SCHEMA,
        tool: Tool { name: &tool.name, version: &tool.version },
        counts: records.iter().map(|record| record.severity).collect(),
        findings: ordered(records).iter().map(Finding::of).collect(),
    };
    serde_json::to_writer_pretty(&mut *output, &document).map_err(as_io)?;
    output.write_all(b"\n")
}
