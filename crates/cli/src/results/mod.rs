//! Findings on their way out: a table for people, or one of the machine formats, to standard output and to files.

mod destination;
mod table;

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::Table;
use scanhelm_core::SeverityCounts;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::{clean, single_line};
use scanhelm_formats::write::{
    ToolInfo, write_csv, write_cyclonedx_vex, write_html, write_json, write_ndjson, write_sarif,
};

pub(crate) use destination::Destinations;

/// What a command found, and who looked.
#[derive(Debug)]
pub(crate) struct Results {
    /// Of what was scanned or read.
    pub name: String,
    pub scanners: Vec<ScannerResult>,
    pub records: Vec<FindingRecord>,
}

/// What became of one scanner or report.
#[derive(Debug)]
pub(crate) enum ScannerResult {
    Ran { scanner: String, version: Option<String>, findings: u64, warnings: Vec<String> },
    Skipped { scanner: String, reason: String, install_hint: Option<String> },
    Failed { scanner: String, version: Option<String>, reason: String },
}

impl Results {
    fn counts(&self) -> SeverityCounts {
        self.records.iter().map(|record| record.severity).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// Everything that is known of each finding
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// For spreadsheets
    Csv,
    /// The findings of the JSON, one a line
    Ndjson,
    /// CycloneDX 1.6: vulnerabilities and what they affect
    CyclonedxVex,
    /// A page for any browser
    Html,
}

impl Format {
    fn render(self, results: &Results) -> io::Result<Vec<u8>> {
        let tool = ToolInfo {
            name: "Scanhelm".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            information_uri: Some(env!("CARGO_PKG_REPOSITORY").to_owned()),
        };
        let mut output = Vec::new();
        match self {
            Self::Table => output = table::render(results).into_bytes(),
            Self::Json => write_json(&mut output, &results.records, &tool)?,
            Self::Sarif => write_sarif(&mut output, &results.records, &tool)?,
            Self::Csv => write_csv(&mut output, &results.records)?,
            Self::Ndjson => write_ndjson(&mut output, &results.records)?,
            Self::CyclonedxVex => write_cyclonedx_vex(&mut output, &results.records, &tool)?,
            Self::Html => write_html(&mut output, &results.name, &results.records, &tool)?,
        }
        Ok(output)
    }
}

/// A terminal obeys some of the characters that hostile texts hold; a file or a pipe gets the bytes as they are.
pub(crate) fn to_standard_output(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let written = if output.is_terminal() {
        output.write_all(clean(text, usize::MAX).as_bytes())
    } else {
        output.write_all(text.as_bytes())
    };
    match written.and_then(|()| output.flush()) {
        // `| head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A text of any origin as a table cell.
pub(crate) fn cell(text: &str, limit: usize) -> String {
    single_line(text, limit)
}

/// Without the blanks that fill the last column.
pub(crate) fn lines_of(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
