//! Results of scans and their statistics, which show a scan while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Acunetix;
use super::answer::{Answer, Call, Refused, time};
use super::known::url;
use super::paging::ListQuery;
use super::scans::{progress, severity_counts};
use super::server::BUILD;
use super::state::{Outcome, Scan, State, Target};
use super::words::{tags, type_id, words};
use crate::clock::Moment;
use crate::lifecycle::Phase;

/// Requests a scan sends for each flaw it finds; only their growth says that a scan is alive.
const REQUESTS_PER_SECOND: f64 = 37.0;

pub(super) fn routes() -> Router<Arc<Acunetix>> {
    Router::new()
        .route("/scans/{scan}/results", get(list))
        .route("/results/{result}", get(one))
        .route("/scans/{scan}/results/{result}/statistics", get(statistics))
        .route("/scans/{scan}/results/{result}/vulnerability_types", get(types))
}

fn item(scan: &Scan, result: &Outcome, now: Moment) -> Value {
    json!({
        "result_id": result.id,
        "scan_id": scan.id,
        "start_date": time(result.began()),
        "end_date": result.execution.ended.map(time),
        "status": result.status(now),
    })
}

/// Newest first.
async fn list(call: Call, Path(scan): Path<String>, Query(query): Query<ListQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    let state = call.state();
    let scan = state.scan(&scan).ok_or_else(|| Refused::not_found("Scan"))?;
    let (here, pagination) = page.of(scan.results.iter().rev().collect());
    let results: Vec<Value> = here.into_iter().map(|result| item(scan, result, call.now)).collect();
    Ok(Json(json!({ "results": results, "pagination": pagination })))
}

async fn one(call: Call, Path(result): Path<String>) -> Answer<Json<Value>> {
    let state = call.state();
    let (scan, result) = state.result(&result).ok_or_else(|| Refused::not_found("Scan result"))?;
    Ok(Json(item(scan, result, call.now)))
}

fn within<'a>(state: &'a State, scan: &str, result: &str) -> Answer<(&'a Target, &'a Outcome)> {
    let (owner, result) =
        state.result(result).filter(|(owner, _)| owner.id == scan).ok_or_else(|| Refused::not_found("Scan result"))?;
    Ok((state.target(&owner.target_id).ok_or_else(|| Refused::not_found("Target"))?, result))
}

async fn statistics(call: Call, Path((scan, result)): Path<(String, String)>) -> Answer<Json<Value>> {
    let state = call.state();
    let (target, result) = within(&state, &scan, &result)?;
    let now = call.now;
    let execution = &result.execution;
    let end = execution.ended.unwrap_or(now);
    let seconds = execution.started.map_or(0.0, |started| end.since(started).max(0.0));
    let host = json!({ "host": target.site.origin, "target_id": target.id });
    let found = result.found(now);
    let vulns: Vec<Value> = found
        .iter()
        .filter_map(|(number, flaw)| Some((number, words(flaw.weakness)?)))
        .map(|(number, words)| {
            json!({
                "name": words.name, "severity": words.severity, "vuln_id": result.vulnerability_id(*number),
                "time": time(end), "target_info": host,
            })
        })
        .collect();
    let web_scan_status = json!({
        "locations": found.len() * 3,
        "request_count": (seconds * REQUESTS_PER_SECOND) as u64,
        "avg_response_time": 42,
        "max_response_time": 910,
    });
    let failed = execution.phase() == Phase::Aborted;
    Ok(Json(json!({
        "status": result.status(now),
        "severity_counts": severity_counts(result.counts(now)),
        "scanning_app": { "wvs": {
            "status": result.status(now),
            "abort_requested": matches!(execution.phase(), Phase::Stopping | Phase::Canceled),
            "start_date": time(result.began()),
            "end_date": execution.ended.map(time),
            "end_deadline": null,
            "event_level": u8::from(failed),
            "build": BUILD,
            "hosts": { target.id.as_str(): {
                "host": target.site.origin,
                "aborted": failed,
                "aborted_reason": failed.then_some("er_unreachable"),
                "external_hosts": [],
                "is_starting_host": true,
                "sensor_detected": false,
                "target_info": {
                    "os": target.site.operating_system(), "server": target.site.server(), "responsive": !failed,
                    "technologies": [format!("{:?}", target.site.platform)],
                },
                "web_scan_status": web_scan_status,
            } },
            "main": {
                "status": result.status(now),
                "progress": progress(result, now),
                "start_date": time(result.began()),
                "duration": seconds as u64,
                "messages": messages(result, &host),
                "vulns": vulns,
                "web_scan_status": web_scan_status,
            },
        } },
    })))
}

/// The activity of a run. The kinds are choices; the shape is documented.
fn messages(result: &Outcome, host: &Value) -> Vec<Value> {
    let message = |kind: &str, data: &str, at: Moment| json!({ "kind": kind, "data": data, "time": time(at), "level": "0", "target_info": host });
    let started = result.execution.started.map(|at| message("scan_started", &result.engine, at));
    let ended =
        result.execution.ended.map(|at| message("scan_ended", super::state::word(result.execution.phase()), at));
    started.into_iter().chain(ended).collect()
}

/// How often each kind of vulnerability was found.
async fn types(
    call: Call,
    Path((scan, result)): Path<(String, String)>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<Value>> {
    let page = query.page()?;
    let state = call.state();
    let (target, result) = within(&state, &scan, &result)?;
    let mut counts: BTreeMap<String, (crate::sites::Weakness, Vec<String>)> = BTreeMap::new();
    for (_, flaw) in result.found(call.now) {
        let entry = counts.entry(type_id(flaw.weakness)).or_insert((flaw.weakness, Vec::new()));
        entry.1.push(url(&flaw, target));
    }
    let (here, pagination) = page.of(counts.into_iter().collect());
    let types: Vec<Value> = here
        .into_iter()
        .map(|(id, (weakness, places))| {
            let (name, severity) = words(weakness).map_or(("", 0), |words| (words.name, words.severity));
            json!({
                "vt_id": id, "name": name, "severity": severity, "tags": tags(weakness), "app": "wvs",
                "cvss2": "", "cvss3": weakness.facts().cvss3.1, "cvss4": "", "count": places.len(),
            })
        })
        .collect();
    Ok(Json(json!({ "vulnerability_types": types, "pagination": pagination })))
}
