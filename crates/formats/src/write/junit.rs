//! JUnit XML, which every build server shows: a suite for each scanner by name, a case for each finding.
//!
//! What is critical or high is a failure; a medium finding says so in the output of a case that passes, and what is less
//! is a case that passes. A scanner that failed is a case with an error, one that was skipped or did not look at
//! everything a case that says why. A
//! suite begins with its counts, so they are counted before anything is written. There are no times: they would make
//! two runs differ.

use std::collections::BTreeMap;
use std::io::{self, Write};

use scanhelm_core::Severity;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::{clean, single_line};

use super::escaped::Escaped;
use super::order::{Findings, text};
use super::place::{file_of, label_of};
use super::scanners::ScannerOutcome;
use super::sorted::Sorter;
use super::{Heading, non_empty};

const LONGEST_ATTRIBUTE: usize = 1000;

/// The numbers of a suite, or of all.
#[derive(Clone, Copy, Default)]
struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Counts {
    fn attributes(self) -> String {
        let Self { tests, failures, errors, skipped } = self;
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }

    fn add(&mut self, other: Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }
}

#[derive(Default)]
struct Suite {
    counts: Counts,
    /// What its cases about the scanner say.
    told: Vec<String>,
}

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    for outcome in &heading.scanners {
        let suite = suites.entry(outcome.scanner.clone()).or_default();
        let (errors, skipped) = (outcome.failed().is_some().into(), outcome.skipped().is_some().into());
        let tests = errors + skipped + u64::from(outcome.partial().is_some());
        suite.counts.add(Counts { tests, failures: 0, errors, skipped });
        suite.told.extend(told(outcome));
    }
    if !heading.warnings.is_empty() {
        let suite = suites.entry(heading.tool.name.clone()).or_default();
        suite.counts.tests += heading.warnings.len() as u64;
        let warning = |text: &String| format!("<system-out>warning: {}</system-out>", attribute(text));
        suite.told.extend(heading.warnings.iter().map(warning));
    }
    let mut cases = Sorter::new(findings.folder.clone());
    let mut position = 0_u64;
    findings.each(|entry| {
        let failures = is_failure(entry.record.severity).into();
        let suite = suites.entry(entry.record.scanner.clone()).or_default();
        suite.counts.add(Counts { tests: 1, failures, ..Counts::default() });
        let mut key = Vec::new();
        text(&mut key, &entry.record.scanner);
        key.extend(position.to_be_bytes());
        position += 1;
        cases.push(key, serde_json::to_vec(&(&entry.record.scanner, case(&entry.record)))?)
    })?;
    let mut all = Counts::default();
    suites.values().for_each(|suite| all.add(suite.counts));
    let name = attribute(&heading.name);
    writeln!(output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\" {}>", all.attributes())?;
    let mut suites = suites.iter();
    let mut open: Option<String> = None;
    cases.sorted()?.each(|_, part| {
        let (scanner, case): (String, String) = serde_json::from_slice(part)?;
        if open.as_ref() != Some(&scanner) {
            if open.is_some() {
                output.write_all(END_OF_SUITE)?;
            }
            for (name, suite) in suites.by_ref() {
                begin(output, name, suite)?;
                if *name == scanner {
                    break;
                }
                output.write_all(END_OF_SUITE)?;
            }
            open = Some(scanner);
        }
        output.write_all(case.as_bytes())
    })?;
    if open.is_some() {
        output.write_all(END_OF_SUITE)?;
    }
    for (name, suite) in suites {
        begin(output, name, suite)?;
        output.write_all(END_OF_SUITE)?;
    }
    output.write_all(b"</testsuites>\n")
}

const END_OF_SUITE: &[u8] = b"</testsuite>\n";

/// What became of a scanner that did not look at everything.
fn told(outcome: &ScannerOutcome) -> Option<String> {
    match (outcome.failed(), outcome.skipped(), outcome.partial()) {
        (Some(reason), ..) => Some(format!("<error message=\"{}\"/>", attribute(&reason))),
        (_, Some(reason), _) => Some(format!("<skipped message=\"{}\"/>", attribute(&reason))),
        (.., Some(reason)) => Some(format!("<system-out>partial: {}</system-out>", attribute(&reason))),
        (None, None, None) => None,
    }
}

/// The head of a suite, and what there is to say beside its findings.
fn begin(output: &mut dyn Write, name: &str, suite: &Suite) -> io::Result<()> {
    let name = attribute(name);
    writeln!(output, "<testsuite name=\"{name}\" {}>", suite.counts.attributes())?;
    for told in &suite.told {
        writeln!(output, "<testcase classname=\"{name}\" name=\"scan\">{told}</testcase>")?;
    }
    Ok(())
}

const fn is_failure(severity: Severity) -> bool {
    matches!(severity, Severity::Critical | Severity::High)
}

fn case(record: &FindingRecord) -> String {
    let title = non_empty(&record.title, &record.rule_id);
    let name = attribute(&format!("{title} ({})", label_of(record)));
    let mut case = format!("<testcase classname=\"{}\" name=\"{name}\"", attribute(&record.rule_id));
    if let Some((path, line, _)) = file_of(record) {
        case.push_str(&format!(" file=\"{}\"", attribute(path)));
        case.push_str(&line.map(|line| format!(" line=\"{line}\"")).unwrap_or_default());
    }
    let severity = record.severity;
    let told = || content(record.description.as_deref().unwrap_or(title));
    case.push_str(&match severity {
        Severity::Critical | Severity::High => {
            format!("><failure type=\"{severity}\" message=\"{}\">{}</failure></testcase>\n", attribute(title), told())
        }
        Severity::Medium => format!("><system-out>{severity}: {}</system-out></testcase>\n", told()),
        Severity::Low | Severity::Info => "/>\n".to_owned(),
    });
    case
}

fn attribute(text: &str) -> String {
    content(&single_line(text, LONGEST_ATTRIBUTE))
}

/// Without what XML 1.0 forbids even when it is escaped: control characters, which [`clean`] drops, and these two.
fn content(text: &str) -> String {
    let allowed = clean(text, usize::MAX).replace(['\u{fffe}', '\u{ffff}'], "");
    Escaped(&allowed).to_string()
}
