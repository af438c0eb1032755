//! `/rest/scanResult`: the results of runs, their list and changing them.
//!
//! The list shows those created in the last thirty days unless a client names another window.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::TenableSc;
use super::answer::{Answer, Call, Refused, Said, body};
use super::result_view::{row, whole};
use super::state::{ScanResult, State};
use super::wire::{Parameters, both_lists, chosen, epoch, text};
use crate::ledger::Action;

const WINDOW_SECONDS: i64 = 30 * 86_400;
const USUAL: Option<&[&str]> = Some(&["name", "description", "status"]);

pub(super) fn routes() -> Router<Arc<TenableSc>> {
    Router::new()
        .route("/rest/scanResult", get(list))
        .route("/rest/scanResult/{id}", get(one).delete(delete))
        .route("/rest/scanResult/{id}/copy", post(copy))
        .route("/rest/scanResult/{id}/email", post(email))
}

pub(super) fn known<'a>(state: &'a mut State, verb: &str, id: &str) -> Answer<&'a mut ScanResult> {
    let number = id.parse().ok();
    number.and_then(|id: i64| state.results.get_mut(&id)).ok_or_else(|| Refused::missing(verb, "Scan Result", id))
}

async fn list(call: Call, Query(parameters): Query<Parameters>) -> Answer {
    call.may_read_scans()?;
    if parameters.get("fields").is_some_and(|fields| fields.split(',').any(|field| field.trim() == "progress")) {
        return Err(Refused::invalid("The field 'progress' is not allowed in a list of Scan Results."));
    }
    let now = call.now.epoch_seconds();
    let from = epoch(&parameters, "startTime")?.unwrap_or(now - WINDOW_SECONDS);
    let until = epoch(&parameters, "endTime")?.unwrap_or(now);
    let filters: Vec<&str> = parameters.get("filter").map(|text| text.split(',').collect()).unwrap_or_default();
    let asked = |name: &str| filters.contains(&name);
    let fits = |result: &&ScanResult| {
        let over = result.execution.phase().is_over();
        asked("running") == asked("completed") || over == asked("completed")
    };
    let state = call.state();
    let rows = state
        .results
        .values()
        .filter(|result| (from..=until).contains(&result.execution.created.epoch_seconds()))
        .filter(fits)
        .map(|result| chosen(row(&state, result, call.now), &parameters, USUAL))
        .collect();
    Ok(both_lists(rows, &parameters).into())
}

async fn one(call: Call, Path(id): Path<String>, Query(parameters): Query<Parameters>) -> Answer {
    call.may_read_scans()?;
    let mut state = call.state();
    let id = known(&mut state, "view", &id)?.id;
    let result = state.results.get(&id).ok_or_else(|| Refused::missing("view", "Scan Result", &id.to_string()))?;
    Ok(chosen(whole(&state, result, call.now), &parameters, None).into())
}

/// A run under way ends with its result.
async fn delete(call: Call, Path(id): Path<String>) -> Answer {
    call.may_change_scans()?;
    let mut state = call.state();
    let result = known(&mut state, "delete", &id)?;
    let (id, subject) = (result.id, result.subject());
    state.results.remove(&id);
    call.effect(Action::DeleteRun, subject, Some(id));
    Ok(Said::nothing())
}

async fn copy(call: Call, Path(id): Path<String>) -> Answer {
    call.may_change_scans()?;
    let mut state = call.state();
    let original = known(&mut state, "copy", &id)?.clone();
    let copy = ScanResult { id: state.next_result_id(), definition: None, ..original };
    call.effect(Action::Copy, copy.subject(), Some(copy.id));
    let answer = json!({ "scanResults": [{ "id": text(copy.id), "name": copy.name }] });
    state.results.insert(copy.id, copy);
    Ok(answer.into())
}

/// There is no mail server here: a failure that the vendor reports beside an `error_code` of 0, as recorded.
async fn email(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer {
    let order: Map<String, Value> = body(&bytes)?;
    known(&mut call.state(), "email", &id)?;
    if order.get("email").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(Refused::invalid("Invalid 'email' field: it is empty."));
    }
    Ok(Said::remark("Scan Result email failed.\nError sending email.\nInvalid address:  (From): noreply@localhost\n"))
}
