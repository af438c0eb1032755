//! Findings on their way out: a table for people, or one of the machine formats, to standard output and to files.

mod destination;
mod outcome;
mod table;

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::Table;
use scanhelm_core::SeverityCounts;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::{clean, single_line};
use scanhelm_formats::write::{Findings, Heading, LocalOutput, Output, ToolInfo};

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
    /// JUnit XML, for build servers
    Junit,
    /// Code Quality of GitLab
    GitlabCodequality,
    /// Workflow commands of GitHub Actions, to be printed in a job
    GithubAnnotations,
    /// A comment for a pull or merge request
    Markdown,
}

impl Format {
    fn write(self, output: &mut dyn Write, results: &Results, findings: &Findings) -> io::Result<()> {
        let heading = Heading {
            tool: ToolInfo::scanhelm(),
            name: outcome::without_folder(&results.name),
            of_hub: false,
            scanners: outcome::of(&results.scanners),
        };
        let local = |format: LocalOutput, output| format.write(output, findings, &heading);
        let format = match self {
            Self::Table => return output.write_all(table::render(results).as_bytes()),
            Self::Json => Output::Json,
            Self::Sarif => Output::Sarif,
            Self::Csv => Output::Csv,
            Self::Ndjson => Output::Ndjson,
            Self::CyclonedxVex => Output::CyclonedxVex,
            Self::Html => Output::Html,
            Self::Junit => return local(LocalOutput::Junit, output),
            Self::GitlabCodequality => return local(LocalOutput::GitlabCodequality, output),
            Self::GithubAnnotations => return local(LocalOutput::GithubAnnotations, output),
            Self::Markdown => return local(LocalOutput::Markdown, output),
        };
        format.write(output, findings, &heading)
    }
}

pub(crate) fn to_standard_output(text: &str) -> io::Result<()> {
    stream_to_standard_output(|output| output.write_all(text.as_bytes()))
}

/// A terminal obeys some of the characters that hostile texts hold; a file or a pipe gets the bytes as they are.
pub(crate) fn stream_to_standard_output(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let stdout = io::stdout().lock();
    let written = if stdout.is_terminal() {
        let mut text = Vec::new();
        write(&mut text).and_then(|()| {
            let mut stdout = stdout;
            stdout.write_all(clean(&String::from_utf8_lossy(&text), usize::MAX).as_bytes())?;
            stdout.flush()
        })
    } else {
        let mut buffered = BufWriter::new(stdout);
        write(&mut buffered).and_then(|()| buffered.flush())
    };
    match written {
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
