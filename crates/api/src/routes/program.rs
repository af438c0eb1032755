//! Metrics of the company's scan programme.

use axum::Json;
use axum::extract::State;
use scanhelm_core::Timestamp;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::program::ProgramMetrics;
use crate::dto::words::Time;
use crate::extract::{Asked, Filters, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations.operation(Access::Permission(Permission::ScanRead), handler!(program))
}

struct Wanted {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Filters for Wanted {
    fn read(query: &mut QueryReader) -> Self {
        Self { from: query.time("from"), to: query.time("to") }
    }
}

/// How the scan programme did: scans a day, adoption rate, durations, sync lag, imports. What nobody knows is `null`.
#[utoipa::path(get, path = "/api/v1/metrics/program", operation_id = "get_program_metrics", tag = "metrics",
    params(
        ("from" = Option<Time>, Query, description = "Beginning of the period; 30 days before its end when missing."),
        ("to" = Option<Time>, Query, description = "End of the period, not in it; now when missing."),
    ),
    responses(
        (status = 200, body = ProgramMetrics),
        (status = 422, description = "`invalid_input`: `from` is `out_of_range` (not before `to`, or over 366 days)"),
    ))]
async fn program(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Wanted { from, to }): Asked<Wanted>,
) -> ApiResult<Json<ProgramMetrics>> {
    Ok(Json(api.hub.program().metrics(&grant, from, to).await?.into()))
}
