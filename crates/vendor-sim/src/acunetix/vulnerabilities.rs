//! Vulnerabilities in their two views: what one result found, and what is known of a target.
//!
//! A vulnerability of a result has its own id and names the target's in `target_vuln_id`; neither id is good for the
//! other view. On the target it was first seen by the oldest result that is kept and has it, and last seen by the
//! newest. That one which a later run no longer finds stays `open` until somebody says otherwise, and that its CVEs
//! are shown as references, are choices.

use std::collections::BTreeSet;
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
use super::answer::{Answer, Call, Refused, body, time};
use super::paging::{Filter, ListQuery};
use super::state::{Outcome, State, Target, of_run, of_target};
use super::words::{SEVERITIES, tags, type_id, words};
use crate::clock::Moment;
use crate::ledger::{Action, FindingRef};
use crate::sites::Flaw;

const OPEN: &str = "open";
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

pub(super) fn url(flaw: &Flaw, target: &Target) -> String {
    format!("{}{}", target.site.origin, flaw.path)
}

pub(super) fn references(target: &Target, found: &[(u32, Flaw)]) -> Vec<FindingRef> {
    found.iter().map(|(number, flaw)| reference(target, *number, flaw)).collect()
}

fn reference(target: &Target, number: u32, flaw: &Flaw) -> FindingRef {
    let severity = words(flaw.weakness).map_or(0, |words| usize::from(words.severity));
    FindingRef {
        reference: target.vulnerability_id(number),
        asset: target.site.host.clone(),
        check: type_id(flaw.weakness),
        location: format!("{}|{}", url(flaw, target), flaw.parameter.unwrap_or_default()),
        severity: SEVERITIES.get(severity).copied().unwrap_or("info").to_owned(),
    }
}

/// One flaw of a target with what the results know of it.
struct Known<'a> {
    target: &'a Target,
    number: u32,
    flaw: Flaw,
    first: Moment,
    last: Moment,
    /// The result in whose view it is shown.
    result: Option<&'a Outcome>,
}

impl Known<'_> {
    fn id(&self) -> String {
        match self.result {
            Some(result) => result.vulnerability_id(self.number),
            None => self.target.vulnerability_id(self.number),
        }
    }

    fn status(&self, state: &State) -> String {
        let verdict = state.verdicts.get(&self.target.vulnerability_id(self.number));
        verdict.cloned().unwrap_or_else(|| OPEN.to_owned())
    }

    fn item(&self, state: &State) -> Value {
        let (severity, confidence, name) =
            words(self.flaw.weakness).map_or((0, 0, ""), |words| (words.severity, words.confidence, words.name));
        let mut item = json!({
            "vuln_id": self.id(),
            "vt_id": type_id(self.flaw.weakness),
            "vt_name": name,
            "severity": severity,
            "criticality": self.target.criticality,
            "confidence": confidence,
            "affects_url": url(&self.flaw, self.target),
            "affects_detail": self.flaw.parameter.unwrap_or_default(),
            "status": self.status(state),
            "first_seen": time(self.first),
            "last_seen": time(self.last),
            "target_id": self.target.id,
            "target_description": self.target.description,
            "tags": tags(self.flaw.weakness),
            "loc_id": self.number + 2,
            "source": format!("/Scripts/PerScheme/{:?}.script", self.flaw.weakness),
            "app": "wvs",
            "archived": false,
            "continuous": false,
            "issue_id": null,
            "issue_tracker_id": null,
            "issue_url": null,
            "vt_created": "2021-03-01T00:00:00.000000+00:00",
            "vt_updated": "2024-07-01T00:00:00.000000+00:00",
        });
        if let (Some(_), Some(fields)) = (self.result, item.as_object_mut()) {
            fields.insert("target_vuln_id".to_owned(), json!(self.target.vulnerability_id(self.number)));
        }
        item
    }

    fn details(&self, state: &State) -> Value {
        let facts = self.flaw.weakness.facts();
        let references: Vec<Value> = facts
            .cves
            .iter()
            .map(|cve| json!({ "rel": cve, "href": format!("https://nvd.nist.gov/vuln/detail/{cve}") }))
            .collect();
        let details = json!({
            "description": facts.description,
            "details": self.flaw.parameter.map_or(String::new(), |name| format!("Input <b>{name}</b> was set to a test value.")),
            "impact": facts.impact,
            "recommendation": facts.remedy,
            "long_description": "",
            "references": references,
            "cvss2": "",
            "cvss3": facts.cvss3.1,
            "cvss4": "",
            "cvss_score": facts.cvss3.0.parse::<f64>().unwrap_or(0.0),
            "request": self.request(),
            "response_info": "true",
            "highlights": [],
        });
        let mut item = self.item(state);
        if let (Some(fields), Value::Object(more)) = (item.as_object_mut(), details) {
            fields.extend(more);
        }
        item
    }

    fn request(&self) -> String {
        let query = match (self.flaw.method, self.flaw.parameter) {
            ("GET", Some(name)) => format!("?{name}=test"),
            _ => String::new(),
        };
        format!("{} {}{query} HTTP/1.1\r\nHost: {}\r\n\r\n", self.flaw.method, self.flaw.path, self.target.site.host)
    }

    fn admitted(&self, state: &State, filters: &[Filter<'_>]) -> Answer<bool> {
        for filter in filters {
            let fits = match filter.name {
                "severity" => words(self.flaw.weakness).is_some_and(|words| filter.admits(words.severity)),
                "status" => filter.admits(self.status(state)),
                "target_id" => filter.admits(&self.target.id),
                "criticality" => filter.admits(self.target.criticality),
                "vt_id" => filter.admits(type_id(self.flaw.weakness)),
                _ => return filter.unknown(),
            };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// When the flaws of a target were seen.
struct History<'a> {
    target: &'a Target,
    /// Moment and flaws of each result, oldest first.
    results: Vec<(Moment, &'a Outcome, Vec<u32>)>,
}

impl<'a> History<'a> {
    fn of(state: &'a State, target: &'a Target, now: Moment) -> Self {
        let of_target = state.scans.values().filter(|scan| scan.target_id == target.id);
        let mut results: Vec<_> = of_target
            .flat_map(|scan| &scan.results)
            .map(|result| (result.execution.ended.unwrap_or(now), result, result.numbers(now)))
            .collect();
        results.sort_by_key(|(_, result, _)| result.began());
        History { target, results }
    }

    /// The flaws that any result has.
    fn numbers(&self) -> BTreeSet<u32> {
        self.results.iter().flat_map(|(_, _, numbers)| numbers.iter().copied()).collect()
    }

    /// `None` when no result has the flaw. `view`: the result in whose view it is shown.
    fn known(&self, number: u32, view: Option<&'a Outcome>) -> Option<Known<'a>> {
        let mut seen = self.results.iter().filter(|(_, _, numbers)| numbers.binary_search(&number).is_ok());
        let (first, result, _) = seen.next()?;
        let last = seen.next_back().map_or(*first, |(last, _, _)| *last);
        let flaw = result.survey.flaws(&[number]).pop()?;
        Some(Known { target: self.target, number, flaw, first: *first, last, result: view })
    }
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
