//! `/rest/scan`: the scan definitions.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::TenableSc;
use super::answer::{Answer, Call, Refused, Said, body};
use super::holdings;
use super::state::{Definition, State};
use super::wire::{Parameters, both_lists, chosen, related, relation, text};
use crate::clock::Moment;
use crate::ledger::Action;
use crate::schedule::Schedule;

/// Of a list, when no others are asked for; `status` is a flag of the definition and says nothing about runs.
const USUAL: Option<&[&str]> = Some(&["name", "description", "status"]);
const SCHEDULE_KINDS: [&str; 6] = ["never", "template", "now", "ical", "dependent", "rollover"];
/// Settings that are kept as they come, and what they are when they do not.
const OPTIONS: [(&str, &str); 9] = [
    ("dhcpTracking", "false"),
    ("classifyMitigatedAge", "0"),
    ("emailOnLaunch", "false"),
    ("emailOnFinish", "false"),
    ("timeoutAction", "import"),
    ("scanningVirtualHosts", "false"),
    ("rolloverType", "template"),
    ("maxScanTime", "3600"),
    ("inactivityTimeout", "3600"),
];

pub(super) fn routes() -> Router<Arc<TenableSc>> {
    Router::new()
        .route("/rest/scan", get(list).post(create))
        .route("/rest/scan/{id}", get(one).patch(edit).delete(delete))
        .route("/rest/scan/{id}/copy", post(copy))
}

pub(super) fn user(name: &str) -> Value {
    json!({ "id": "2", "username": name, "firstname": name, "lastname": "" })
}

pub(super) fn group() -> Value {
    json!({ "id": "0", "name": "Full Access", "description": "Full Access group" })
}

fn whole(definition: &Definition) -> Value {
    let policy = holdings::policy(definition.policy).map(|policy| {
        json!({
            "id": text(policy.id), "context": "", "name": policy.name, "description": policy.description, "tags": "",
            "owner": user(&definition.owner), "ownerGroup": group(),
        })
    });
    let assets: Vec<Value> = definition
        .assets
        .iter()
        .map(|id| holdings::entry_relation(holdings::asset(*id).map(|asset| &asset.entry)))
        .collect();
    let schedule = &definition.schedule;
    let zoned = |start: &String| match &schedule.timezone {
        Some(zone) => format!("TZID={zone}:{start}"),
        None => start.clone(),
    };
    let mut answer = json!({
        "id": text(definition.id),
        "uuid": definition.uuid,
        "name": definition.name,
        "description": definition.description,
        "ipList": definition.ip_list,
        "type": "policy",
        "status": "0",
        "createdTime": text(definition.created.epoch_seconds()),
        "modifiedTime": text(definition.modified.epoch_seconds()),
        "reports": [],
        "assets": assets,
        "credentials": [],
        "numDependents": "0",
        "schedule": {
            "id": text(50 + definition.id),
            "objectType": "scan",
            "type": definition.schedule_kind,
            "start": schedule.starttime.as_ref().map(zoned).unwrap_or_default(),
            "repeatRule": schedule.rrules.clone().unwrap_or_default(),
            "nextRun": schedule.next().map_or(0, Moment::epoch_seconds),
        },
        "policy": policy.unwrap_or_else(|| relation(None)),
        "policyPrefs": [{ "name": "safe_checks", "value": "yes" }],
        "repository": holdings::entry_relation(holdings::repository(definition.repository)),
        "canUse": "true",
        "canManage": "true",
        "plugin": relation(None),
        "zone": holdings::entry_relation(definition.zone.and_then(holdings::zone)),
        "ownerGroup": group(),
        "creator": user(&definition.owner),
        "owner": user(&definition.owner),
    });
    if let Value::Object(fields) = &mut answer {
        for (name, usual) in OPTIONS {
            let value = definition.options.get(name).cloned().unwrap_or_else(|| Value::from(usual));
            fields.insert(name.to_owned(), value);
        }
    }
    answer
}

async fn list(call: Call, Query(parameters): Query<Parameters>) -> Answer {
    call.may_read_scans()?;
    let state = call.state();
    let rows = state.definitions.values().map(|definition| chosen(whole(definition), &parameters, USUAL)).collect();
    Ok(both_lists(rows, &parameters).into())
}

fn known<'a>(state: &'a mut State, verb: &str, id: &str) -> Answer<&'a mut Definition> {
    let number = id.parse().ok();
    number.and_then(|id: i64| state.definitions.get_mut(&id)).ok_or_else(|| Refused::missing(verb, "Scan", id))
}

async fn one(call: Call, Path(id): Path<String>, Query(parameters): Query<Parameters>) -> Answer {
    call.may_read_scans()?;
    let mut state = call.state();
    let definition = known(&mut state, "view", &id)?;
    Ok(chosen(whole(definition), &parameters, None).into())
}

/// A setting that names something that must exist.
fn existing(order: &Map<String, Value>, name: &str, exists: fn(i64) -> bool) -> Answer<Option<i64>> {
    let Some(value) = order.get(name) else { return Ok(None) };
    let id = related(Some(value)).filter(|id| exists(*id));
    id.map(Some).ok_or_else(|| Refused::invalid(format!("Invalid '{name}' field: {value}.")))
}

/// Changes `definition` as asked, or says what is wrong and leaves it half changed: work on a copy.
fn apply(definition: &mut Definition, order: &Map<String, Value>, now: Moment) -> Answer<()> {
    if let Some(name) = order.get("name") {
        let name = name.as_str().map(str::trim).filter(|name| !name.is_empty());
        definition.name = name.ok_or_else(|| Refused::invalid("Invalid 'name' field: it is empty."))?.to_owned();
    }
    for (name, place) in [("description", &mut definition.description), ("ipList", &mut definition.ip_list)] {
        if let Some(value) = order.get(name) {
            let value = value.as_str().ok_or_else(|| Refused::invalid(format!("Invalid '{name}' field.")))?;
            *place = value.to_owned();
        }
    }
    if order.get("type").is_some_and(|kind| kind != "policy") {
        return Err(Refused::invalid("This simulator runs policy scans only."));
    }
    let policy = existing(order, "policy", |id| holdings::policy(id).is_some())?;
    definition.policy = policy.unwrap_or(definition.policy);
    let repository = existing(order, "repository", |id| holdings::repository(id).is_some())?;
    definition.repository = repository.unwrap_or(definition.repository);
    // 0 and -1 stand for all zones.
    if let Some(zone) = existing(order, "zone", |id| id <= 0 || holdings::zone(id).is_some())? {
        definition.zone = Some(zone).filter(|zone| *zone > 0);
    }
    if let Some(assets) = order.get("assets") {
        let ids = assets.as_array().map(|assets| assets.iter().map(|asset| related(Some(asset))).collect());
        let ids: Option<Vec<i64>> = ids.flatten();
        let ids = ids.filter(|ids| ids.iter().all(|id| holdings::asset(*id).is_some()));
        definition.assets = ids.ok_or_else(|| Refused::invalid(format!("Invalid 'assets' field: {assets}.")))?;
    }
    if let Some(schedule) = order.get("schedule") {
        set_schedule(definition, schedule, now)?;
    }
    for (name, _) in OPTIONS {
        if let Some(value) = order.get(name) {
            definition.options.insert(name.to_owned(), value.clone());
        }
    }
    if definition.targets().trim().is_empty() {
        return Err(Refused::invalid("A Scan needs targets: neither 'ipList' nor 'assets' has any."));
    }
    definition.modified = now;
    Ok(())
}

fn set_schedule(definition: &mut Definition, order: &Value, now: Moment) -> Answer<()> {
    let kind = order.get("type").and_then(Value::as_str).unwrap_or_default();
    if !SCHEDULE_KINDS.contains(&kind) {
        return Err(Refused::invalid(format!("Invalid 'schedule' field: '{kind}' is no type of schedule.")));
    }
    let part = |name: &str| order.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    kind.clone_into(&mut definition.schedule_kind);
    definition.schedule = match (kind, part("start")) {
        ("ical", None) => return Err(Refused::invalid("Invalid 'schedule' field: 'ical' needs 'start'.")),
        ("ical", Some(start)) => {
            let (zone, time) = match start.split_once(':') {
                Some((zone, time)) => (zone.strip_prefix("TZID=").map(str::to_owned), time),
                None => (None, start),
            };
            let rule = part("repeatRule").unwrap_or_default().to_owned();
            Schedule::from_settings(Some(rule), Some(time.to_owned()), zone, now)
        }
        _ => Schedule::default(),
    };
    Ok(())
}

async fn create(call: Call, bytes: Bytes) -> Answer {
    call.may_change_scans()?;
    let order: Map<String, Value> = body(&bytes)?;
    for needed in ["name", "repository"] {
        if !order.contains_key(needed) {
            return Err(Refused::invalid(format!("Error creating Scan: '{needed}' is missing.")));
        }
    }
    let mut state = call.state();
    let mut definition = state.new_definition("", "", call.now);
    apply(&mut definition, &order, call.now)?;
    let (id, answer, at_once) = (definition.id, whole(&definition), definition.schedule_kind == "now");
    state.definitions.insert(id, definition);
    call.effect(Action::Create, id, None);
    if at_once && let Some(result) = state.launch(id, call.now) {
        call.effect(Action::Launch, id, Some(result));
    }
    Ok(answer.into())
}

async fn edit(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer {
    call.may_change_scans()?;
    let order: Map<String, Value> = body(&bytes)?;
    let mut state = call.state();
    let definition = known(&mut state, "update", &id)?;
    let mut changed = definition.clone();
    apply(&mut changed, &order, call.now)?;
    *definition = changed;
    call.effect(Action::Update, definition.id, None);
    Ok(whole(definition).into())
}

/// Its results stay, runs under way go on.
async fn delete(call: Call, Path(id): Path<String>) -> Answer {
    call.may_change_scans()?;
    let mut state = call.state();
    let id = known(&mut state, "delete", &id)?.id;
    state.definitions.remove(&id);
    for result in state.results.values_mut().filter(|result| result.definition == Some(id)) {
        result.definition = None;
    }
    call.effect(Action::Delete, id, None);
    Ok(Said::nothing())
}

async fn copy(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer {
    call.may_change_scans()?;
    let order: Map<String, Value> = body(&bytes)?;
    let mut state = call.state();
    let original = known(&mut state, "copy", &id)?.clone();
    let fresh = state.new_definition(&original.name, &original.ip_list, call.now);
    let mut copy = Definition {
        id: fresh.id,
        uuid: fresh.uuid,
        created: call.now,
        modified: call.now,
        schedule: Schedule::default(),
        schedule_kind: "template".to_owned(),
        launches: 0,
        ..original
    };
    if let Some(name) = order.get("name").and_then(Value::as_str) {
        copy.name = name.to_owned();
    }
    let answer = json!({ "scan": whole(&copy) });
    call.effect(Action::Copy, copy.id, None);
    state.definitions.insert(copy.id, copy);
    Ok(answer.into())
}
