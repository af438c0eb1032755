//! Launch, pause, resume, stop and kill.

use std::sync::Arc;

use axum::extract::Path;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Nessus;
use super::answer::{Answer, Call, Refused, body, number};
use crate::clock::Moment;
use crate::ledger::Action;
use crate::lifecycle::{Execution, NotPossible};

pub(super) fn routes() -> Router<Arc<Nessus>> {
    Router::new()
        .route("/scans/{id}/launch", post(launch))
        .route("/scans/{id}/pause", post(pause))
        .route("/scans/{id}/resume", post(resume))
        .route("/scans/{id}/stop", post(stop))
        .route("/scans/{id}/kill", post(kill))
}

#[derive(Deserialize)]
struct LaunchOrder {
    alt_targets: Option<Vec<String>>,
}

async fn launch(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<Json<Value>> {
    call.needs_manager()?;
    let id = number(&id)?;
    let order: LaunchOrder = body(&bytes)?;
    let alt_targets = order.alt_targets.filter(|targets| !targets.is_empty()).map(|targets| targets.join(","));
    let mut state = call.state();
    let scan = state.scans.get(&id).ok_or_else(Refused::not_found)?;
    if scan.is_imported() {
        return Err(Refused::conflict("An imported scan cannot be launched"));
    }
    if scan.is_active() {
        return Err(Refused::conflict("The scan is already active"));
    }
    let uuid = state.launch(id, call.now, alt_targets, false).ok_or_else(Refused::not_found)?;
    call.effect(Action::Launch, id, Some(&uuid));
    Ok(Json(json!({ "scan_uuid": uuid })))
}

async fn pause(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    steer(&call, number(&id)?, Action::Pause)
}

async fn resume(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    steer(&call, number(&id)?, Action::Resume)
}

async fn stop(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    steer(&call, number(&id)?, Action::Stop)
}

async fn kill(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    steer(&call, number(&id)?, Action::Kill)
}

/// Applies a control call to the latest run of a scan.
pub(super) fn steer(call: &Call, id: i64, action: Action) -> Answer<Json<Value>> {
    call.needs_manager()?;
    let step: fn(&mut Execution, Moment) -> Result<(), NotPossible> = match action {
        Action::Pause => Execution::pause,
        Action::Resume => Execution::resume,
        Action::Stop => Execution::stop,
        Action::Kill => Execution::kill,
        _ => return Err(Refused::invalid("action")),
    };
    let mut state = call.state();
    let scan = state.scans.get_mut(&id).ok_or_else(Refused::not_found)?;
    let run = scan.runs.last_mut().ok_or_else(|| Refused::conflict("The scan has never run"))?;
    step(&mut run.execution, call.now)?;
    scan.modified = call.now;
    call.effect(action, id, Some(&run.uuid));
    Ok(Json(json!({})))
}
