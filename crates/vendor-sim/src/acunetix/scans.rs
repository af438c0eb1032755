//! `/scans`: what is scanned, how and when.
//!
//! The Swagger says in words that the id of a new scan is in the `Location` header only, and in its schema that the
//! body is the scan; clients of the product read the id from the body. Both are answered here; to play a server of
//! the first kind, arm the fault `drop-field,field=scan_id,op=scans.create`. What deleting a scan under way does is
//! not known: here it goes at once, with all its results.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Acunetix;
use super::answer::{Answer, Call, Refused, body, created, time};
use super::paging::{Filter, ListQuery};
use super::profiles;
use super::schedule::{Schedule, ScheduleOrder};
use super::state::{Outcome, Scan, State, Target};
use crate::clock::Moment;
use crate::ledger::Action;

pub(super) fn routes() -> Router<Arc<Acunetix>> {
    Router::new()
        .route("/scans", get(list).post(create))
        .route("/scans/{id}", get(details).patch(update).delete(remove))
}

/// Severity counts as the API writes them.
pub(super) fn severity_counts(counts: [u64; 5]) -> Value {
    let [info, low, medium, high, critical] = counts;
    json!({ "critical": critical, "high": high, "medium": medium, "low": low, "info": info })
}

/// The highest severity that was found, 0 when nothing was.
pub(super) fn threat(counts: [u64; 5]) -> usize {
    counts.iter().rposition(|count| *count > 0).unwrap_or(0)
}

/// The percentage a session shows: nothing until it is done, as version 24.8 was seen to do.
pub(super) fn progress(result: &Outcome, now: Moment) -> u8 {
    if result.status(now) == "completed" { 100 } else { 0 }
}

fn session(result: Option<&Outcome>, now: Moment) -> Value {
    let Some(result) = result else {
        return json!({
            "status": "scheduled", "event_level": 0, "severity_counts": severity_counts([0; 5]), "progress": 0,
            "start_date": null, "threat": 0, "scan_session_id": null, "acusensor": false,
        });
    };
    let counts = result.counts(now);
    json!({
        "status": result.status(now),
        "event_level": u8::from(result.status(now) == "failed"),
        "severity_counts": severity_counts(counts),
        "progress": progress(result, now),
        "start_date": time(result.began()),
        "threat": threat(counts),
        "scan_session_id": result.id,
        "acusensor": false,
    })
}

/// A scan as lists and details show it.
fn item(scan: &Scan, target: &Target, now: Moment) -> Value {
    let before = scan.results.len().checked_sub(2).and_then(|index| scan.results.get(index));
    let mut item = json!({
        "scan_id": scan.id,
        "target_id": scan.target_id,
        "target": {
            "address": target.address, "description": target.description, "criticality": target.criticality,
            "type": target.kind,
        },
        "criticality": target.criticality,
        "profile_id": scan.profile_id,
        "profile_name": profiles::name(&scan.profile_id),
        "report_template_id": scan.report_template_id,
        "schedule": scan.schedule.json(),
        "next_run": scan.schedule.next().map(time),
        "incremental": scan.incremental,
        "max_scan_time": scan.max_scan_time,
        "manual_intervention": false,
        "start_date": scan.latest().map(|result| time(result.began())),
        "current_session": session(scan.latest(), now),
    });
    if let (Some(before), Some(fields)) = (before, item.as_object_mut()) {
        fields.insert("previous_session".to_owned(), session(Some(before), now));
    }
    item
}

fn admits(filters: &[Filter<'_>], scan: &Scan, target: &Target, now: Moment) -> Answer<bool> {
    for filter in filters {
        let fits = match filter.name {
            "target_id" | "target" => filter.admits(&scan.target_id),
            "profile_id" => filter.admits(&scan.profile_id),
            "status" | "scan_status" => filter.admits(scan.status(now)),
            "criticality" | "business_criticality" => filter.admits(target.criticality),
            "threat" => filter.admits(threat(scan.latest().map_or([0; 5], |result| result.counts(now)))),
            _ => return filter.unknown(),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn list(call: Call, Query(query): Query<ListQuery>) -> Answer<Json<Value>> {
    let page = query.page()?;
    let filters = page.filters()?;
    let state = call.state();
    let mut entries = Vec::new();
    for scan in state.scans.values() {
        if let Some(target) = state.target(&scan.target_id)
            && admits(&filters, scan, target, call.now)?
        {
            entries.push((scan, target));
        }
    }
    let (here, pagination) = page.of(entries);
    let scans: Vec<Value> = here.into_iter().map(|(scan, target)| item(scan, target, call.now)).collect();
    Ok(Json(json!({ "scans": scans, "pagination": pagination })))
}

fn show(state: &State, id: &str, now: Moment) -> Answer<Value> {
    let scan = state.scan(id).ok_or_else(|| Refused::not_found("Scan"))?;
    let target = state.target(&scan.target_id).ok_or_else(|| Refused::not_found("Target"))?;
    Ok(item(scan, target, now))
}

async fn details(call: Call, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(show(&call.state(), &id, call.now)?))
}

#[derive(Debug, Deserialize)]
struct Order {
    target_id: Option<String>,
    profile_id: Option<String>,
    report_template_id: Option<String>,
    schedule: Option<ScheduleOrder>,
    max_scan_time: Option<u32>,
    incremental: Option<bool>,
}

impl Order {
    /// Takes over what is not about when the scan runs.
    fn apply(self, scan: &mut Scan) {
        scan.profile_id = self.profile_id.unwrap_or_else(|| scan.profile_id.clone());
        scan.report_template_id = self.report_template_id.or(scan.report_template_id.take());
        scan.max_scan_time = self.max_scan_time.unwrap_or(scan.max_scan_time);
        scan.incremental = self.incremental.unwrap_or(scan.incremental);
    }

    fn check(&self) -> Answer<()> {
        if self.profile_id.as_deref().is_some_and(|id| profiles::name(id).is_none()) {
            return Err(Refused::not_found("Scanning profile"));
        }
        Ok(())
    }
}

async fn create(call: Call, bytes: Bytes) -> Answer<Response> {
    let mut order: Order = body(&bytes)?;
    let missing = |field: &str| Refused::invalid(format!("body.{field}: is missing"));
    let target = order.target_id.clone().ok_or_else(|| missing("target_id"))?;
    let profile = order.profile_id.clone().ok_or_else(|| missing("profile_id"))?;
    let schedule = order.schedule.take().ok_or_else(|| missing("schedule"))?;
    order.check()?;
    let schedule = Schedule::ordered(schedule, call.now)?;
    let at_once = schedule.starts_at_once();

    let mut state = call.state();
    state.target(&target).ok_or_else(|| Refused::not_found("Target"))?;
    let id = state.add_scan(&target, &profile, schedule, call.now);
    if let Some(scan) = state.scan_mut(&id) {
        order.apply(scan);
    }
    call.effect(Action::Create, &id, None);
    if at_once && let Some(result) = state.launch(&id, call.now) {
        call.effect(Action::Launch, &id, Some(&result));
    }
    Ok(created(&format!("{}/scans/{id}", super::ROOT), show(&state, &id, call.now)?))
}

async fn update(call: Call, Path(id): Path<String>, bytes: Bytes) -> Answer<StatusCode> {
    let mut order: Order = body(&bytes)?;
    order.check()?;
    let schedule = order.schedule.take().map(|schedule| Schedule::ordered(schedule, call.now)).transpose()?;
    let mut state = call.state();
    let scan = state.scan_mut(&id).ok_or_else(|| Refused::not_found("Scan"))?;
    order.apply(scan);
    if let Some(schedule) = schedule {
        scan.schedule = schedule;
        call.effect(Action::Schedule, &id, None);
    }
    call.effect(Action::Update, &id, None);
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(call: Call, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut state = call.state();
    state.remove_scan(&id).ok_or_else(|| Refused::not_found("Scan"))?;
    call.effect(Action::Delete, &id, None);
    Ok(StatusCode::NO_CONTENT)
}
