//! `/fo/scan/`: the list of scans, and which action goes where.

use axum::response::Response;

use super::answer::{Call, Refused, xml};
use super::document::{Document, datetime};
use super::state::Scan;
use super::{control, fetch, holdings};
use crate::clock::Moment;

const WINDOW_SECONDS: f64 = 30.0 * 86_400.0;
const STATES: [&str; 7] = ["Running", "Paused", "Canceled", "Finished", "Error", "Queued", "Loading"];
const KINDS: [&str; 3] = ["On-Demand", "Scheduled", "API"];
const PARAMETERS: [&str; 16] = [
    "scan_ref",
    "scan_id",
    "state",
    "processed",
    "type",
    "target",
    "user_login",
    "launched_after_datetime",
    "launched_before_datetime",
    "scan_type",
    "client_id",
    "client_name",
    "show_ags",
    "show_op",
    "show_status",
    "show_last",
];

pub(super) fn act(call: &Call) -> Result<Response, Refused> {
    match call.needed("action")? {
        "list" => list(call),
        "fetch" => fetch::fetch(call),
        "launch" => control::launch(call),
        action @ ("pause" | "resume" | "cancel" | "delete") => control::steer(call, action),
        other => Err(Refused::invalid("action", other, "no action of scans")),
    }
}

/// What of each scan is shown.
struct Shown {
    groups: bool,
    profile: bool,
    status: bool,
    target: bool,
}

/// Without a window or a reference, the scans launched in the last thirty days.
fn list(call: &Call) -> Result<Response, Refused> {
    let mut known = PARAMETERS.to_vec();
    known.push("ignore_target");
    call.only_parameters(&known)?;
    let shown = Shown {
        groups: call.switch("show_ags", false)?,
        profile: call.switch("show_op", false)?,
        status: call.switch("show_status", true)?,
        target: !call.switch("ignore_target", false)?,
    };
    let latest_only = call.switch("show_last", false)?;
    let processed = call.parameter("processed").map(|_| call.switch("processed", true)).transpose()?;
    let reference = call.parameter("scan_ref");
    let usual = if reference.is_none() { Some(call.now.plus(-WINDOW_SECONDS)) } else { None };
    let after = call.moment("launched_after_datetime")?.or(usual);
    let before = call.moment("launched_before_datetime")?;
    let states = chosen(call, "state", &STATES)?;
    let kinds = chosen(call, "type", &KINDS)?;

    let state = call.state();
    let fits = |scan: &&Scan| {
        reference.is_none_or(|reference| reference == scan.reference)
            && after.is_none_or(|after| scan.execution.created >= after)
            && before.is_none_or(|before| scan.execution.created <= before)
            && states.as_ref().is_none_or(|states| states.contains(&scan.state(call.now)))
            && kinds.as_ref().is_none_or(|kinds| kinds.contains(&scan.kind))
            && processed.is_none_or(|processed| processed == scan.is_processed(call.now))
            && call.parameter("user_login").is_none_or(|user| user == scan.user)
            && call.parameter("target").is_none_or(|target| scan.target.contains(target))
    };
    let mut scans: Vec<&Scan> = state.scans.values().filter(fits).collect();
    scans.sort_by_key(|scan| (std::cmp::Reverse(scan.execution.created), scan.number));
    if latest_only {
        scans.truncate(1);
    }
    let mut document = call.document("SCAN_LIST_OUTPUT");
    if !scans.is_empty() {
        document.open("SCAN_LIST");
        for scan in scans {
            write(&mut document, scan, &shown, call.now);
        }
        document.close("SCAN_LIST");
    }
    Ok(xml(document.finish()))
}

/// A comma-separated choice among words.
fn chosen<'a>(call: &'a Call, name: &str, words: &[&str]) -> Result<Option<Vec<&'a str>>, Refused> {
    let Some(value) = call.parameter(name) else { return Ok(None) };
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    match parts.iter().find(|part| !words.contains(part)) {
        Some(strange) => Err(Refused::invalid(name, strange, &format!("must be of {}", words.join(", ")))),
        None => Ok(Some(parts)),
    }
}

fn write(document: &mut Document, scan: &Scan, shown: &Shown, now: Moment) {
    document.open("SCAN");
    document.text("REF", &scan.reference);
    document.text("TYPE", scan.kind);
    document.cdata("TITLE", &scan.title);
    document.text("USER_LOGIN", &scan.user);
    document.text("LAUNCH_DATETIME", &datetime(scan.execution.created));
    document.text("DURATION", &scan.duration(now));
    document.text("PROCESSING_PRIORITY", &priority(scan.priority));
    document.flag("PROCESSED", scan.is_processed(now));
    if shown.status {
        document.open("STATUS");
        document.text("STATE", scan.state(now));
        if let Some(sub_state) = scan.sub_state(now) {
            document.text("SUB_STATE", sub_state);
        }
        document.close("STATUS");
    }
    if shown.target {
        document.cdata("TARGET", &scan.target.replace(',', ", ").replace(",  ", ", "));
    }
    if shown.groups && !scan.groups.is_empty() {
        document.open("ASSET_GROUP_TITLE_LIST");
        for group in &scan.groups {
            document.cdata("ASSET_GROUP_TITLE", group);
        }
        document.close("ASSET_GROUP_TITLE_LIST");
    }
    if shown.profile
        && let Some(profile) = holdings::profile(scan.profile)
    {
        document.open("OPTION_PROFILE");
        document.cdata("TITLE", profile.title);
        document.flag("DEFAULT_FLAG", profile.default);
        document.close("OPTION_PROFILE");
    }
    document.close("SCAN");
}

fn priority(number: u8) -> String {
    match number {
        0 => "0 - No Priority".to_owned(),
        number => format!("{number} - {}", if number < 5 { "High" } else { "Low" }),
    }
}
