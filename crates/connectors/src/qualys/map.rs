//! From Qualys' words to the hub's, and nowhere else. Pure.
//!
//! A Qualys scan is one run: launching makes a new scan with a reference of its own, also when a schedule does it. So
//! the reference is the scan's id and its run's id.

use std::net::IpAddr;
use std::time::Duration;

use scanhelm_core::scan::Observation;
use scanhelm_core::status::VendorState;
use scanhelm_core::{Timestamp, text};
use serde_json::{Value, json};

use super::model::{Appliance, ListedScan, OptionProfile};
use crate::client_token::name_and_token;
use crate::contract::{Template, VendorSubScanner};

/// The words that Qualys takes as a filter of states, and the other spelling that its clients check for.
pub(super) const STATUS_MAP: &[(&str, VendorState)] = &[
    ("Queued", VendorState::Queued),
    ("Running", VendorState::Running),
    ("Loading", VendorState::Running),
    ("Paused", VendorState::Paused),
    ("Finished", VendorState::Completed),
    ("Canceled", VendorState::Cancelled),
    ("Cancelled", VendorState::Cancelled),
    ("Error", VendorState::Failed),
];

pub(super) const MAX_NAME: usize = 500;
const MAX_FACT: usize = 2000;
const MAX_TARGETS: usize = 20_000;

/// The form of a reference of a vulnerability scan, `scan/1618144745.78096`. What has another form is none.
pub(super) fn is_reference(id: &str) -> bool {
    let number = id.strip_prefix("scan/");
    number.is_some_and(|number| {
        (1..=60).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

/// `None` for a word that is not known: the hub then keeps what it knew.
pub(super) fn state_of(scan: &ListedScan) -> Option<VendorState> {
    let word = scan.status.state.trim();
    let state = STATUS_MAP.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, state)| *state);
    // The scanner has ended, the platform is still taking its results in. Where no host was there, there are none.
    if state == Some(VendorState::Completed) && is_unprocessed(scan) { Some(VendorState::Running) } else { state }
}

/// The scanner has ended, whether its results are processed or not: there is nothing to cancel.
pub(super) fn has_ended(scan: &ListedScan) -> bool {
    scan.status.state.trim().eq_ignore_ascii_case("finished")
}

fn is_unprocessed(scan: &ListedScan) -> bool {
    let processed = scan.processed.as_deref().map(str::trim);
    processed == Some("0") && !scan.status.sub_state.trim().eq_ignore_ascii_case("no_host")
}

pub(super) fn observation(scan: &ListedScan, at: Timestamp) -> Observation {
    let (name, token) = name_and_token(&scan.title, "", MAX_NAME);
    let reference = text::single_line(&scan.reference, 200);
    let nameless = name.is_empty() || name == "N/A";
    let mut seen = Observation::new(reference.clone(), if nameless { reference.clone() } else { name }, at);
    seen.client_token = token;
    seen.state = state_of(scan);
    seen.external_run_id = Some(reference);
    seen.scan_type = Some("vulnerability".to_owned());
    let word = text::single_line(&scan.status.state, 100);
    let processing = seen.state == Some(VendorState::Running) && is_unprocessed(scan);
    seen.raw_status = if processing { format!("{word} (PROCESSED=0)") } else { word };
    seen.started_at = Timestamp::parse(&scan.launch_datetime);
    if seen.state == Some(VendorState::Completed) {
        seen.progress = Some(100.0);
    }
    if seen.state.is_some_and(VendorState::is_terminal) {
        seen.finished_at = seen.started_at.zip(duration(&scan.duration)).map(|(start, lasted)| start.plus(lasted));
    }
    let targets = targets(&scan.target);
    seen.targets = (!targets.is_empty()).then_some(targets);
    for (name, fact) in [
        ("owner", &scan.user_login),
        ("vendor_type", &scan.kind),
        ("sub_state", &scan.status.sub_state),
        ("processing_priority", &scan.processing_priority),
        ("client", &scan.client.as_ref().map(|client| client.name.clone()).unwrap_or_default()),
        ("policy", &scan.option_profile.as_ref().map(|profile| profile.title.clone()).unwrap_or_default()),
    ] {
        let fact = text::single_line(fact, MAX_FACT);
        if !fact.is_empty() {
            seen.details.insert(name.to_owned(), Value::String(fact));
        }
    }
    let groups: Vec<String> =
        scan.asset_group_title_list.titles.iter().take(200).map(|title| text::single_line(title, 300)).collect();
    if !groups.is_empty() {
        seen.details.insert("asset_groups".to_owned(), json!(groups));
    }
    // Nothing takes the note away again.
    let note = "The scan has ended; Qualys is still processing its results.";
    seen.details.insert("processing".to_owned(), if processing { json!(note) } else { Value::Null });
    seen
}

/// `00:29:43` or `2 days 04:29:11`; `None` for the words `Pending` and `Running`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (days, clock) = match text.trim().split_once(" day") {
        Some((days, rest)) => (days.trim().parse::<u64>().ok()?, rest.trim_start_matches('s').trim()),
        None => (0, text.trim()),
    };
    let parts: Vec<u64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    let clock = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(*seconds)?;
    days.checked_mul(86_400)?.checked_add(clock).map(Duration::from_secs)
}

fn targets(raw: &str) -> Vec<String> {
    raw.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|target| !target.is_empty())
        .take(MAX_TARGETS)
        .map(|target| text::single_line(target, 300))
        .collect()
}

/// The targets that Qualys wants as addresses, and those that it wants as names.
pub(super) fn addresses_and_names(targets: &[String]) -> (Vec<&str>, Vec<&str>) {
    let is_address = |target: &&str| {
        let mut parts = target.split(['-', '/']);
        parts.next().is_some_and(|first| first.parse::<IpAddr>().is_ok())
    };
    targets.iter().map(|target| target.trim()).filter(|target| !target.is_empty()).partition(is_address)
}

pub(super) fn templates(profiles: &[OptionProfile]) -> Vec<Template> {
    profiles
        .iter()
        .map(|profile| Template {
            id: text::single_line(&profile.basic.id, 100),
            name: text::single_line(&profile.basic.group_name, MAX_NAME),
            description: is_default(profile).then(|| "The default option profile of the account.".to_owned()),
        })
        .collect()
}

pub(super) fn is_default(profile: &OptionProfile) -> bool {
    profile.basic.is_default.trim() == "1"
}

pub(super) fn sub_scanners(appliances: &[Appliance]) -> Vec<VendorSubScanner> {
    let fact = |raw: &str| Some(text::single_line(raw, 200)).filter(|text| !text.is_empty());
    appliances
        .iter()
        .map(|appliance| VendorSubScanner {
            external_id: text::single_line(&appliance.id, 100),
            name: text::single_line(&appliance.name, MAX_NAME),
            status: fact(&appliance.status),
            version: fact(&appliance.software_version),
        })
        .collect()
}

#[cfg(test)]
mod tests;
