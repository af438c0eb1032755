//! Workflow commands of GitHub Actions: what is printed to a job's log as `::error file=...::message` becomes a mark at
//! the line.
//!
//! A runner obeys every line that begins with `::`, whoever wrote it. Each line here is one command of ours, and no text
//! can end it: line breaks are encoded, and so are the characters that end a property. The runner decodes `%25`, `%0D`,
//! `%0A` and in properties `%3A` and `%2C`, and nothing else, so nothing else is encoded.

use std::io::{self, Write};

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::{clean, single_line};

use super::order::Findings;
use super::place::{file_of, label_of};
use super::{Heading, non_empty};

const LONGEST_TITLE: usize = 200;
/// GitHub cuts messages at 4 KB.
const LONGEST_MESSAGE: usize = 3000;

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    for scanner in &heading.scanners {
        let title = |what: &str| property(&format!("{} {what}", scanner.label()));
        if let Some(reason) = scanner.failed() {
            writeln!(output, "::error title={}::{}", title("failed"), message(&reason))?;
        } else if let Some(reason) = scanner.skipped() {
            writeln!(output, "::notice title={}::{}", title("was skipped"), message(&reason))?;
        } else if let Some(reason) = scanner.partial() {
            writeln!(output, "::warning title={}::{}", title("was partial"), message(&reason))?;
        }
    }
    for warning in &heading.warnings {
        writeln!(output, "::warning title={}::{}", property(&heading.tool.name), message(warning))?;
    }
    findings.each(|entry| write_finding(output, &entry.record))
}

fn write_finding(output: &mut dyn Write, record: &FindingRecord) -> io::Result<()> {
    let mut properties = Vec::new();
    if let Some((path, line, column)) = file_of(record) {
        properties.push(format!("file={}", property(path)));
        properties.extend(line.map(|line| format!("line={line}")));
        properties.extend(column.filter(|_| line.is_some()).map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(&format!("{}: {}", record.severity, record.rule_id))));
    let title = non_empty(&record.title, &record.rule_id);
    let mut text = format!("{title} ({}, {})", record.scanner, label_of(record));
    if let Some(description) = record.description.as_deref().filter(|text| !text.trim().is_empty() && *text != title) {
        text.push('\n');
        text.push_str(description);
    }
    writeln!(output, "::{} {}::{}", command(record.severity), properties.join(","), message(&text))
}

const fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

fn message(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    clean(&text, LONGEST_MESSAGE).replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    single_line(text, LONGEST_TITLE).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}
