//! Findings on their way out: a table for people, or one of the machine formats, to standard output and to files.

mod destination;
mod outcome;
mod table;

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::Table;
use scanhelm_core::SeverityCounts;
use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::local::suppression::Way;
use scanhelm_core::text::{clean, single_line};
use scanhelm_formats::write::{Entry, Findings, Heading, Hidden, LocalOutput, Output, ToolInfo, sbom, write_run};
use scanhelm_runner::Coverage;

pub(crate) use destination::{Checked, Destinations, check_place, write_atomically};
pub(crate) use outcome::of as outcomes;

/// What a command found, and who looked.
#[derive(Debug)]
pub(crate) struct Results {
    /// Of what was scanned or read.
    pub name: String,
    pub scanners: Vec<ScannerResult>,
    /// Worst first.
    pub findings: Vec<Entry>,
    /// Not counted; see [`Entry::suppressed`].
    pub suppressed: Vec<Entry>,
    pub shows_suppressed: bool,
    /// What it is made of; `None`: nobody asked.
    pub components: Option<Vec<ComponentRecord>>,
    /// There is a baseline, so what is left is new.
    pub has_baseline: bool,
    /// What a reader has to know before trusting the numbers, beside what became of the scanners.
    pub warnings: Vec<String>,
}

/// What became of one scanner or report.
#[derive(Debug)]
pub(crate) enum ScannerResult {
    Ran {
        scanner: String,
        version: Option<String>,
        findings: u64,
        /// `None`: it lists no components but looks for flaws.
        components: Option<u64>,
        warnings: Vec<String>,
    },
    Skipped {
        scanner: String,
        reason: String,
        install_hint: Option<String>,
    },
    Failed {
        scanner: String,
        version: Option<String>,
        reason: String,
    },
}

impl Results {
    /// Of a report, with nothing suppressed.
    pub(crate) fn of_report(name: String, scanners: Vec<ScannerResult>, records: Vec<Box<FindingRecord>>) -> Self {
        let mut ordinals = Ordinals::of(records.iter().map(AsRef::as_ref));
        let entry = |record: Box<FindingRecord>| {
            let identity = Identity::of(&record, ordinals.next(&record));
            Entry::of_report(record, identity)
        };
        let findings = records.into_iter().map(entry).collect();
        Self {
            name,
            scanners,
            findings,
            suppressed: Vec::new(),
            shows_suppressed: false,
            components: None,
            has_baseline: false,
            warnings: Vec::new(),
        }
    }

    fn counts(&self) -> SeverityCounts {
        self.findings.iter().map(|finding| finding.record.severity).collect()
    }

    /// All there is, what is suppressed marked as such, and what each scanner lists.
    pub(crate) fn write_for_hub(&self, output: &mut dyn Write, coverage: &[Coverage]) -> io::Result<()> {
        let all = Findings::of_entries(self.findings.iter().chain(&self.suppressed));
        let lists = coverage.iter().filter_map(|one| Some((one.scanner.as_str(), one.components.as_deref()?)));
        write_run(output, &all, &self.heading(), lists)
    }

    fn heading(&self) -> Heading {
        Heading {
            tool: ToolInfo::scanhelm(),
            name: outcome::without_folder(&self.name),
            of_hub: false,
            scanners: outcome::of(&self.scanners),
            warnings: self.warnings.clone(),
            hidden: self.hidden(),
            components: self.components.clone(),
        }
    }

    fn hidden(&self) -> Hidden {
        let by_baseline = |entry: &&Entry| entry.suppressed.as_ref().is_some_and(|why| why.by == Way::Baseline);
        let known = self.suppressed.iter().filter(by_baseline).count() as u64;
        Hidden { known: self.has_baseline.then_some(known), suppressed: self.suppressed.len() as u64 - known }
    }

    /// What a format writes. Those that cannot mark a suppressed finding do not get it: there it would look open.
    fn written(&self, format: Format) -> Findings<'_> {
        let marks = matches!(format, Format::Json | Format::Ndjson | Format::Sarif);
        let suppressed = self.suppressed.iter().filter(|_| self.shows_suppressed && marks);
        Findings::of_entries(self.findings.iter().chain(suppressed))
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
    /// CycloneDX 1.6: components, of a scan of type sbom
    Cyclonedx,
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
    const fn has_place_for_components(self) -> bool {
        matches!(self, Self::Table | Self::Json | Self::Ndjson | Self::Cyclonedx)
    }

    fn write(self, output: &mut dyn Write, results: &Results) -> io::Result<()> {
        let heading = results.heading();
        let local = |format: LocalOutput, output| format.write(output, &results.written(self), &heading);
        let format = match self {
            Self::Table => return output.write_all(table::render(results).as_bytes()),
            Self::Cyclonedx => {
                let components = results.components.as_deref().unwrap_or_default();
                return output.write_all(sbom(&heading.name, components, &heading.tool).as_bytes());
            }
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
        format.write(output, &results.written(self), &heading)
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
