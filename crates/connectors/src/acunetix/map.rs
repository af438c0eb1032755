//! From Acunetix' words to the hub's, and nowhere else. Pure.

use scanhelm_core::scan::Observation;
use scanhelm_core::status::VendorState;
use scanhelm_core::{Severity, SeverityCounts, Timestamp, text};
use serde_json::{Map, Value, json};

use super::model::{Counts, Profile, Scan, ScanResult, Session, VulnerabilityKind, Worker};
use crate::client_token::{marked, without_mark};
use crate::contract::{LivePreview, PreviewRow, Template, VendorRun, VendorSubScanner};

/// Every word that is known; one on its way to a state is still what it was.
pub(super) const STATUS_MAP: &[(&str, VendorState)] = &[
    ("scheduled", VendorState::Queued),
    ("queued", VendorState::Queued),
    ("starting", VendorState::Queued),
    ("processing", VendorState::Running),
    ("resuming", VendorState::Running),
    ("pausing", VendorState::Running),
    ("aborting", VendorState::Running),
    ("paused", VendorState::Paused),
    ("aborted", VendorState::Cancelled),
    ("completed", VendorState::Completed),
    ("failed", VendorState::Failed),
];

const MAX_NAME: usize = 500;
const MAX_FACT: usize = 2000;
const MAX_PREVIEW_ROWS: usize = 200;
/// A description holds 1024 characters; the mark must not be cut off.
const MAX_DESCRIPTION: usize = 800;
/// Waits for its time or its trigger.
const SCHEDULED: &str = "scheduled";

/// `None` for a word that is not known: the hub then keeps what it knew.
pub(super) fn state_of(raw: &str) -> Option<VendorState> {
    let word = raw.trim();
    STATUS_MAP.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, state)| *state)
}

/// The id of the session that a scan shows, when it has begun.
pub(super) fn run_of(scan: &Scan) -> Option<String> {
    let session = scan.current_session.as_ref()?;
    let begun = !session.status.trim().eq_ignore_ascii_case(SCHEDULED) && !session.scan_session_id.trim().is_empty();
    begun.then(|| text::single_line(&session.scan_session_id, 200))
}

pub(super) fn observation(scan: &Scan, at: Timestamp) -> Observation {
    let (description, token) = without_mark(&scan.target.description, MAX_NAME);
    let address = text::single_line(&scan.target.address, MAX_NAME);
    let name = if description.is_empty() { address.clone() } else { description };
    let mut seen = Observation::new(scan.scan_id.0.clone(), name, at);
    seen.client_token = token;
    seen.scan_type = Some("dast".to_owned());
    seen.external_run_id = run_of(scan);
    match &scan.current_session {
        Some(session) => session_into(&mut seen, session),
        // Made and never started.
        None => seen.state = Some(VendorState::Queued),
    }
    if !address.is_empty() {
        seen.targets = Some(vec![address]);
    }
    let never_run = seen.external_run_id.is_none();
    let mut facts = Facts(&mut seen.details);
    facts.text("policy", &scan.profile_name);
    facts.text("target_id", &scan.target_id);
    facts.text("next_run", &scan.next_run);
    facts.set("incremental", Value::Bool(scan.incremental));
    if !scan.schedule.recurrence.is_empty() || !scan.schedule.start_date.is_empty() {
        let schedule = json!({
            "rule": fact(&scan.schedule.recurrence),
            "start": fact(&scan.schedule.start_date),
            "enabled": !scan.schedule.disable,
        });
        facts.set("vendor_schedule", schedule);
    }
    facts.set("never_run", Value::Bool(never_run));
    seen
}

fn session_into(seen: &mut Observation, session: &Session) {
    seen.state = state_of(&session.status);
    seen.raw_status = text::single_line(&session.status, 100);
    if seen.external_run_id.is_none() {
        return;
    }
    seen.progress = progress(session, seen.state);
    seen.counts = session.severity_counts.as_ref().map(counts);
    seen.asset_count = Some(1);
    seen.started_at = session.start_date;
}

/// Version 24 says 0 until the end, which is no progress but silence.
fn progress(session: &Session, state: Option<VendorState>) -> Option<f64> {
    match (state, session.progress) {
        (Some(VendorState::Completed), _) => Some(100.0),
        (_, 0) => None,
        (_, percent) => Some(percent.min(100) as f64),
    }
}

pub(super) fn counts(counts: &Counts) -> SeverityCounts {
    SeverityCounts {
        critical: counts.critical,
        high: counts.high,
        medium: counts.medium,
        low: counts.low,
        info: counts.info,
    }
}

/// 0 to 4.
fn severity(level: u64) -> Severity {
    u8::try_from(level.min(4)).ok().and_then(Severity::from_rank).unwrap_or(Severity::Info)
}

pub(super) fn preview(scan: &Scan, kinds: &[VulnerabilityKind], at: Timestamp) -> LivePreview {
    let by_severity = scan
        .current_session
        .as_ref()
        .and_then(|session| session.severity_counts.as_ref())
        .map(counts)
        .unwrap_or_default();
    let mut rows: Vec<PreviewRow> = kinds
        .iter()
        .map(|kind| PreviewRow {
            rule_id: kind.vt_id.0.clone(),
            title: text::single_line(&kind.name, MAX_NAME),
            severity: severity(kind.severity),
            family: None,
            count: kind.count,
        })
        .collect();
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.count.cmp(&a.count)).then(a.rule_id.cmp(&b.rule_id)));
    rows.truncate(MAX_PREVIEW_ROWS);
    let hosts = u64::from(run_of(scan).is_some());
    LivePreview { hosts, vulnerabilities: by_severity.total(), by_severity, rows, observed_at: at }
}

/// Newest first. What only waits for its time is no run yet.
pub(super) fn runs(results: &[ScanResult]) -> Vec<VendorRun> {
    let mut results: Vec<&ScanResult> =
        results.iter().filter(|result| !result.status.trim().eq_ignore_ascii_case(SCHEDULED)).collect();
    results.sort_by_key(|result| std::cmp::Reverse((result.start_date, result.end_date)));
    results
        .iter()
        .map(|result| {
            let state = state_of(&result.status);
            let ended = state.is_some_and(VendorState::is_terminal);
            VendorRun {
                external_run_id: result.result_id.0.clone(),
                state,
                raw_status: text::single_line(&result.status, 100),
                started_at: result.start_date,
                finished_at: result.end_date.filter(|_| ended),
            }
        })
        .collect()
}

pub(super) fn templates(profiles: &[Profile]) -> Vec<Template> {
    profiles
        .iter()
        .map(|profile| Template {
            id: profile.profile_id.0.clone(),
            name: text::single_line(&profile.name, MAX_NAME),
            description: None,
        })
        .collect()
}

pub(super) fn sub_scanners(workers: &[Worker]) -> Vec<VendorSubScanner> {
    workers
        .iter()
        .map(|worker| {
            let id = worker.worker_id.0.as_str();
            let name = [worker.description.as_str(), &worker.endpoint, id].into_iter().find_map(fact);
            // An engine that nobody has accepted cannot scan, whether it answers or not.
            let accepted = matches!(worker.authorization.as_str(), "" | "authorized");
            VendorSubScanner {
                external_id: id.to_owned(),
                name: name.unwrap_or_default(),
                status: fact(if accepted { &worker.status } else { &worker.authorization }),
                version: fact(&worker.app_version),
            }
        })
        .collect()
}

/// A scan has no name of its own; the description of the target that is made for it carries name and token.
pub(super) fn description(name: &str, token: &str) -> String {
    marked(&text::single_line(name, MAX_DESCRIPTION), token)
}

pub(super) fn fact(raw: &str) -> Option<String> {
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
}

#[cfg(test)]
mod tests;
