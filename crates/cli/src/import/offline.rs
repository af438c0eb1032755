//! Reads reports and shows what is in them. A report that cannot be read to its end gives nothing, because what is
//! missing would look fixed; the other reports are shown all the same and the command says that one was left out.

use std::fs::File;
use std::path::Path;

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use scanhelm_formats::{ReadError, ReadOptions, ReportItem};

use super::ImportArguments;
use crate::exit::{self, Exit};
use crate::results::{Results, ScannerResult};

pub(super) fn run(arguments: &ImportArguments) -> Exit {
    let destinations = match arguments.destinations.checked() {
        Ok(destinations) => destinations,
        Err(error) => return exit::refused(&error),
    };
    let (mut scanners, mut records) = (Vec::new(), Vec::new());
    let (mut unread, mut blind) = (false, false);
    for path in &arguments.reports {
        let shown = single_line(&path.display().to_string(), 300);
        match read(path, arguments) {
            Ok(report) if report.blind => {
                blind = true;
                scanners.push(report.into_blind(shown));
            }
            Ok(mut report) => {
                records.append(&mut report.records);
                scanners.push(report.into_result(shown));
            }
            Err(error) => {
                unread = true;
                exit::say(&format!("error: {shown}: {error}"));
                scanners.push(ScannerResult::Failed { scanner: shown, version: None, reason: error.to_string() });
            }
        }
    }
    scanhelm_runner::sort_records(&mut records);
    let results = Results::of_report(named(&arguments.reports), scanners, records);
    if let Err(error) = destinations.write(&results) {
        return exit::refused(&error);
    }
    match arguments.fail_on {
        _ if unread => Exit::Refused,
        _ if blind => Exit::ScannerFailed,
        Some(threshold) if results.findings.iter().any(|finding| finding.record.severity >= threshold) => {
            Exit::Findings
        }
        _ => Exit::Done,
    }
}

fn named(files: &[std::path::PathBuf]) -> String {
    match files {
        [file] => file.display().to_string(),
        files => format!("{} reports", files.len()),
    }
}

#[derive(Default)]
struct Report {
    scanner: Option<String>,
    version: Option<String>,
    format: &'static str,
    records: Vec<Box<FindingRecord>>,
    findings: u64,
    warnings: Vec<String>,
    blind: bool,
}

#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error("cannot be opened: {0}")]
    Unopened(std::io::Error),
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    #[error("the report has no end; export or download it again")]
    Endless,
}

fn read(path: &Path, arguments: &ImportArguments) -> Result<Report, ImportError> {
    let file = File::open(path).map_err(ImportError::Unopened)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(ImportError::Unopened(std::io::ErrorKind::IsADirectory.into()));
    }
    let options = ReadOptions {
        format: arguments.format.clone(),
        file_name: path.file_name().map(|name| name.to_string_lossy().into_owned()),
        source_root: arguments.source.clone(),
        repository: arguments.repository.clone(),
        ..ReadOptions::default()
    };
    let items = scanhelm_formats::open(Box::new(file), &options)?;
    let mut report = Report { format: items.format.name, ..Report::default() };
    let mut ended = false;
    for item in items {
        match item? {
            ReportItem::Header(header) => {
                report.scanner.get_or_insert(header.scanner);
                report.version = report.version.take().or(header.scanner_version);
                report.warnings.extend(header.note);
            }
            ReportItem::Finding(record) => {
                report.findings += 1;
                report.records.push(record);
            }
            ReportItem::Rejected(rejected) => {
                report.warnings.push(format!("record {} was left out: {}", rejected.record, rejected.reason));
            }
            ReportItem::Footer { blind, problems, .. } => {
                ended = true;
                report.blind = blind;
                report.warnings.extend(problems);
            }
            ReportItem::Asset(_) | ReportItem::Suppressed(_) => {}
        }
    }
    if ended { Ok(report) } else { Err(ImportError::Endless) }
}

impl Report {
    fn label(&self, file: &str) -> String {
        match &self.scanner {
            Some(scanner) => format!("{file} ({}, {scanner})", self.format),
            None => format!("{file} ({})", self.format),
        }
    }

    fn into_result(self, file: String) -> ScannerResult {
        ScannerResult::Ran {
            scanner: self.label(&file),
            version: self.version,
            findings: self.findings,
            components: None,
            warnings: self.warnings,
        }
    }

    fn into_blind(self, file: String) -> ScannerResult {
        let why = self.warnings.first().map_or("it gives no reason", String::as_str);
        ScannerResult::Failed {
            scanner: self.label(&file),
            version: self.version.clone(),
            reason: format!("the scanner looked at nothing: {why}"),
        }
    }
}
