//! `/scanners`: the appliances a scan can run on. Professional has one, Manager several.

use std::sync::Arc;

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Refused, body, number};
use super::{Nessus, control};
use crate::config::Licence;
use crate::ledger::Action;
use crate::random::Draw;

pub(super) const LOCAL: i64 = 1;

/// Id, name, address, online.
const SCANNERS: [(i64, &str, &str, bool); 3] = [
    (LOCAL, "Local Scanner", "127.0.0.1", true),
    (2, "nessus-dmz", "10.20.0.5", true),
    (3, "nessus-plant-köln", "10.44.7.5", false),
];

pub(super) fn routes() -> Router<Arc<Nessus>> {
    Router::new()
        .route("/scanners", get(list))
        .route("/scanners/{id}", get(details))
        .route("/scanners/{id}/scans", get(running))
        .route("/scanners/{id}/scans/{uuid}/control", post(control_scan))
}

pub(super) fn name(id: i64) -> &'static str {
    SCANNERS.iter().find(|scanner| scanner.0 == id).map_or("", |scanner| scanner.1)
}

pub(super) fn exists(call: &Call, id: i64) -> bool {
    visible(call).any(|scanner| scanner.0 == id)
}

fn visible(call: &Call) -> impl Iterator<Item = &'static (i64, &'static str, &'static str, bool)> {
    let count = if call.nessus.licence() == Licence::Manager { SCANNERS.len() } else { 1 };
    SCANNERS.iter().take(count)
}

fn entry(call: &Call, scanner: &(i64, &str, &str, bool)) -> Value {
    let (id, name, address, online) = *scanner;
    let state = call.state();
    let draw: Draw = state.draw.of("scanner").with(id as u64);
    let active = state.scans.values().filter(|scan| scan.scanner_id == id && scan.is_active()).count();
    json!({
        "id": id,
        "uuid": draw.uuid(),
        "name": name,
        "type": if id == LOCAL { "local" } else { "managed" },
        "status": if online { "on" } else { "off" },
        "linked": 1,
        "ip": address,
        "key": draw.of("key").hex(64),
        "owner": "nessus_ms_agent",
        "owner_id": 1,
        "scan_count": active,
        "num_scans": active,
        "engine_version": "10.8.3",
        "ui_version": "10.8.3",
        "platform": "LINUX",
        "loaded_plugin_set": "202611200615",
        "registration_code": null,
        "creation_date": state.started.epoch_seconds() - 90 * 86_400,
        "last_modification_date": state.started.epoch_seconds(),
        "last_connect": if online { json!(call.now.epoch_seconds()) } else { Value::Null },
        "timestamp": call.now.epoch_seconds(),
        "user_permissions": 128,
        "shared": 1,
    })
}

async fn list(call: Call) -> Json<Value> {
    let scanners: Vec<Value> = visible(&call).map(|scanner| entry(&call, scanner)).collect();
    Json(json!({ "scanners": scanners }))
}

fn find(call: &Call, id: &str) -> Answer<&'static (i64, &'static str, &'static str, bool)> {
    let id = number(id)?;
    visible(call).find(|scanner| scanner.0 == id).ok_or_else(Refused::not_found)
}

async fn details(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(entry(&call, find(&call, &id)?)))
}

async fn running(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    let scanner = find(&call, &id)?.0;
    let state = call.state();
    let scans: Vec<Value> = state
        .scans
        .values()
        .filter(|scan| scan.scanner_id == scanner && scan.is_active())
        .filter_map(|scan| {
            let run = scan.latest()?;
            Some(json!({
                "scan_id": scan.id, "id": run.uuid, "uuid": run.uuid, "name": scan.name, "status": run.status(),
                "start_time": run.began().epoch_seconds(), "last_modification_date": scan.modified.epoch_seconds(),
                "user": scan.owner, "remote": scanner != LOCAL, "network_id": null,
            }))
        })
        .collect();
    Ok(Json(json!({ "scans": scans })))
}

#[derive(Deserialize)]
struct ControlOrder {
    #[serde(default)]
    action: String,
}

async fn control_scan(call: Call, Path((id, uuid)): Path<(String, String)>, bytes: Bytes) -> Answer<Json<Value>> {
    let scanner = find(&call, &id)?.0;
    let order: ControlOrder = body(&bytes)?;
    let action = match order.action.as_str() {
        "pause" => Action::Pause,
        "resume" => Action::Resume,
        "stop" => Action::Stop,
        _ => return Err(Refused::invalid("action")),
    };
    let scan = {
        let state = call.state();
        let on_it = |scan: &&super::state::Scan| {
            scan.scanner_id == scanner && scan.latest().is_some_and(|run| run.uuid == uuid)
        };
        state.scans.values().find(on_it).map(|scan| scan.id).ok_or_else(Refused::not_found)?
    };
    control::steer(&call, scan, action)
}
