//! The JSON of both APIs: `issue_events` of a scan (REST), and lists of issues with their types (GraphQL), bare or in the
//! answer's `data`.

use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use super::SCANNER;
use super::issue::{Issue, unpacked};
use crate::format::{Format, Opened};
use crate::html::text_of;
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::json::value::{at, list, text, word};
use crate::options::ReadOptions;
use crate::report::{Problems, ReportHeader};
use crate::sample::Sample;

pub(crate) const FORMAT: Format =
    Format { id: "burp-json", name: "Burp JSON", extensions: &["json"], sniff: recognises, open };

fn recognises(sample: &Sample) -> bool {
    let rest = sample.has_json("issue_events") && (sample.has_json("scan_status") || sample.has_json("scan_metrics"));
    let answer = ["Issues[]", "issues[]", "data.scan.issues[]"];
    let graph = answer.iter().any(|path| sample.has_json(&format!("{path}.issue_type")));
    let empty = sample.is_complete() && sample.json_keys().all(|key| key == "Issues") && sample.has_json("Issues");
    rest || graph || empty
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, BurpLayout, &options.limits)
}

struct BurpLayout;

impl Layout for BurpLayout {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "issue_events" | "Issues" | "issues" | "data" | "data.scan" | "data.scan.issues" => Step::Enter,
            "issue_events[]" | "Issues[]" | "issues[]" | "data.scan.issues[]" => Step::Record,
            "scan_status" | "message" | "scan_metrics" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let scan = sections.first();
        let mut problems = Problems::default();
        let status = scan.text("scan_status").unwrap_or_default();
        if !matches!(status, "" | "succeeded") {
            problems.add(&format!("the scan did not end well, or not yet: Burp says {status}"));
        }
        if let Some(message) = scan.text("message") {
            problems.add(message);
        }
        let requests = ["crawl_requests_made", "audit_requests_made"];
        let asked_nothing = scan
            .fact("scan_metrics")
            .is_some_and(|metrics| requests.iter().all(|name| metrics.get(name).and_then(Value::as_u64) == Some(0)));
        Ok(Beginning {
            header: ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() },
            blind: asked_nothing,
            problems,
            ..Beginning::default()
        })
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let value = record.value()?;
        let issue = match value.get("issue_type") {
            Some(_) => of_graph(&value),
            None => of_rest(at(&value, "issue"), text(&value, "type"))?,
        };
        Ok(vec![issue.finding()?])
    }
}

fn of_rest(issue: &Value, event: &str) -> Result<Issue, String> {
    if !issue.is_object() {
        return Err(format!("an event `{}` tells of no issue", scanhelm_core::text::single_line(event, 60)));
    }
    let mut messages = Vec::new();
    for evidence in list(issue, "evidence") {
        for name in ["request", "response"] {
            let segments = list(evidence, &format!("request_response.{name}"));
            let text: String = segments.iter().map(|segment| unpacked(text(segment, "data"))).collect();
            if !text.is_empty() {
                messages.push(text);
            }
        }
    }
    Ok(Issue {
        kind: word(issue, "type_index"),
        name: word(issue, "name"),
        origin: word(issue, "origin"),
        path: word(issue, "path"),
        place: word(issue, "caption"),
        severity: word(issue, "severity"),
        confidence: word(issue, "confidence"),
        background: word(issue, "issue_background"),
        detail: word(issue, "description"),
        remediation_background: word(issue, "remediation_background"),
        remediation: word(issue, "remediation"),
        references: word(issue, "references"),
        classifications: word(issue, "vulnerability_classifications"),
        messages,
    })
}

fn of_graph(issue: &Value) -> Issue {
    let mut messages = Vec::new();
    for evidence in list(issue, "evidence") {
        let segments = [list(evidence, "request_segments"), list(evidence, "response_segments")].concat();
        let html: String = segments
            .iter()
            .flat_map(|segment| ["data_html", "highlight_html"].map(|name| text(segment, name)))
            .collect();
        if !html.is_empty() {
            messages.push(text_of(&html));
        }
    }
    Issue {
        kind: word(issue, "issue_type.type_index"),
        name: word(issue, "issue_type.name"),
        origin: word(issue, "origin"),
        path: word(issue, "path"),
        place: String::new(),
        severity: word(issue, "severity"),
        confidence: word(issue, "confidence"),
        background: word(issue, "issue_type.description_html"),
        detail: word(issue, "description_html"),
        remediation_background: word(issue, "issue_type.remediation_html"),
        remediation: word(issue, "remediation_html"),
        references: word(issue, "issue_type.references_html"),
        classifications: word(issue, "issue_type.vulnerability_classifications_html"),
        messages,
    }
}
