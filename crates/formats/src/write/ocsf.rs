//! Vulnerability Finding (class 2002) of the Open Cybersecurity Schema Framework 1.5.0, one event a line, for data
//! lakes and SIEMs.
//!
//! The schema is version 1.5.0 in every event, whatever came later: a consumer reads the version and knows what it
//! gets. An event is the state of a finding as the hub holds it, so its time is that of the newest look. What the
//! schema has no place for stands in `unmapped`.

use std::io::{self, Write};

use scanhelm_core::finding::{FindingRecord, FindingState, Location};
use scanhelm_core::{Severity, Timestamp};
use serde_json::{Map, Value, json};

use super::entry::{Entry, Standing};
use super::order::Findings;
use super::vex::name_and_version;
use super::{Heading, is_web_uri};

const SCHEMA_VERSION: &str = "1.5.0";
const CLASS: u32 = 2002;

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    let product = json!({
        "name": heading.tool.name, "vendor_name": heading.tool.name, "version": heading.tool.version,
    });
    findings.each(|entry| {
        let untimed =
            || io::Error::new(io::ErrorKind::InvalidInput, "only a hub's findings have the times of an event");
        let standing = entry.standing.as_ref().ok_or_else(untimed)?;
        serde_json::to_writer(&mut *output, &event(entry, standing, &product))?;
        output.write_all(b"\n")
    })
}

fn event(entry: &Entry, standing: &Standing, product: &Value) -> Value {
    let record = &entry.record;
    let (activity, activity_name) = activity(standing);
    let (status_id, status) = status(standing.status);
    let (severity_id, severity) = severity(record.severity);
    let mut event = Map::from_iter([
        ("activity_id".to_owned(), json!(activity)),
        ("activity_name".to_owned(), json!(activity_name)),
        ("category_name".to_owned(), json!("Findings")),
        ("category_uid".to_owned(), json!(CLASS / 1000)),
        ("class_name".to_owned(), json!("Vulnerability Finding")),
        ("class_uid".to_owned(), json!(CLASS)),
        ("type_name".to_owned(), json!(format!("Vulnerability Finding: {activity_name}"))),
        ("type_uid".to_owned(), json!(CLASS * 100 + activity)),
        ("metadata".to_owned(), json!({"product": product, "version": SCHEMA_VERSION})),
        ("time".to_owned(), time(standing.last_seen_at)),
        ("severity_id".to_owned(), json!(severity_id)),
        ("severity".to_owned(), json!(severity)),
        ("status_id".to_owned(), json!(status_id)),
        ("status".to_owned(), json!(status)),
        ("message".to_owned(), json!(record.title)),
        ("finding_info".to_owned(), finding_info(entry, standing)),
        ("vulnerabilities".to_owned(), vulnerabilities(record, standing)),
        ("resources".to_owned(), json!([resource(entry)])),
        ("unmapped".to_owned(), unmapped(entry, standing)),
    ]);
    if let Some(reason) = entry.reason() {
        event.insert("comment".to_owned(), json!(reason));
    }
    Value::Object(event)
}

/// What happened to the finding last, as far as its present state tells.
fn activity(standing: &Standing) -> (u32, &'static str) {
    if standing.status.is_hidden() || matches!(status(standing.status), (4 | 5, _)) {
        (3, "Close")
    } else if standing.first_seen_at == standing.last_seen_at {
        (1, "Create")
    } else {
        (2, "Update")
    }
}

fn status(state: FindingState) -> (u32, &'static str) {
    match state {
        FindingState::Open => (1, "New"),
        FindingState::InProgress => (2, "In Progress"),
        FindingState::RiskAccepted
        | FindingState::FalsePositive
        | FindingState::Duplicate
        | FindingState::Suppressed => (3, "Suppressed"),
        FindingState::Fixed | FindingState::VerifiedFixed => (4, "Resolved"),
        FindingState::Closed => (5, "Archived"),
        FindingState::NotSeen => (99, "Not Seen"),
    }
}

fn severity(severity: Severity) -> (u32, &'static str) {
    match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn time(time: Timestamp) -> Value {
    json!(time.as_millis())
}

fn finding_info(entry: &Entry, standing: &Standing) -> Value {
    let record = &entry.record;
    let mut info = Map::from_iter([
        ("uid".to_owned(), json!(standing.id)),
        ("title".to_owned(), json!(record.title)),
        ("first_seen_time".to_owned(), time(standing.first_seen_at)),
        ("last_seen_time".to_owned(), time(standing.last_seen_at)),
        ("data_sources".to_owned(), json!([record.scanner])),
        ("analytic".to_owned(), json!({"type_id": 1, "type": "Rule", "uid": record.rule_id, "name": record.title})),
    ]);
    if let Some(description) = &record.description {
        info.insert("desc".to_owned(), json!(description));
    }
    if let Some(judged_at) = standing.judged_at.or(standing.resolved_at) {
        info.insert("modified_time".to_owned(), time(judged_at));
    }
    Value::Object(info)
}

/// One for each CVE; one of the scanner's rule where there is none. The schema takes either of these or a CWE, so the
/// CWEs stand inside.
fn vulnerabilities(record: &FindingRecord, standing: &Standing) -> Value {
    let shared = shared(record, standing);
    let with = |name: &str, value: Value| {
        let mut vulnerability = shared.clone();
        vulnerability.insert(name.to_owned(), value);
        Value::Object(vulnerability)
    };
    let related: Vec<Value> = record.cwes.iter().copied().map(cwe).collect();
    if record.cves.is_empty() {
        let advisory = json!({"uid": record.rule_id, "title": record.title, "related_cwes": related});
        return json!([with("advisory", advisory)]);
    }
    let scores: Vec<Value> = if record.cves.len() == 1 { scores(record) } else { Vec::new() };
    record.cves.iter().map(|id| with("cve", json!({"uid": id, "cvss": scores, "related_cwes": related}))).collect()
}

fn shared(record: &FindingRecord, standing: &Standing) -> Map<String, Value> {
    let references: Vec<&String> = record.references.iter().filter(|uri| is_web_uri(uri)).collect();
    let vendor_severity = record.vendor_severity.clone().unwrap_or_else(|| record.severity.to_string());
    let mut shared = Map::from_iter([
        ("title".to_owned(), json!(record.title)),
        ("severity".to_owned(), json!(vendor_severity)),
        ("vendor_name".to_owned(), json!(record.scanner)),
        ("references".to_owned(), json!(references)),
        ("first_seen_time".to_owned(), time(standing.first_seen_at)),
        ("last_seen_time".to_owned(), time(standing.last_seen_at)),
    ]);
    if let Some(description) = &record.description {
        shared.insert("desc".to_owned(), json!(description));
    }
    if let Some(solution) = record.solution.as_ref().filter(|solution| !solution.trim().is_empty()) {
        shared.insert("remediation".to_owned(), json!({"desc": solution}));
    }
    match &record.location {
        Location::Code { path, line, .. } => {
            let name = path.rsplit('/').next().unwrap_or(path);
            let mut code = json!({"file": {"name": name, "path": path, "type_id": 1, "type": "Regular File"}});
            if let (Some(line), Some(code)) = (line, code.as_object_mut()) {
                code.insert("start_line".to_owned(), json!(line));
            }
            shared.insert("affected_code".to_owned(), json!([code]));
        }
        Location::Package { purl, path } => {
            // The schema wants a version of every package.
            if let (name, Some(version)) = name_and_version(purl) {
                let mut package = json!({"name": name, "version": version, "purl": purl});
                if let (Some(path), Some(package)) = (path, package.as_object_mut()) {
                    package.insert("path".to_owned(), json!(path));
                }
                shared.insert("affected_packages".to_owned(), json!([package]));
            }
        }
        Location::Asset | Location::Network { .. } | Location::Web { .. } => {}
    }
    shared
}

fn cwe(number: u32) -> Value {
    json!({
        "uid": format!("CWE-{number}"), "src_url": format!("https://cwe.mitre.org/data/definitions/{number}.html"),
    })
}

/// The schema wants a number of every score.
fn scores(record: &FindingRecord) -> Vec<Value> {
    let scores = record.cvss.iter().filter_map(|score| {
        let mut whole = json!({"version": score.version, "base_score": score.score?});
        if let (Some(vector), Some(whole)) = (&score.vector, whole.as_object_mut()) {
            whole.insert("vector_string".to_owned(), json!(vector));
        }
        Some(whole)
    });
    scores.collect()
}

fn resource(entry: &Entry) -> Value {
    let asset = &entry.record.asset;
    let name = if asset.name.trim().is_empty() { &entry.identity.asset } else { &asset.name };
    json!({"uid": entry.identity.asset, "name": name, "type": asset.kind.as_str()})
}

fn unmapped(entry: &Entry, standing: &Standing) -> Value {
    let record = &entry.record;
    let mut unmapped = Map::from_iter([
        ("status".to_owned(), json!(standing.status)),
        ("fingerprint".to_owned(), json!(entry.fingerprint())),
        ("location".to_owned(), json!(record.location)),
    ]);
    if let Some(evidence) = &record.evidence {
        unmapped.insert("evidence".to_owned(), json!(evidence));
    }
    if record.cves.len() != 1 && !record.cvss.is_empty() {
        unmapped.insert("cvss".to_owned(), json!(record.cvss));
    }
    if let Some(expires_at) = standing.expires_at {
        unmapped.insert("judged_until".to_owned(), time(expires_at));
    }
    Value::Object(unmapped)
}
