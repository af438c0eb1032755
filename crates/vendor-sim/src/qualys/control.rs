//! Launch, pause, resume, cancel and delete.
//!
//! A scan is deleted only when it is over, and steered only where its state allows it; that both are otherwise answered
//! with 409 and the code 1920 is a choice.

use axum::response::Response;

use super::answer::{Call, Refused};
use super::holdings::{APPLIANCES, EXTERNAL, GROUPS, PROFILES};
use super::state::{Order, Scan, State};
use crate::ledger::Action;
use crate::lifecycle::Execution;

const LAUNCH: [&str; 26] = [
    "scan_title",
    "option_id",
    "option_title",
    "ip",
    "asset_groups",
    "asset_group_ids",
    "exclude_ip_per_scan",
    "fqdn",
    "target_from",
    "tag_include_selector",
    "tag_exclude_selector",
    "tag_set_by",
    "tag_set_include",
    "tag_set_exclude",
    "use_ip_nt_range_tags",
    "iscanner_name",
    "iscanner_id",
    "default_scanner",
    "scanners_in_ag",
    "scanners_in_tagset",
    "scanners_in_network",
    "ip_network_id",
    "priority",
    "runtime_http_header",
    "client_id",
    "client_name",
];

pub(super) fn launch(call: &Call) -> Result<Response, Refused> {
    call.may_change_scans()?;
    call.only_parameters(&LAUNCH)?;
    let mut state = call.state();
    let title = call.parameter("scan_title").unwrap_or("N/A");
    let mut order = Order::new(title, state.access.username(), "");
    order.profile = profile(call)?;
    order.appliance = appliance(call)?;
    (order.target, order.groups) = target(call)?;
    if let Some(priority) = call.parameter("priority") {
        let number = priority.parse().ok().filter(|number| *number <= 9);
        order.priority = number.ok_or_else(|| Refused::invalid("priority", priority, "must be 0 to 9"))?;
    }
    let reference = state.launch(order, call.now);
    let number = state.scans.get(&reference).map_or(0, |scan| scan.number);
    drop(state);
    call.effect(Action::Create, &reference, None);
    call.effect(Action::Launch, &reference, None);
    Ok(call.simple("New vm scan launched", &[("ID", &number.to_string()), ("REFERENCE", &reference)]))
}

fn profile(call: &Call) -> Result<u32, Refused> {
    let found = match (call.parameter("option_id"), call.parameter("option_title")) {
        (None, None) => return Err(Refused::need_one_of("option_id, option_title")),
        (Some(_), Some(_)) => return Err(Refused::only_one_of("option_id, option_title")),
        (Some(id), None) => (PROFILES.iter().find(|profile| profile.id.to_string() == id), "option_id", id),
        (None, Some(title)) => (PROFILES.iter().find(|profile| profile.title == title), "option_title", title),
    };
    let (profile, name, value) = found;
    profile.map(|profile| profile.id).ok_or_else(|| Refused::invalid(name, value, "no such option profile"))
}

/// By default the vendor's own scanners do the work.
fn appliance(call: &Call) -> Result<&'static str, Refused> {
    let choices = ["iscanner_name", "iscanner_id", "default_scanner", "scanners_in_ag"];
    let given: Vec<(&str, &str)> =
        choices.iter().filter_map(|name| call.parameter(name).map(|value| (*name, value))).collect();
    match given.as_slice() {
        [] => Ok(EXTERNAL),
        [("iscanner_name", EXTERNAL)] => Ok(EXTERNAL),
        [(name @ ("iscanner_name" | "iscanner_id"), value)] => {
            let fits =
                |id: u32, title: &str| if *name == "iscanner_id" { id.to_string() == *value } else { title == *value };
            let appliance = APPLIANCES.iter().find(|appliance| fits(appliance.id, appliance.name));
            let appliance = appliance.ok_or_else(|| Refused::invalid(name, value, "no such scanner appliance"))?;
            Ok(appliance.name)
        }
        [(name, _)] => match call.switch(name, false)? {
            true => Ok(APPLIANCES.first().map_or(EXTERNAL, |appliance| appliance.name)),
            false => Ok(EXTERNAL),
        },
        _ => Err(Refused::only_one_of(&choices.join(", "))),
    }
}

/// Addresses to scan, and the titles of the groups they are of.
fn target(call: &Call) -> Result<(String, Vec<&'static str>), Refused> {
    if call.parameter("target_from") == Some("tags") {
        return Err(Refused::invalid("target_from", "tags", "this simulator has no tags"));
    }
    let mut parts: Vec<String> = Vec::new();
    parts.extend(["ip", "fqdn"].iter().filter_map(|name| call.parameter(name)).map(str::to_owned));
    let mut groups = Vec::new();
    for name in ["asset_groups", "asset_group_ids"] {
        for wanted in call.parameter(name).into_iter().flat_map(|list| list.split(',')).map(str::trim) {
            let group = GROUPS.iter().find(|group| group.title == wanted || group.id.to_string() == wanted);
            let group = group.ok_or_else(|| Refused::invalid(name, wanted, "no such asset group"))?;
            parts.push(group.addresses.to_owned());
            groups.push(group.title);
        }
    }
    if parts.is_empty() {
        return Err(Refused::need_one_of("ip, asset_groups, asset_group_ids, fqdn"));
    }
    Ok((parts.join(","), groups))
}

pub(super) fn known<'a>(state: &'a mut State, call: &Call) -> Result<&'a mut Scan, Refused> {
    let reference = call.needed("scan_ref")?;
    state.scans.get_mut(reference).ok_or_else(|| Refused::invalid("scan_ref", reference, "no such scan"))
}

pub(super) fn steer(call: &Call, verb: &str) -> Result<Response, Refused> {
    call.may_change_scans()?;
    call.only_parameters(&["scan_ref"])?;
    let mut state = call.state();
    let scan = known(&mut state, call)?;
    let (reference, word) = (scan.reference.clone(), scan.state(call.now));
    let blocked = || Refused::blocked(format!("The scan {reference} cannot be {verb}d while it is {word}."));
    if verb == "delete" {
        if !scan.execution.phase().is_over() {
            return Err(blocked());
        }
        state.scans.remove(&reference);
        call.effect(Action::Delete, &reference, None);
        return Ok(call.simple("Deleting scan", &[("ID", &reference)]));
    }
    let (action, step, text): (Action, fn(&mut Execution, _) -> _, &str) = match verb {
        "pause" => (Action::Pause, Execution::pause, "Pausing scan"),
        "resume" => (Action::Resume, Execution::resume, "Resuming scan"),
        _ => (Action::Stop, Execution::stop, "Canceling scan"),
    };
    step(&mut scan.execution, call.now).map_err(|_| blocked())?;
    scan.before_action = Some(word);
    call.effect(action, &reference, None);
    Ok(call.simple(text, &[("ID", &reference)]))
}
