//! Pause, resume, cancel and delete. Whether it worked is a word in an answer that is always 200.

use std::sync::Arc;

use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;

use super::Invicti;
use super::answer::{Answer, Call, body};
use super::state::State;
use crate::clock::Moment;
use crate::ledger::Action;
use crate::lifecycle::{Execution, NotPossible};

type Step = fn(&mut Execution, Moment) -> Result<(), NotPossible>;

pub(super) fn routes() -> Router<Arc<Invicti>> {
    Router::new()
        .route("/scans/pause", post(pause))
        .route("/scans/resume", post(resume))
        .route("/scans/cancel", post(cancel))
        .route("/scans/pause-active-scans", post(pause_all))
        .route("/scans/resume-paused-scans", post(resume_all))
        .route("/scans/delete", post(delete))
}

fn steer(call: &Call, state: &mut State, id: &str, action: Action, step: Step) -> &'static str {
    let Some(scan) = state.scan_mut(id) else { return "ScanNotFound" };
    let word = scan.state(call.now);
    let refusal = match (word, action) {
        ("Complete" | "Archiving", _) => "ScanCompleted",
        ("Cancelled", _) => "ScanCancelled",
        ("Failed", _) => "ScanFailed",
        ("Queued" | "Delayed", Action::Pause | Action::Resume) => "ScanQueued",
        (_, Action::Resume) => "ScanNotPaused",
        _ => "ScanNotRunning",
    };
    if ["Complete", "Archiving"].contains(&word) || step(&mut scan.execution, call.now).is_err() {
        return refusal;
    }
    call.effect(action, &scan.id, None);
    "Ok"
}

async fn pause(call: Call, bytes: Bytes) -> Answer<Json<&'static str>> {
    let id: String = body(&bytes)?;
    Ok(Json(steer(&call, &mut call.state(), &id, Action::Pause, Execution::pause)))
}

async fn resume(call: Call, bytes: Bytes) -> Answer<Json<&'static str>> {
    let id: String = body(&bytes)?;
    Ok(Json(steer(&call, &mut call.state(), &id, Action::Resume, Execution::resume)))
}

/// Takes effect at once.
async fn cancel(call: Call, bytes: Bytes) -> Answer<Json<&'static str>> {
    let id: String = body(&bytes)?;
    Ok(Json(steer(&call, &mut call.state(), &id, Action::Stop, Execution::kill)))
}

fn all_in(call: &Call, word: &str, action: Action, step: Step) {
    let mut state = call.state();
    let fitting = state.scans.values().filter(|scan| scan.state(call.now) == word);
    let ids: Vec<String> = fitting.map(|scan| scan.id.clone()).collect();
    for id in ids {
        steer(call, &mut state, &id, action, step);
    }
}

async fn pause_all(call: Call) {
    all_in(&call, "Scanning", Action::Pause, Execution::pause);
}

async fn resume_all(call: Call) {
    all_in(&call, "Paused", Action::Resume, Execution::resume);
}

/// All or none.
async fn delete(call: Call, bytes: Bytes) -> Answer<Json<&'static str>> {
    let ids: Vec<String> = body(&bytes)?;
    let mut state = call.state();
    if ids.iter().any(|id| state.scan(id).is_none()) {
        return Ok(Json("SomeOfScansNotFound"));
    }
    if ids.iter().any(|id| state.scan(id).is_some_and(|scan| !scan.is_over(call.now))) {
        return Ok(Json("OnGoingScanExisting"));
    }
    for id in ids {
        if let Some(scan) = state.remove(&id) {
            call.effect(Action::Delete, &scan.id, None);
        }
    }
    Ok(Json("Ok"))
}
