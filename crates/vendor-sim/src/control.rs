//! The simulator's own routes under `/_sim`: look into the ledger, cause trouble, move time, add scans.
//!
//! They are served next to the vendor's routes, without credentials, and leave no trace in the ledger. No fault ever
//! strikes them, so a test can always repair what it broke.

use std::time::Duration;

use axum::Router;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Json, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::fault::{Fault, FaultId};
use crate::vendor::{ScanSeed, ScanTruth};

pub(crate) fn routes(desk: Desk) -> Router {
    Router::new()
        .route("/_sim/ledger", get(ledger))
        .route("/_sim/fault", get(list_faults).post(arm_fault).delete(clear_faults))
        .route("/_sim/clock", get(clock).post(move_clock))
        .route("/_sim/scans", get(list_scans).post(add_scan))
        .route("/_sim/scans/{id}", get(one_scan))
        .with_state(desk)
}

/// A request to the simulator itself that it cannot follow.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        Refusal(StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text())
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Refusal(StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LedgerQuery {
    /// Only requests after this number.
    #[serde(default)]
    since: u64,
    /// Whether to list the served findings.
    served: Option<bool>,
}

async fn ledger(
    State(desk): State<Desk>,
    query: Result<Query<LedgerQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(query) = query?;
    desk.vendor.settle();
    let mut report = desk.ledger.report();
    report.requests.retain(|exchange| exchange.seq > query.since);
    if query.served == Some(false) {
        report.served.clear();
    }
    Ok(Json(json!(report)))
}

async fn list_faults(State(desk): State<Desk>) -> Json<Value> {
    Json(json!({ "faults": desk.faults.list() }))
}

async fn arm_fault(
    State(desk): State<Desk>,
    fault: Result<Json<Fault>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let Json(fault) = fault?;
    Ok((StatusCode::CREATED, Json(json!({ "id": desk.faults.arm(fault) }))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultQuery {
    id: Option<FaultId>,
}

async fn clear_faults(
    State(desk): State<Desk>,
    query: Result<Query<FaultQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(query) = query?;
    Ok(Json(json!({ "cleared": desk.faults.clear(query.id) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance_s: Option<f64>,
    speed: Option<f64>,
}

async fn clock(State(desk): State<Desk>) -> Json<Value> {
    Json(json!({ "now": desk.clock.now(), "speed": desk.clock.speed() }))
}

async fn move_clock(
    State(desk): State<Desk>,
    change: Result<Json<ClockChange>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    let Json(change) = change?;
    let refuse = |detail: &str| Refusal(StatusCode::UNPROCESSABLE_ENTITY, detail.to_owned());
    let advance = change
        .advance_s
        .map(Duration::try_from_secs_f64)
        .transpose()
        .map_err(|_| refuse("advance_s is a number of seconds, 0 or more"))?;
    if change.speed.is_some_and(|speed| !speed.is_finite() || speed < 0.0) {
        return Err(refuse("speed is the virtual seconds a real second, 0 or more"));
    }
    if let Some(speed) = change.speed {
        desk.clock.set_speed(speed);
    }
    if let Some(advance) = advance {
        desk.clock.advance(advance);
    }
    desk.vendor.settle();
    Ok(clock(State(desk)).await)
}

async fn list_scans(State(desk): State<Desk>) -> Json<Value> {
    desk.vendor.settle();
    Json(json!({ "scans": desk.vendor.scans() }))
}

async fn add_scan(
    State(desk): State<Desk>,
    seed: Result<Json<ScanSeed>, JsonRejection>,
) -> Result<(StatusCode, Json<ScanTruth>), Refusal> {
    let Json(seed) = seed?;
    desk.vendor.settle();
    let truth =
        desk.vendor.add_scan(seed).map_err(|error| Refusal(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    Ok((StatusCode::CREATED, Json(truth)))
}

/// One scan with the findings of every run.
async fn one_scan(State(desk): State<Desk>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    desk.vendor.settle();
    let scan = desk.vendor.scans().into_iter().find(|scan| scan.id == id);
    let scan = scan.ok_or_else(|| Refusal(StatusCode::NOT_FOUND, format!("the vendor has no scan {id}")))?;
    let findings: serde_json::Map<String, Value> = scan
        .history
        .iter()
        .map(|run| (run.uuid.clone(), json!(desk.vendor.findings(&scan.id, &run.uuid).unwrap_or_default())))
        .collect();
    Ok(Json(json!({ "scan": scan, "findings": findings })))
}
