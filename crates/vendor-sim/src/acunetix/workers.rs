//! `/workers`: the engines, and pinning a target to one.
//!
//! Up to one engine of a kind can be assigned to a target. What a scan does whose engine is offline is not known:
//! here it runs as if the engine were there.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Acunetix;
use super::answer::{Answer, Call, Refused, body};
use super::server::BUILD;
use super::state::State;
use crate::ledger::Action;
use crate::random::Draw;

#[derive(Debug)]
struct Engine {
    app: &'static str,
    endpoint: &'static str,
    description: &'static str,
    online: bool,
    authorization: &'static str,
}

const ENGINES: [Engine; 5] = [
    engine("wvs", "Main Installation", "Main Installation", true, "authorized"),
    engine("wvs", "https://10.20.0.31:3443", "engine-dmz", true, "authorized"),
    engine("wvs", "https://10.44.7.31:3443", "engine-köln", false, "authorized"),
    engine("wvs", "https://10.60.1.9:3443", "engine-new", true, "pending"),
    engine("ovas", "https://10.20.0.40:3443", "network scanner", true, "authorized"),
];

const fn engine(
    app: &'static str,
    endpoint: &'static str,
    description: &'static str,
    online: bool,
    authorization: &'static str,
) -> Engine {
    Engine { app, endpoint, description, online, authorization }
}

pub(super) fn routes() -> Router<Arc<Acunetix>> {
    Router::new()
        .route("/workers", get(list))
        .route("/workers/{id}", get(details))
        .route("/targets/{id}/configuration/workers", get(assigned).post(assign))
}

fn id(draw: Draw, engine: &Engine) -> String {
    draw.of("worker").of(engine.description).uuid()
}

/// The engine of scans that are not pinned.
pub(super) fn main_engine(draw: Draw) -> String {
    ENGINES.first().map(|engine| id(draw, engine)).unwrap_or_default()
}

fn find(draw: Draw, wanted: &str) -> Option<&'static Engine> {
    ENGINES.iter().find(|engine| id(draw, engine) == wanted)
}

fn item(state: &State, engine: &Engine) -> Value {
    let worker = id(state.draw, engine);
    let targets: Vec<&str> = state
        .targets
        .values()
        .filter(|target| target.workers.contains(&worker))
        .map(|target| target.id.as_str())
        .collect();
    let on_it =
        |scan: &&super::state::Scan| scan.is_active() && scan.latest().is_some_and(|result| result.engine == worker);
    json!({
        "worker_id": worker,
        "scanning_app": engine.app,
        "endpoint": engine.endpoint,
        "description": engine.description,
        "status": if engine.online { "online" } else { "offline" },
        "authorization": engine.authorization,
        "app_version": BUILD,
        "license_status": "ok",
        "targets": targets,
        "notification_status": true,
        "max_scans": 10,
        "current_scans": state.scans.values().filter(on_it).count(),
        "status_extra": {},
    })
}

async fn list(call: Call) -> Json<Value> {
    let state = call.state();
    let workers: Vec<Value> = ENGINES.iter().map(|engine| item(&state, engine)).collect();
    Json(json!({ "workers": workers }))
}

async fn details(call: Call, Path(worker): Path<String>) -> Answer<Json<Value>> {
    let state = call.state();
    let engine = find(state.draw, &worker).ok_or_else(|| Refused::not_found("Worker"))?;
    Ok(Json(item(&state, engine)))
}

async fn assigned(call: Call, Path(target): Path<String>) -> Answer<Json<Value>> {
    let state = call.state();
    let target = state.target(&target).ok_or_else(|| Refused::not_found("Target"))?;
    let pinned = target.workers.iter().filter_map(|worker| find(state.draw, worker));
    let workers: Vec<Value> = pinned.map(|engine| item(&state, engine)).collect();
    Ok(Json(json!({ "workers": workers })))
}

#[derive(Debug, Deserialize)]
struct Order {
    worker_id_list: Vec<String>,
}

/// Replaces the assignment; an empty list frees the target.
async fn assign(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<StatusCode> {
    let order: Order = body(&bytes)?;
    let mut state = call.state();
    let draw = state.draw;
    let mut apps = Vec::new();
    for worker in &order.worker_id_list {
        let engine = find(draw, worker).ok_or_else(|| Refused::not_found("Worker"))?;
        if engine.authorization != "authorized" {
            return Err(Refused::conflict("The worker is not authorized"));
        }
        if apps.contains(&engine.app) {
            return Err(Refused::invalid(format!("body.worker_id_list: more than one worker for {}", engine.app)));
        }
        apps.push(engine.app);
    }
    let target = state.target_mut(&id).ok_or_else(|| Refused::not_found("Target"))?;
    target.workers = order.worker_id_list;
    call.effect(Action::AssignEngine, &id, target.workers.first().map(String::as_str));
    Ok(StatusCode::NO_CONTENT)
}
