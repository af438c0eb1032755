//! A result: one finding. Written straight from what is in memory, as there can be a hundred thousand.

use std::borrow::Cow;

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, FindingState, Location};
use scanhelm_core::local::suppression::{Suppressed, Way};
use serde::Serialize;

use super::super::entry::{Change, Entry, Standing};
use super::super::{is_web_uri, non_empty};
use crate::sarif::Facts;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'entry> {
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<Change>,
    kind: &'static str,
    level: &'static str,
    locations: [Place<'entry>; 1],
    message: Message<'entry>,
    partial_fingerprints: Fingerprints,
    properties: Properties<'entry>,
    rule_id: &'entry str,
    rule_index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression<'entry>; 1]>,
}

#[derive(Serialize)]
struct Message<'entry> {
    text: &'entry str,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "scanhelm/v1")]
    first: String,
}

#[derive(Serialize)]
struct Properties<'entry> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hub: Option<&'entry Standing>,
    #[serde(rename = "scanhelm/v1")]
    facts: Facts<'entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<&'entry Suppressed>,
}

#[derive(Serialize)]
struct Suppression<'entry> {
    justification: Cow<'entry, str>,
    kind: &'static str,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'entry> {
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[LogicalLocation; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation<'entry>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation<'entry> {
    artifact_location: ArtifactLocation<'entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region<'entry>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation<'entry> {
    uri: Cow<'entry, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region<'entry> {
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Message<'entry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    start_line: u32,
}

impl<'entry> SarifResult<'entry> {
    pub(super) fn of(entry: &'entry Entry, rule_index: u32) -> Self {
        let record = &*entry.record;
        let (kind, level) = kind_and_level(entry);
        let text = record.description.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or(&record.title);
        let changed = entry.changed.as_ref().map(|changed| changed.change);
        let fixed = entry.status().is_some_and(FindingState::is_fixed);
        Self {
            baseline_state: changed.or(fixed.then_some(Change::Absent)),
            kind,
            level,
            locations: [place(record)],
            message: Message { text: non_empty(text, &record.rule_id) },
            partial_fingerprints: Fingerprints { first: entry.fingerprint() },
            properties: Properties {
                hub: entry.standing.as_deref(),
                facts: Facts::of(record),
                suppressed: entry.suppressed.as_deref(),
            },
            rule_id: &record.rule_id,
            rule_index,
            suppressions: suppression(entry).map(|suppression| [suppression]),
        }
    }
}

/// What the project says, else what people decided about a hub's finding.
fn suppression(entry: &Entry) -> Option<Suppression<'_>> {
    let accepted = |kind, justification| Suppression { justification, kind, status: "accepted" };
    if let Some(suppressed) = &entry.suppressed {
        let kind = if suppressed.by == Way::Inline { "inSource" } else { "external" };
        let justification = suppressed.justification().map_or(Cow::Borrowed(suppressed.by.as_str()), Cow::Owned);
        return Some(accepted(kind, justification));
    }
    let status = entry.status().filter(|status| status.is_hidden() || *status == FindingState::Closed)?;
    let reason = entry.reason().unwrap_or_default();
    let justification = format!("{}: {reason}", status.as_str().replace('_', " "));
    Some(accepted("external", justification.trim_end_matches([':', ' ']).to_owned().into()))
}

fn kind_and_level(entry: &Entry) -> (&'static str, &'static str) {
    let is_gone = entry.changed.as_ref().is_some_and(|changed| changed.change == Change::Absent);
    match (entry.status(), entry.record.severity) {
        (Some(status), _) if status.is_fixed() => ("pass", "none"),
        (Some(FindingState::NotSeen), _) => ("review", "none"),
        _ if is_gone => ("pass", "none"),
        (_, Severity::Critical | Severity::High) => ("fail", "error"),
        (_, Severity::Medium) => ("fail", "warning"),
        (_, Severity::Low) => ("fail", "note"),
        (_, Severity::Info) => ("informational", "none"),
    }
}

fn place(record: &FindingRecord) -> Place<'_> {
    let logical = |kind| {
        let (asset, name) = (&record.asset.name, record.location.label());
        let full = if name.is_empty() { asset.clone() } else { format!("{asset} {name}") };
        Some([LogicalLocation { fully_qualified_name: non_empty(&full, "asset").to_owned(), kind }])
    };
    let file = |path| ArtifactLocation { uri: path_uri(path).into(), uri_base_id: Some("%SRCROOT%") };
    match &record.location {
        Location::Code { path, line, column, source } => {
            let region = line.filter(|line| *line > 0).map(|start_line| Region {
                snippet: source.as_deref().map(|text| Message { text }),
                start_column: column.filter(|column| *column > 0),
                start_line,
            });
            let physical = PhysicalLocation { artifact_location: file(path), region };
            Place { logical_locations: None, physical_location: Some(physical) }
        }
        Location::Web { url, .. } if is_web_uri(url) => {
            let site = ArtifactLocation { uri: url.into(), uri_base_id: None };
            let physical = PhysicalLocation { artifact_location: site, region: None };
            Place { logical_locations: logical("resource"), physical_location: Some(physical) }
        }
        Location::Package { path: Some(path), .. } if !path.is_empty() => {
            let physical = PhysicalLocation { artifact_location: file(path), region: None };
            Place { logical_locations: logical("package"), physical_location: Some(physical) }
        }
        _ => Place { logical_locations: logical("resource"), physical_location: None },
    }
}

/// A relative path as a relative URI.
fn path_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").trim_start_matches('/').bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b'@'
            | b'+'
            | b','
            | b'='
            | b'('
            | b')' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
