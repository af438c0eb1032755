//! Vulnerabilities in their two views: what one result found, and what is known of a target.
//!
//! A vulnerability of a result has its own id and names the target's in `target_vuln_id`; neither id is good for the
//! other view. On the target it was first seen by the oldest result that is kept and has it, and last seen by the
//! newest. That one which a later run no longer finds stays `open` until somebody says otherwise, and that its CVEs
//! are shown as references, are choices.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Acunetix;
use super::answer::{Answer, Call, Refused, body};
use super::known::{History, Known, OPEN, reference};
use super::paging::{Filter, ListQuery};
use super::state::{Outcome, State, Target, of_run, of_target};
use crate::ledger::Action;

const STATES: [&str; 4] = [OPEN, "fixed", "ignored", "false_positive"];

pub(super) fn routes() -> Router<Arc<Acunetix>> {
    Router::new()
        .route("/scans/{scan}/results/{result}/vulnerabilities", get(of_result))
        .route("/scans/{scan}/results/{result}/vulnerabilities/{id}", get(one_of_result))
        .route("/scans/{scan}/results/{result}/vulnerabilities/{id}/http_response", get(response_of_result))
        .route("/scans/{scan}/results/{result}/vulnerabilities/{id}/status", put(set_status_of_result))
        .route("/scan_vulnerabilities/{id}", get(one_of_any_result))
        .route("/vulnerabilities", get(all))
        .route("/vulnerabilities/{id}", get(one))
        .route("/vulnerabilities/{id}/http_response", get(response_of_target))
        .route("/vulnerabilities/{id}/status", put(set_status))
}

/// The target and result that a path names.
fn found<'a>(state: &'a State, scan: &str, result: &str) -> Answer<(&'a Target, &'a Outcome)> {
    let (owner, result) =
        state.result(result).filter(|(owner, _)| owner.id == scan).ok_or_else(|| Refused::not_found("Scan result"))?;
    Ok((state.target(&owner.target_id).ok_or_else(|| Refused::not_found("Target"))?, result))
}

async fn of_result(
    call: Call,
    Path((scan, result)): Path<(String, String)>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<Value>> {
    let page = query.page()?;
    let filters = page.filters()?;
    let state = call.state();
    let (target, outcome) = found(&state, &scan, &result)?;
    let history = History::of(&state, target, call.now);
    let numbers = outcome.numbers(call.now);
    let (here, pagination) = if filters.is_empty() {
        // Most reads are these; looking only at the page keeps a result of a hundred thousand readable.
        let (here, pagination) = page.of(numbers);
        (here.into_iter().filter_map(|number| history.known(number, Some(outcome))).collect(), pagination)
    } else {
        let known = numbers.into_iter().filter_map(|number| history.known(number, Some(outcome)));
        page.of(admitted(known, &state, &filters)?)
    };
    let served = here.iter().map(|known| reference(target, known.number, &known.flaw)).collect();
    call.vendor.site.ledger.hand_out(call.seq, &scan, &result, served);
    let vulnerabilities: Vec<Value> = here.iter().map(|known| known.item(&state)).collect();
    Ok(Json(json!({ "vulnerabilities": vulnerabilities, "pagination": pagination })))
}

fn admitted<'a>(
    known: impl Iterator<Item = Known<'a>>,
    state: &State,
    filters: &[Filter<'_>],
) -> Answer<Vec<Known<'a>>> {
    let mut entries = Vec::new();
    for known in known {
        if known.admitted(state, filters)? {
            entries.push(known);
        }
    }
    Ok(entries)
}

fn no_such() -> Refused {
    Refused::not_found("Vulnerability")
}

/// Does something with a vulnerability of a result.
fn with_run_view<T>(call: &Call, id: &str, action: impl FnOnce(&State, Known<'_>) -> T) -> Answer<T> {
    let state = call.state();
    let (number, flaw) = of_run(id).ok_or_else(no_such)?;
    let (scan, result) = state.result_by_number(number).ok_or_else(no_such)?;
    let target = state.target(&scan.target_id).ok_or_else(no_such)?;
    if result.numbers(call.now).binary_search(&flaw).is_err() {
        return Err(no_such());
    }
    let known = History::of(&state, target, call.now).known(flaw, Some(result)).ok_or_else(no_such)?;
    Ok(action(&state, known))
}

/// Does something with a vulnerability of a target.
fn with_target_view<T>(call: &Call, id: &str, action: impl FnOnce(&State, Known<'_>) -> T) -> Answer<T> {
    let state = call.state();
    let (number, flaw) = of_target(id).ok_or_else(no_such)?;
    let target = state.targets.get(&number).ok_or_else(no_such)?;
    let known = History::of(&state, target, call.now).known(flaw, None).ok_or_else(no_such)?;
    Ok(action(&state, known))
}

/// Refuses a path whose scan and result do not go together.
fn belongs(call: &Call, scan: &str, result: &str, id: &str) -> Answer<()> {
    let state = call.state();
    let (_, outcome) = found(&state, scan, result)?;
    of_run(id).filter(|(number, _)| *number == outcome.number).map(|_| ()).ok_or_else(no_such)
}

type InResult = Path<(String, String, String)>;

async fn one_of_result(call: Call, Path((scan, result, id)): InResult) -> Answer<Json<Value>> {
    belongs(&call, &scan, &result, &id)?;
    with_run_view(&call, &id, |state, known| Json(known.details(state)))
}

async fn one_of_any_result(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    with_run_view(&call, &id, |state, known| Json(known.details(state)))
}

async fn one(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    with_target_view(&call, &id, |state, known| Json(known.details(state)))
}

fn http_response(known: &Known<'_>) -> Response {
    let text = format!("HTTP/1.1 200 OK\r\nServer: {}\r\n\r\n<html></html>", known.target.site.server());
    ([(CONTENT_TYPE, "application/octet-stream")], text).into_response()
}

async fn response_of_result(call: Call, Path((scan, result, id)): InResult) -> Answer<Response> {
    belongs(&call, &scan, &result, &id)?;
    with_run_view(&call, &id, |_, known| http_response(&known))
}

async fn response_of_target(call: Call, Path(id): Path<String>) -> Answer<Response> {
    with_target_view(&call, &id, |_, known| http_response(&known))
}

#[derive(Debug, Deserialize)]
struct Verdict {
    status: String,
}

fn decide(call: &Call, id: String, bytes: &Bytes) -> Answer<StatusCode> {
    let verdict: Verdict = body(bytes)?;
    if !STATES.contains(&verdict.status.as_str()) {
        return Err(Refused::invalid("body.status: is not one of open, fixed, ignored, false_positive"));
    }
    call.effect(Action::Update, &id, None);
    call.state().verdicts.insert(id, verdict.status);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_status(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<StatusCode> {
    let id = with_target_view(&call, &id, |_, known| known.id())?;
    decide(&call, id, &bytes)
}

async fn set_status_of_result(call: Call, Path((scan, result, id)): InResult, bytes: Bytes) -> Answer<StatusCode> {
    belongs(&call, &scan, &result, &id)?;
    let id = with_run_view(&call, &id, |_, known| known.target.vulnerability_id(known.number))?;
    decide(&call, id, &bytes)
}

/// Everything known of all targets.
async fn all(call: Call, Query(query): Query<ListQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    let filters = page.filters()?;
    let state = call.state();
    let mut entries = Vec::new();
    for target in state.targets.values() {
        let history = History::of(&state, target, call.now);
        let known = history.numbers().into_iter().filter_map(|number| history.known(number, None));
        entries.extend(admitted(known, &state, &filters)?);
    }
    let (here, pagination) = page.of(entries);
    let vulnerabilities: Vec<Value> = here.iter().map(|known| known.item(&state)).collect();
    Ok(Json(json!({ "vulnerabilities": vulnerabilities, "pagination": pagination })))
}
