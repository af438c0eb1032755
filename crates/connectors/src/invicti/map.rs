//! From Invicti's words to the hub's, and nowhere else. Pure.

use scanhelm_core::scan::Observation;
use scanhelm_core::status::VendorState;
use scanhelm_core::{SeverityCounts, Timestamp, text};
use serde_json::{Value, json};

use super::model::{Agent, Policy, ScanTask};
use crate::client_token;
use crate::contract::{LivePreview, Template, VendorSubScanner};

/// `ScanTaskState`. A scan on its way to a state is still what it was; one that is being archived has ended at the
/// target but its results are not whole yet.
pub(super) const STATUS_MAP: &[(&str, VendorState)] = &[
    ("Queued", VendorState::Queued),
    ("Delayed", VendorState::Queued),
    ("Scanning", VendorState::Running),
    ("Pausing", VendorState::Running),
    ("Resuming", VendorState::Running),
    ("Archiving", VendorState::Running),
    ("AsyncArchiving", VendorState::Running),
    ("Paused", VendorState::Paused),
    ("Complete", VendorState::Completed),
    ("Failed", VendorState::Failed),
    ("Cancelled", VendorState::Cancelled),
];

const MAX_NAME: usize = 500;
const MAX_FACT: usize = 2000;
const MAX_TARGETS: usize = 1000;

/// `None` for a word that is not known: the hub then keeps what it knew.
pub(super) fn state_of(raw: &str) -> Option<VendorState> {
    let word = raw.trim();
    STATUS_MAP.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, state)| *state)
}

pub(super) fn observation(task: &ScanTask, at: Timestamp) -> Observation {
    let (name, token) = name_and_token(task);
    let mut seen = Observation::new(task.id.0.clone(), name, at);
    seen.client_token = token;
    seen.state = state_of(&task.state);
    seen.raw_status = text::single_line(&task.state, 100);
    seen.scan_type = Some("dast".to_owned());
    // A scan runs once: scanning again makes another scan.
    seen.external_run_id = Some(task.id.0.clone());
    seen.progress = task.percentage;
    seen.counts = counts(task);
    seen.asset_count = Some(1);
    let waits = seen.state == Some(VendorState::Queued);
    seen.started_at = task.initiated.filter(|_| !waits);
    if seen.state.is_some_and(VendorState::is_terminal) {
        seen.finished_at = task.state_changed;
    }
    let targets = targets(task);
    seen.targets = (!targets.is_empty()).then_some(targets);
    seen.sub_scanner = fact(&task.agent_id);
    let profile = task.scan_task_profile.as_ref().map_or("", |profile| profile.name.as_str());
    let failure = [&task.failure_reason_string, &task.failure_reason_description, &task.failure_reason];
    let failure = failure.into_iter().find(|reason| !reason.is_empty() && *reason != "None");
    let comments = client_token::without_mark(&task.comments, MAX_FACT).0;
    for (name, raw) in [
        ("website", task.website_name.as_str()),
        ("website_url", &task.website_url),
        ("policy", &task.policy_name),
        ("report_policy", &task.report_policy_name),
        ("profile", &client_token::without_mark(profile, MAX_FACT).0),
        ("scope", &task.scope),
        ("vendor_type", &task.scan_type),
        ("phase", &task.phase),
        ("owner", &task.user_name),
        ("agent", &task.agent_name),
        ("vendor_schedule", &task.scheduled_scan_id),
        ("threat_level", &task.threat_level),
        ("comments", &comments),
        ("failure", failure.map_or("", String::as_str)),
    ] {
        if let Some(value) = fact(raw) {
            seen.details.insert(name.to_owned(), Value::String(value));
        }
    }
    seen
}

/// A scan has no name of its own. One that was made from here has it in its comments, or in the name of the profile
/// that pins it to an agent; others are called by their website.
fn name_and_token(task: &ScanTask) -> (String, Option<String>) {
    let profile = task.scan_task_profile.as_ref().map_or("", |profile| profile.name.as_str());
    for carrier in [task.comments.as_str(), profile] {
        let (name, token) = client_token::without_mark(carrier, MAX_NAME);
        if token.is_some() {
            return (name, token);
        }
    }
    let website = if task.website_name.trim().is_empty() { &task.target_url } else { &task.website_name };
    let name = match task.scan_type.as_str() {
        "" | "Full" => website.clone(),
        kind => format!("{website} ({kind})"),
    };
    (text::single_line(&name, MAX_NAME), None)
}

/// Of this scan, not of its website (`Global...`). Best practices are told apart at the vendor only.
pub(super) fn counts(task: &ScanTask) -> Option<SeverityCounts> {
    let all = [
        task.vulnerability_critical_count,
        task.vulnerability_high_count,
        task.vulnerability_medium_count,
        task.vulnerability_low_count,
        task.vulnerability_info_count,
        task.vulnerability_best_practice_count,
    ];
    all.iter().any(Option::is_some).then(|| {
        let [critical, high, medium, low, info, best_practice] = all.map(Option::unwrap_or_default);
        SeverityCounts { critical, high, medium, low, info: info + best_practice }
    })
}

fn targets(task: &ScanTask) -> Vec<String> {
    std::iter::once(&task.target_url)
        .chain(task.additional_websites.iter().map(|website| &website.target_url))
        .take(MAX_TARGETS)
        .filter_map(|target| fact(target))
        .collect()
}

/// The service shows what a running scan has found only as titles without a severity, so the preview has the numbers
/// and no rows.
pub(super) fn preview(task: &ScanTask, at: Timestamp) -> LivePreview {
    let by_severity = counts(task).unwrap_or_default();
    LivePreview { hosts: 1, vulnerabilities: by_severity.total(), by_severity, rows: Vec::new(), observed_at: at }
}

/// What the reader of the report cannot learn from the report: when the scan was, what it asked, and of what part of
/// the site. By the vendor's own names; see `invicti` in `formats`.
pub(super) fn facts_for_the_reader(task: &ScanTask) -> Value {
    let profile = task.scan_task_profile.as_ref().map_or("", |profile| profile.name.as_str());
    json!({
        "ScanType": fact(&task.scan_type),
        "Scope": fact(&task.scope),
        "TargetUrl": fact(&task.target_url),
        "PolicyName": fact(&task.policy_name),
        // Without the mark, which is another for every scan.
        "ProfileName": Some(client_token::without_mark(profile, MAX_FACT).0).filter(|name| !name.is_empty()),
        "AuthenticationProfileId": fact(&task.authentication_profile_id),
        "Initiated": task.initiated.map(|at| at.to_string()),
        "StateChanged": task.state_changed.map(|at| at.to_string()),
    })
}

pub(super) fn templates(policies: &[Policy]) -> Vec<Template> {
    policies
        .iter()
        .map(|policy| Template {
            id: policy.id.0.clone(),
            name: text::single_line(&policy.name, MAX_NAME),
            description: fact(&policy.description),
        })
        .collect()
}

pub(super) fn sub_scanners(agents: &[Agent]) -> Vec<VendorSubScanner> {
    agents
        .iter()
        .map(|agent| VendorSubScanner {
            external_id: agent.id.0.clone(),
            name: text::single_line(&agent.name, MAX_NAME),
            status: fact(&agent.state),
            version: fact(&agent.version),
        })
        .collect()
}

fn fact(raw: &str) -> Option<String> {
    Some(text::single_line(raw, MAX_FACT)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
