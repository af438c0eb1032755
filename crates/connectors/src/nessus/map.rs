//! From Nessus' words to the hub's, and nowhere else. Pure.

use scanhelm_core::scan::Observation;
use scanhelm_core::status::VendorState;
use scanhelm_core::{Severity, SeverityCounts, Timestamp, text};
use serde_json::{Map, Value, json};

use super::model::{DetailAnswer, EditorTemplate, Folder, HistoryEntry, Host, ListedScan, Scanner, ScansAnswer};
use crate::client_token;
use crate::contract::{LivePreview, PreviewRow, Template, VendorRun, VendorSubScanner};

/// Every word that is known. `empty` is a configuration that never ran; a scan that is on its way to a state is still
/// what it was.
pub(super) const STATUS_MAP: &[(&str, VendorState)] = &[
    ("", VendorState::Queued),
    ("empty", VendorState::Queued),
    ("pending", VendorState::Queued),
    ("running", VendorState::Running),
    ("resuming", VendorState::Running),
    ("pausing", VendorState::Running),
    ("stopping", VendorState::Running),
    ("processing", VendorState::Running),
    ("publishing", VendorState::Running),
    ("paused", VendorState::Paused),
    ("completed", VendorState::Completed),
    ("imported", VendorState::Completed),
    ("canceled", VendorState::Cancelled),
    ("cancelled", VendorState::Cancelled),
    ("stopped", VendorState::Cancelled),
    ("aborted", VendorState::Failed),
];

const MAX_NAME: usize = 500;
const MAX_FACT: usize = 2000;
const MAX_TARGETS: usize = 20_000;
const MAX_PREVIEW_ROWS: usize = 200;
const NEVER_RUN: &str = "empty";

/// `None` for a word that is not known: the hub then keeps what it knew.
pub(super) fn state_of(raw: &str) -> Option<VendorState> {
    let word = raw.trim();
    STATUS_MAP.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, state)| *state)
}

/// The whole list without the trash, each scan once.
pub(super) fn observations(answer: &ScansAnswer, at: Timestamp) -> Vec<Observation> {
    let in_trash = |scan: &ListedScan| {
        answer.folders.iter().any(|folder| folder.kind == "trash" && Some(&folder.id) == scan.folder_id.as_ref())
    };
    let mut latest: std::collections::BTreeMap<&str, &ListedScan> = std::collections::BTreeMap::new();
    let mut order = Vec::new();
    for scan in answer.scans.iter().filter(|scan| !in_trash(scan)) {
        let id = scan.id.0.as_str();
        match latest.get(id) {
            None => {
                order.push(id);
                latest.insert(id, scan);
            }
            Some(known) if scan.last_modification_date > known.last_modification_date => {
                latest.insert(id, scan);
            }
            Some(_) => {}
        }
    }
    order.iter().filter_map(|id| latest.get(id)).map(|scan| listed(scan, &answer.folders, at)).collect()
}

fn listed(scan: &ListedScan, folders: &[Folder], at: Timestamp) -> Observation {
    let (name, token) = client_token::name_and_token(&scan.name, &scan.description, MAX_NAME);
    let mut seen = Observation::new(scan.id.0.clone(), name, at);
    seen.client_token = token;
    state_into(&mut seen, &scan.status, &scan.uuid);
    let mut facts = Facts(&mut seen.details);
    facts.text("owner", &scan.owner);
    facts.text("vendor_type", &scan.kind);
    let folder = folders.iter().find(|folder| Some(&folder.id) == scan.folder_id.as_ref());
    facts.text("folder", folder.map_or("", |folder| folder.name.as_str()));
    facts.flag("controllable", scan.control);
    if !scan.rrules.is_empty() || !scan.starttime.is_empty() {
        facts.set(
            "vendor_schedule",
            json!({
                "rule": fact(&scan.rrules),
                "start": fact(&scan.starttime),
                "time_zone": fact(&scan.timezone),
                "enabled": scan.enabled,
            }),
        );
    }
    facts.set("never_run", Value::Bool(scan.status.trim() == NEVER_RUN));
    seen
}

/// One scan in full.
pub(super) fn detailed(id: &str, answer: &DetailAnswer, scanners: &[Scanner], at: Timestamp) -> Observation {
    let info = &answer.info;
    let (name, token) = client_token::name_and_token(&info.name, &info.description, MAX_NAME);
    let mut seen = Observation::new(id, name, at);
    seen.client_token = token;
    state_into(&mut seen, &info.status, &info.uuid);
    let ran = info.status.trim() != NEVER_RUN;
    if let Some(hosts) = answer.hosts.as_ref().filter(|_| ran) {
        seen.progress = progress(hosts);
        seen.counts = Some(counts(hosts, answer));
        seen.asset_count = Some(hosts.len() as u64);
    }
    seen.started_at = info.scan_start.or(info.scanner_start).filter(|_| ran);
    if seen.state.is_some_and(VendorState::is_terminal) {
        seen.finished_at = info.scan_end.or(info.scanner_end);
    }
    if !info.targets.trim().is_empty() {
        seen.targets = Some(targets(&info.targets));
    }
    seen.sub_scanner =
        scanners.iter().find(|scanner| scanner.name == info.scanner_name).map(|scanner| scanner.id.0.clone());
    let mut facts = Facts(&mut seen.details);
    facts.text("policy", &info.policy);
    facts.text("owner", &info.owner);
    facts.text("scanner", &info.scanner_name);
    facts.text("vendor_type", &info.scan_type);
    facts.flag("controllable", info.control);
    facts.set("never_run", Value::Bool(!ran));
    seen
}

fn state_into(seen: &mut Observation, raw: &str, run: &str) {
    seen.state = state_of(raw);
    seen.raw_status = text::single_line(raw, 100);
    seen.scan_type = Some("vulnerability".to_owned());
    if raw.trim() != NEVER_RUN && !run.trim().is_empty() {
        seen.external_run_id = Some(text::single_line(run, 200));
    }
}

/// Nessus tells no percentage of a scan, only of each host it has begun.
fn progress(hosts: &[Host]) -> Option<f64> {
    let shares: Vec<f64> = hosts
        .iter()
        .filter(|host| host.scanprogresstotal > 0)
        .map(|host| host.scanprogresscurrent.min(host.scanprogresstotal) as f64 / host.scanprogresstotal as f64)
        .collect();
    if shares.is_empty() {
        return None;
    }
    let average = shares.iter().sum::<f64>() / shares.len() as f64;
    Some((average * 1000.0).round() / 10.0)
}

/// What the hosts say; where they say nothing, what the list of weaknesses says.
fn counts(hosts: &[Host], answer: &DetailAnswer) -> SeverityCounts {
    let mut counts = SeverityCounts::default();
    for host in hosts {
        counts.critical += host.critical;
        counts.high += host.high;
        counts.medium += host.medium;
        counts.low += host.low;
        counts.info += host.info;
    }
    if counts == SeverityCounts::default() {
        return counts_of_vulnerabilities(answer);
    }
    counts
}

fn counts_of_vulnerabilities(answer: &DetailAnswer) -> SeverityCounts {
    let mut counts = SeverityCounts::default();
    for vulnerability in &answer.vulnerabilities {
        counts.add(severity(vulnerability.severity), vulnerability.count);
    }
    counts
}

/// 0 to 4; levels above (up to 9 in the wire format) are not used by Nessus.
fn severity(level: u64) -> Severity {
    u8::try_from(level.min(4)).ok().and_then(Severity::from_rank).unwrap_or(Severity::Info)
}

fn targets(raw: &str) -> Vec<String> {
    raw.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|target| !target.is_empty())
        .take(MAX_TARGETS)
        .map(|target| text::single_line(target, 300))
        .collect()
}

pub(super) fn preview(answer: &DetailAnswer, at: Timestamp) -> LivePreview {
    let hosts = answer.hosts.as_deref().unwrap_or_default();
    let by_severity = counts(hosts, answer);
    let mut rows: Vec<PreviewRow> = answer
        .vulnerabilities
        .iter()
        .map(|row| PreviewRow {
            rule_id: row.plugin_id.0.clone(),
            title: text::single_line(&row.plugin_name, MAX_NAME),
            severity: severity(row.severity),
            family: Some(text::single_line(&row.plugin_family, 200)).filter(|family| !family.is_empty()),
            count: row.count,
        })
        .collect();
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.count.cmp(&a.count)).then(a.rule_id.cmp(&b.rule_id)));
    rows.truncate(MAX_PREVIEW_ROWS);
    LivePreview { hosts: hosts.len() as u64, vulnerabilities: by_severity.total(), by_severity, rows, observed_at: at }
}

/// Newest first.
pub(super) fn runs(history: &[HistoryEntry]) -> Vec<VendorRun> {
    let mut entries: Vec<&HistoryEntry> = history.iter().filter(|entry| !entry.uuid.trim().is_empty()).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.creation_date, numeric(&entry.history_id.0))));
    entries
        .iter()
        .map(|entry| {
            let state = state_of(&entry.status);
            let ended = state.is_some_and(VendorState::is_terminal);
            VendorRun {
                external_run_id: text::single_line(&entry.uuid, 200),
                state,
                raw_status: text::single_line(&entry.status, 100),
                started_at: entry.creation_date,
                finished_at: entry.last_modification_date.filter(|_| ended),
            }
        })
        .collect()
}

fn numeric(id: &str) -> u64 {
    id.parse().unwrap_or(0)
}

pub(super) fn templates(templates: &[EditorTemplate]) -> Vec<Template> {
    templates
        .iter()
        .map(|template| Template {
            id: template.uuid.clone(),
            name: text::single_line(if template.title.is_empty() { &template.name } else { &template.title }, MAX_NAME),
            description: fact(&template.desc),
        })
        .collect()
}

pub(super) fn sub_scanners(scanners: &[Scanner]) -> Vec<VendorSubScanner> {
    scanners
        .iter()
        .map(|scanner| VendorSubScanner {
            external_id: scanner.id.0.clone(),
            name: text::single_line(&scanner.name, MAX_NAME),
            status: fact(&scanner.status),
            version: fact(&scanner.engine_version),
        })
        .collect()
}

fn fact(raw: &str) -> Option<String> {
    Some(text::single_line(raw, MAX_FACT)).filter(|text| !text.is_empty())
}

/// Facts for the Config tab; what is empty is left out.
struct Facts<'a>(&'a mut Map<String, Value>);

impl Facts<'_> {
    fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn text(&mut self, name: &str, raw: &str) {
        if let Some(text) = fact(raw) {
            self.set(name, Value::String(text));
        }
    }

    fn flag(&mut self, name: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.set(name, Value::Bool(value));
        }
    }
}

#[cfg(test)]
mod tests;
