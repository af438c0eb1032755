//! Assessment runs: scans that were made for one purpose, together.

use axum::Json;
use axum::extract::State;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::assessment::AssessmentRun;
use crate::dto::list::Listing;
use crate::extract::{Asked, Filters, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations.operation(Access::Permission(Permission::ScanRead), handler!(list))
}

struct Assessments(PageRequest);

impl Filters for Assessments {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("-created_at", &["created_at", "id"]))
    }
}

/// The assessment runs that scans belong to, that of the newest scan first.
///
/// The scans of one are `GET /scans?assessment_run_id=`.
#[utoipa::path(get, path = "/api/v1/assessment-runs", operation_id = "list_assessment_runs", tag = "scans",
    params(Paging), responses((status = 200, body = Listing<AssessmentRun>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Assessments(page)): Asked<Assessments>,
) -> ApiResult<Json<Listing<AssessmentRun>>> {
    Ok(Json(Listing::of(api.hub.scans().assessment_runs(&grant, &page).await?)))
}
