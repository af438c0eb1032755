//! Background work: watching and cancelling it.

use axum::Json;
use axum::extract::State;
use scanhelm_core::ids::JobId;
use scanhelm_core::job::JobState as CoreJobState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;
use scanhelm_hub::JobFilter;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::bulk::JobResult;
use crate::dto::job::Job;
use crate::dto::list::Listing;
use crate::dto::words::JobState;
use crate::extract::{Asked, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Permission(Permission::ScanRead), handler!(list))
        .operation(Access::Permission(Permission::ScanRead), handler!(get))
        .operation(Access::Permission(Permission::FindingRead), handler!(results))
        // Who may order a judgement may stop it; the rest asks for scan:control.
        .operation(Access::Permission(Permission::FindingTriage), handler!(cancel))
}

struct JobList {
    filter: JobFilter,
    page: PageRequest,
}

impl Filters for JobList {
    fn read(query: &mut QueryReader) -> Self {
        let filter = JobFilter {
            state: query.word_of("state", &CoreJobState::ALL, CoreJobState::as_str),
            kind: query.text("kind"),
        };
        Self { filter, page: query.page("-created_at", &["created_at"]) }
    }
}

/// The company's background work.
#[utoipa::path(get, path = "/api/v1/jobs", operation_id = "list_jobs", tag = "jobs",
    params(
        ("state" = Option<JobState>, Query),
        ("kind" = Option<String>, Query),
        Paging,
    ),
    responses((status = 200, body = Listing<Job>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(JobList { filter, page }): Asked<JobList>,
) -> ApiResult<Json<Listing<Job>>> {
    Ok(Json(Listing::of(api.hub.jobs().list(&grant, &filter, &page).await?)))
}

/// One piece of background work.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", operation_id = "get_job", tag = "jobs",
    params(("id" = Uuid, Path)), responses((status = 200, body = Job)))]
async fn get(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<JobId>) -> ApiResult<Json<Job>> {
    Ok(Json(api.hub.jobs().get(&grant, id).await?.into()))
}

struct Results {
    result: Option<&'static str>,
    page: PageRequest,
}

impl Filters for Results {
    fn read(query: &mut QueryReader) -> Self {
        let words = ["changed", "unchanged", "pending", "refused"];
        Self { result: query.word_of("result", &words, |word| word), page: query.page("id", &["id"]) }
    }
}

/// What became of each finding of an order on many, also while it runs. Empty for other work.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/results", operation_id = "list_job_results", tag = "jobs",
    params(
        ("id" = Uuid, Path),
        ("result" = Option<String>, Query, description = "`changed`, `unchanged`, `pending` or `refused`."),
        Paging,
    ),
    responses((status = 200, body = Listing<JobResult>)))]
async fn results(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<JobId>,
    Asked(Results { result, page }): Asked<Results>,
) -> ApiResult<Json<Listing<JobResult>>> {
    Ok(Json(Listing::of(api.hub.findings().judged(&grant, id, result, &page).await?)))
}

/// Asks it to stop: at once when it waits, at its next safe place when it runs.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", operation_id = "cancel_job", tag = "jobs",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Job), (status = 409, description = "It has ended, or cannot be taken back.")))]
async fn cancel(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<JobId>) -> ApiResult<Json<Job>> {
    Ok(Json(api.hub.jobs().cancel(&grant, id).await?.into()))
}
