//! Semgrep's JSON (`semgrep scan --json`).
//!
//! Without a login Semgrep writes the words `requires login` where the matched lines belong; they are then read
//! from the scanned folder. Its severities are those of its SARIF (`error` is high), so that both give one finding.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde::Deserialize;
use serde_json::Value;

use crate::code_report::{self, CodeReport, Place, Run};
use crate::error::ReadError;
use crate::format::Format;
use crate::input::Input;
use crate::json::Spool;
use crate::options::ReadOptions;
use crate::report::{Reader, ReportHeader};
use crate::sample::Sample;
use crate::weakness::{cves_in, cwes_in, push_new};

pub(crate) const FORMAT: Format =
    Format { id: "semgrep", name: "Semgrep JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "semgrep";
const NOT_LOGGED_IN: &str = "requires login";

fn recognises(sample: &Sample) -> bool {
    let has_findings = sample.has_json("results[].check_id") && sample.has_json("results[].path");
    // Without findings: the keys of current and of first versions.
    let empty = sample.has_json("results") && sample.has_json("errors");
    let current = empty && sample.has_json("paths.scanned");
    let first = empty && sample.is_complete() && sample.json_keys().all(|key| matches!(key, "results" | "errors"));
    has_findings || current || first
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut document = Spool::fill(input.content)?;
    let mut run =
        Run { header: ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() }, ..Run::default() };
    let mut scanned_nothing = false;
    code_report::walk(
        &mut document,
        &options.limits,
        &mut run,
        |key, cursor, run| {
            match key {
                "errors" => {
                    for error in cursor.value::<Vec<Error>>("errors")? {
                        run.problems.add(&error.text());
                    }
                }
                "version" => run.header.scanner_version = cursor.value("version")?,
                "paths" => {
                    cursor.begin_object()?;
                    while let Some(key) = cursor.next_key()? {
                        if key == "scanned" && cursor.peek()? == Some(b'[') {
                            cursor.begin_array()?;
                            scanned_nothing = true;
                            while cursor.next_element()? {
                                scanned_nothing = false;
                                cursor.skip_value()?;
                            }
                        } else {
                            cursor.skip_value()?;
                        }
                    }
                }
                _ => cursor.skip_value()?,
            }
            Ok(())
        },
        |raw, run| {
            if let Ok(result) = serde_json::from_slice::<Named>(raw) {
                run.folder.add(&result.path);
            }
        },
    )?;
    run.blind = scanned_nothing && run.results == 0 && !run.problems.is_empty();
    Ok(Box::new(CodeReport::new(document, run, record, options)?))
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    message: Value,
    #[serde(default)]
    path: Value,
    #[serde(default, rename = "type")]
    kind: Value,
}

impl Error {
    fn text(&self) -> String {
        let parts: Vec<&str> =
            [&self.path, &self.message].into_iter().filter_map(Value::as_str).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { self.kind.to_string() } else { parts.join(": ") }
    }
}

#[derive(Deserialize)]
struct Named {
    path: String,
}

#[derive(Deserialize)]
struct Match {
    check_id: String,
    path: String,
    start: Point,
    end: Point,
    extra: Extra,
}

#[derive(Deserialize)]
struct Point {
    line: u32,
    col: Option<u32>,
}

#[derive(Deserialize)]
struct Extra {
    #[serde(default)]
    message: String,
    #[serde(default)]
    metadata: Value,
    severity: String,
    lines: Option<String>,
    fix: Option<String>,
    #[serde(default)]
    is_ignored: bool,
}

fn record(raw: &[u8], place: &mut Place) -> Result<FindingRecord, String> {
    let found: Match = serde_json::from_slice(raw).map_err(|error| error.to_string())?;
    let severity = severity(&found.extra.severity)
        .ok_or_else(|| format!("`{}` is no severity of Semgrep", found.extra.severity))?;
    let path = place.tree.relative(&found.path);
    let source = found
        .extra
        .lines
        .filter(|lines| lines != NOT_LOGGED_IN && !lines.trim().is_empty())
        .or_else(|| place.tree.lines(&path, found.start.line, found.end.line));
    let metadata = &found.extra.metadata;
    let (mut cwes, mut cves) = (vec![], vec![]);
    each_text(metadata.get("cwe"), |text| cwes_in(text, &mut cwes));
    each_text(metadata.get("cve"), |text| cves_in(text, &mut cves));
    let mut references = vec![];
    for key in ["references", "shortlink", "source"] {
        each_text(metadata.get(key), |text| push_new(&mut references, text.to_owned()));
    }
    let evidence = match (&source, found.extra.is_ignored) {
        (source, true) => Some(format!("Suppressed in the source\n{}", source.as_deref().unwrap_or_default())),
        (source, false) => source.clone(),
    };
    Ok(FindingRecord {
        scanner: SCANNER.to_owned(),
        title: title(&found.extra.message, &found.check_id),
        rule_id: found.check_id,
        severity,
        vendor_severity: Some(found.extra.severity),
        asset: place.asset.clone(),
        location: Location::Code { path, line: Some(found.start.line), column: found.start.col, source },
        check: None,
        cves,
        cwes,
        cvss: vec![],
        family: metadata.get("category").and_then(Value::as_str).map(str::to_owned),
        description: Some(found.extra.message).filter(|message| !message.is_empty()),
        solution: found.extra.fix.map(|fix| format!("Replace with:\n{fix}")),
        evidence,
        references,
        seen_at: None,
    })
}

fn severity(word: &str) -> Option<Severity> {
    Some(match word.to_ascii_uppercase().as_str() {
        "CRITICAL" => Severity::Critical,
        "ERROR" | "HIGH" => Severity::High,
        "WARNING" | "MEDIUM" => Severity::Medium,
        "INFO" | "LOW" => Severity::Low,
        "INVENTORY" | "EXPERIMENT" => Severity::Info,
        _ => return None,
    })
}

/// The first sentence of the message, which is all prose; the rule's last word where there is none.
pub(crate) fn title(message: &str, rule: &str) -> String {
    let line = single_line(message, 4000);
    let sentence = line.split_once(". ").map_or(line.as_str(), |(first, _)| first).trim_end_matches('.');
    if sentence.is_empty() { rule.to_owned() } else { single_line(sentence, 200) }
}

/// A text, or each text of a list.
fn each_text(value: Option<&Value>, mut found: impl FnMut(&str)) {
    match value {
        Some(Value::String(text)) => found(text),
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).for_each(found),
        _ => {}
    }
}
