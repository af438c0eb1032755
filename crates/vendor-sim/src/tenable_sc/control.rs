//! Launch of a definition; pause, resume and stop of a result.
//!
//! What the vendor answers to a control call that does not fit the state is not recorded; a refusal is a choice.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use serde_json::{Value, json};

use super::TenableSc;
use super::answer::{Answer, Call, Refused};
use super::holdings;
use super::results::known;
use super::wire::text;
use crate::clock::Moment;
use crate::ledger::Action;
use crate::lifecycle::{Execution, NotPossible};

pub(super) fn routes() -> Router<Arc<TenableSc>> {
    Router::new()
        .route("/rest/scan/{id}/launch", post(launch))
        .route("/rest/scanResult/{id}/pause", post(pause))
        .route("/rest/scanResult/{id}/resume", post(resume))
        .route("/rest/scanResult/{id}/stop", post(stop))
}

async fn launch(call: Call, Path(id): Path<String>) -> Answer {
    call.may_change_scans()?;
    let mut state = call.state();
    let number = id.parse().map_err(|_| Refused::missing("launch", "Scan", &id))?;
    let result = state.launch(number, call.now).ok_or_else(|| Refused::missing("launch", "Scan", &id))?;
    call.effect(Action::Launch, number, Some(result));
    let result = known(&mut state, "view", &result.to_string())?;
    Ok(json!({
        "scanID": text(number),
        "scanResult": {
            "id": text(result.id),
            "initiatorID": "2",
            "ownerID": "2",
            "scanID": text(number),
            "resultsSyncID": -1,
            "jobID": text(3000 + result.id),
            "repositoryID": text(result.repository),
            "name": result.name,
            "description": result.description,
            "details": holdings::policy(result.policy).map_or("", |policy| policy.name),
            "status": result.status(call.now),
            "downloadFormat": "v2",
            "dataFormat": "IPv4",
            "resultType": "active",
        },
    })
    .into())
}

async fn pause(call: Call, Path(id): Path<String>) -> Answer {
    steer(&call, &id, Action::Pause, "pause", Execution::pause)
}

async fn resume(call: Call, Path(id): Path<String>) -> Answer {
    steer(&call, &id, Action::Resume, "resume", Execution::resume)
}

async fn stop(call: Call, Path(id): Path<String>) -> Answer {
    steer(&call, &id, Action::Stop, "stop", Execution::stop)
}

type Step = fn(&mut Execution, Moment) -> Result<(), NotPossible>;

fn steer(call: &Call, id: &str, action: Action, verb: &str, step: Step) -> Answer {
    call.may_change_scans()?;
    let mut state = call.state();
    let result = known(&mut state, verb, id)?;
    step(&mut result.execution, call.now).map_err(|_| {
        let status = result.status(call.now);
        Refused::invalid(format!("Unable to {verb} Scan Result #{id}.\nThe Scan Result is '{status}'."))
    })?;
    call.effect(action, result.subject(), Some(result.id));
    let answer: Value = json!({ "id": text(result.id), "name": result.name, "status": result.status(call.now) });
    Ok(answer.into())
}
