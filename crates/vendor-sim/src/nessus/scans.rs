//! `/scans`: the configurations, their list, and changing them.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Refused, body, number};
use super::state::{NEVER_RUN, Run, Scan, State};
use super::{Nessus, editor};
use crate::clock::Moment;
use crate::ledger::Action;
use crate::schedule::Schedule;

pub(super) fn routes() -> Router<Arc<Nessus>> {
    Router::new()
        .route("/scans", get(list).post(create).delete(delete_many))
        .route("/scans/{id}", put(configure).delete(delete_one))
        .route("/scans/{id}/copy", post(copy))
        .route("/scans/{id}/history/{history_id}", delete(delete_run))
        .route("/scans/{id}/schedule", put(schedule))
        .route("/scans/{id}/status", put(mark_read))
}

#[derive(Deserialize)]
struct ListQuery {
    folder_id: Option<i64>,
    last_modification_date: Option<i64>,
}

async fn list(call: Call, Query(query): Query<ListQuery>) -> Json<Value> {
    let state = call.state();
    let scans: Vec<Value> = state
        .scans
        .values()
        .filter(|scan| query.folder_id.is_none_or(|folder| folder == scan.folder_id))
        .filter(|scan| query.last_modification_date.is_none_or(|since| scan.modified.epoch_seconds() >= since))
        .map(|scan| entry(scan, call.now))
        .collect();
    Json(json!({ "folders": super::folders::list(&state), "scans": scans, "timestamp": call.now.epoch_seconds() }))
}

/// A scan as the list shows it.
fn entry(scan: &Scan, now: Moment) -> Value {
    let run = scan.listed(now);
    json!({
        "id": scan.id,
        "uuid": run.map(|run| run.uuid.as_str()),
        "name": scan.name,
        "status": run.map_or(NEVER_RUN, Run::status),
        "type": "local",
        "folder_id": scan.folder_id,
        "owner": scan.owner,
        "shared": false,
        "read": scan.read,
        "enabled": scan.schedule.enabled && !scan.is_imported(),
        "control": !scan.is_imported(),
        "creation_date": scan.created.epoch_seconds(),
        "last_modification_date": if run.is_some() { scan.modified.epoch_seconds() } else { 0 },
        "starttime": scan.schedule.starttime,
        "timezone": scan.schedule.timezone,
        "rrules": scan.schedule.rrules,
        "user_permissions": 128,
        "live_results": 0,
    })
}

/// The configuration, as create, update and copy answer.
fn configuration(scan: &Scan) -> Value {
    json!({
        "id": scan.id,
        "uuid": scan.uuid,
        "name": scan.name,
        "description": scan.description,
        "policy_id": scan.policy_id,
        "scanner_id": scan.scanner_id,
        "emails": scan.emails,
        "enabled": scan.schedule.enabled,
        "custom_targets": scan.targets,
        "starttime": scan.schedule.starttime,
        "rrules": scan.schedule.rrules,
        "timezone": scan.schedule.timezone,
        "notification_filters": null,
        "tag_id": scan.folder_id,
        "shared": 0,
        "user_permissions": 128,
        "default_permissions": 0,
        "owner": scan.owner,
        "owner_id": 2,
        "last_modification_date": scan.modified.epoch_seconds(),
        "creation_date": scan.created.epoch_seconds(),
        "type": "public",
    })
}

#[derive(Deserialize, Default)]
struct Settings {
    name: Option<String>,
    description: Option<String>,
    text_targets: Option<String>,
    enabled: Option<bool>,
    folder_id: Option<i64>,
    scanner_id: Option<i64>,
    policy_id: Option<i64>,
    launch: Option<String>,
    rrules: Option<String>,
    starttime: Option<String>,
    timezone: Option<String>,
    emails: Option<String>,
}

#[derive(Deserialize)]
struct Order {
    uuid: Option<String>,
    #[serde(default)]
    settings: Settings,
}

impl Settings {
    /// Everything checked before anything changes.
    fn check(&self, state: &State, call: &Call) -> Answer<()> {
        if self.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Refused::invalid("name"));
        }
        if self.folder_id.is_some_and(|id| state.folder(id).is_none()) {
            return Err(Refused::invalid("folder_id"));
        }
        if self.scanner_id.is_some_and(|id| !super::scanners::exists(call, id)) {
            return Err(Refused::invalid("scanner_id"));
        }
        Ok(())
    }

    fn apply(self, scan: &mut Scan, now: Moment) {
        if let Some(name) = self.name {
            scan.name = name;
        }
        if let Some(targets) = self.text_targets {
            scan.targets = targets;
        }
        if let Some(folder) = self.folder_id {
            scan.folder_id = folder;
        }
        if let Some(scanner) = self.scanner_id {
            scan.scanner_id = scanner;
        }
        scan.description = self.description.or(scan.description.take());
        scan.emails = self.emails.or(scan.emails.take());
        scan.policy_id = self.policy_id.or(scan.policy_id);
        let on_demand = self.launch.as_deref() == Some("ON_DEMAND");
        if on_demand {
            scan.schedule = Schedule::default();
        } else if self.rrules.is_some() {
            scan.schedule = Schedule::from_settings(self.rrules, self.starttime, self.timezone, now);
        }
        if let Some(enabled) = self.enabled {
            scan.schedule.enable(enabled, now);
        }
        scan.modified = now;
    }
}

async fn create(call: Call, bytes: Bytes) -> Answer<Json<Value>> {
    call.needs_manager()?;
    let order: Order = body(&bytes)?;
    let template = order.uuid.as_deref().and_then(editor::template).ok_or_else(|| Refused::invalid("uuid"))?;
    let (Some(name), Some(targets)) = (order.settings.name.clone(), order.settings.text_targets.clone()) else {
        let missing = if order.settings.name.is_none() { "name" } else { "targets" };
        return Err(Refused::invalid(missing));
    };
    let mut state = call.state();
    order.settings.check(&state, &call)?;
    if targets.trim().is_empty() {
        return Err(Refused::invalid("targets"));
    }
    let owner = call.nessus.site.config.credentials.username.clone();
    let mut scan = state.new_scan(&name, &owner, &targets, call.now);
    scan.template = template.uuid.to_owned();
    scan.policy = template.title.to_owned();
    order.settings.apply(&mut scan, call.now);
    let answer = json!({ "scan": configuration(&scan) });
    call.effect(Action::Create, scan.id, None);
    state.scans.insert(scan.id, scan);
    Ok(Json(answer))
}

async fn configure(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<Json<Value>> {
    call.needs_manager()?;
    let id = number(&id)?;
    let order: Order = body(&bytes)?;
    let mut state = call.state();
    if !state.scans.contains_key(&id) {
        return Err(Refused::not_found());
    }
    order.settings.check(&state, &call)?;
    let scan = state.scans.get_mut(&id).ok_or_else(Refused::not_found)?;
    order.settings.apply(scan, call.now);
    call.effect(Action::Update, id, None);
    Ok(Json(configuration(scan)))
}

#[derive(Deserialize)]
struct CopyOrder {
    name: Option<String>,
    folder_id: Option<i64>,
}

async fn copy(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<Json<Value>> {
    call.needs_manager()?;
    let id = number(&id)?;
    let order: CopyOrder = body(&bytes)?;
    let mut state = call.state();
    let original = state.scans.get(&id).cloned().ok_or_else(Refused::not_found)?;
    if order.folder_id.is_some_and(|folder| state.folder(folder).is_none()) {
        return Err(Refused::invalid("folder_id"));
    }
    let name = order.name.unwrap_or_else(|| format!("Copy of {}", original.name));
    let fresh = state.new_scan(&name, &original.owner, &original.targets, call.now);
    let scan = Scan {
        id: fresh.id,
        uuid: fresh.uuid,
        name,
        folder_id: order.folder_id.unwrap_or(original.folder_id),
        created: call.now,
        modified: call.now,
        launches: 0,
        runs: Vec::new(),
        ..original
    };
    let answer = entry(&scan, call.now);
    call.effect(Action::Copy, scan.id, None);
    state.scans.insert(scan.id, scan);
    Ok(Json(answer))
}

/// That a scan under way cannot be deleted is documented for the vendor's cloud; assumed here too.
fn deletable(scan: &Scan) -> Answer<()> {
    if scan.is_active() {
        return Err(Refused::conflict("The scan is active and cannot be deleted"));
    }
    Ok(())
}

async fn delete_one(call: Call, Path(id): Path<String>) -> Answer<()> {
    call.needs_manager()?;
    let id = number(&id)?;
    let mut state = call.state();
    deletable(state.scans.get(&id).ok_or_else(Refused::not_found)?)?;
    state.scans.remove(&id);
    call.effect(Action::Delete, id, None);
    Ok(())
}

#[derive(Deserialize)]
struct DeleteOrder {
    ids: Vec<i64>,
}

/// Deletes what can be deleted and says which those were.
async fn delete_many(call: Call, bytes: Bytes) -> Answer<Json<Value>> {
    call.needs_manager()?;
    let order: DeleteOrder = body(&bytes).map_err(|_| Refused::invalid("ids"))?;
    let mut state = call.state();
    let mut deleted = Vec::new();
    for id in order.ids {
        if state.scans.get(&id).is_some_and(|scan| deletable(scan).is_ok()) {
            state.scans.remove(&id);
            call.effect(Action::Delete, id, None);
            deleted.push(id);
        }
    }
    Ok(Json(json!({ "deleted": deleted })))
}

async fn delete_run(call: Call, Path((id, history_id)): Path<(String, String)>) -> Answer<()> {
    call.needs_manager()?;
    let (id, history_id) = (number(&id)?, number(&history_id)?);
    let mut state = call.state();
    let scan = state.scans.get_mut(&id).ok_or_else(Refused::not_found)?;
    let position = scan.runs.iter().position(|run| run.id == history_id).ok_or_else(Refused::not_found)?;
    if scan.runs.get(position).is_some_and(|run| !run.execution.phase().is_over()) {
        return Err(Refused::conflict("The run is active and cannot be deleted"));
    }
    let run = scan.runs.remove(position);
    call.effect(Action::DeleteRun, id, Some(&run.uuid));
    Ok(())
}

#[derive(Deserialize)]
struct ScheduleQuery {
    enabled: Option<bool>,
}

async fn schedule(call: Call, Path(id): Path<String>, Query(query): Query<ScheduleQuery>) -> Answer<Json<Value>> {
    call.needs_manager()?;
    let enabled = query.enabled.ok_or_else(|| Refused::invalid("enabled"))?;
    let id = number(&id)?;
    let mut state = call.state();
    let scan = state.scans.get_mut(&id).ok_or_else(Refused::not_found)?;
    if !scan.schedule.is_set() {
        return Err(Refused(StatusCode::BAD_REQUEST, "The scan has no schedule".to_owned()));
    }
    scan.schedule.enable(enabled, call.now);
    scan.modified = call.now;
    call.effect(Action::Schedule, id, None);
    Ok(Json(json!({
        "enabled": enabled,
        "control": !scan.is_imported(),
        "rrules": scan.schedule.rrules,
        "starttime": scan.schedule.starttime,
        "timezone": scan.schedule.timezone,
    })))
}

#[derive(Deserialize)]
struct ReadQuery {
    read: bool,
}

async fn mark_read(call: Call, Path(id): Path<String>, Query(query): Query<ReadQuery>) -> Answer<()> {
    let mut state = call.state();
    state.scans.get_mut(&number(&id)?).ok_or_else(Refused::not_found)?.read = query.read;
    Ok(())
}
