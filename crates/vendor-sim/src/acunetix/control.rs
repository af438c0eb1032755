//! Trigger, abort, pause and resume.
//!
//! `pause` is missing from the Swagger, yet two client libraries call it: it works here. To play a server without it,
//! arm the fault `status,code=404,op=scans.pause`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::post;

use super::Acunetix;
use super::answer::{Answer, Call, Refused};
use crate::clock::Moment;
use crate::ledger::Action;
use crate::lifecycle::{Execution, NotPossible};

pub(super) fn routes() -> Router<Arc<Acunetix>> {
    Router::new()
        .route("/scans/{id}/trigger", post(trigger))
        .route("/scans/{id}/abort", post(abort))
        .route("/scans/{id}/pause", post(pause))
        .route("/scans/{id}/resume", post(resume))
}

/// A new result of the scan.
async fn trigger(call: Call, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut state = call.state();
    let scan = state.scan(&id).ok_or_else(|| Refused::not_found("Scan"))?;
    if scan.is_active() {
        return Err(Refused::conflict("The scan is already running"));
    }
    let result = state.launch(&id, call.now).ok_or_else(|| Refused::not_found("Target"))?;
    call.effect(Action::Launch, &id, Some(&result));
    Ok(StatusCode::NO_CONTENT)
}

async fn abort(call: Call, Path(id): Path<String>) -> Answer<StatusCode> {
    steer(&call, &id, Action::Stop, Execution::stop)
}

async fn pause(call: Call, Path(id): Path<String>) -> Answer<StatusCode> {
    steer(&call, &id, Action::Pause, Execution::pause)
}

async fn resume(call: Call, Path(id): Path<String>) -> Answer<StatusCode> {
    steer(&call, &id, Action::Resume, Execution::resume)
}

fn steer(
    call: &Call,
    id: &str,
    action: Action,
    step: fn(&mut Execution, Moment) -> Result<(), NotPossible>,
) -> Answer<StatusCode> {
    let mut state = call.state();
    let scan = state.scan_mut(id).ok_or_else(|| Refused::not_found("Scan"))?;
    let result = scan.results.last_mut().ok_or_else(|| Refused::conflict("The scan has not started"))?;
    step(&mut result.execution, call.now)?;
    call.effect(action, id, Some(&result.id));
    Ok(StatusCode::NO_CONTENT)
}
