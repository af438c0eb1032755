//! Schedules: list, create, read, edit, delete; what became of their times; and a look ahead before storing.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use scanhelm_core::ids::{ScanId, ScheduleId};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;
use scanhelm_core::schedule::RunOutcome as CoreRunOutcome;
use scanhelm_hub::ScheduleFilter;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::schedule::{NewSchedule, Schedule, SchedulePatch, SchedulePreview, ScheduleRun};
use crate::dto::words::RunOutcome;
use crate::extract::{Asked, Body, Filters, Id, IfMatch, Paging, QueryReader, Tagged, tagged};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::ScanRead);
    let manage = Access::Permission(Permission::ScheduleManage);
    operations
        .operation(read, handler!(list))
        .operation(manage, handler!(create))
        .operation(read, handler!(preview))
        .operation(read, handler!(get))
        .operation(manage, handler!(change))
        .operation(manage, handler!(delete))
        .operation(read, handler!(runs))
}

struct ScheduleList {
    filter: ScheduleFilter,
    page: PageRequest,
}

impl Filters for ScheduleList {
    fn read(query: &mut QueryReader) -> Self {
        let filter = ScheduleFilter { scan_id: query.id("scan_id", ScanId), active: query.flag("active") };
        Self { filter, page: query.page("-created_at", &["created_at", "next_at"]) }
    }
}

/// The company's schedules with their next times and those that were missed.
#[utoipa::path(get, path = "/api/v1/schedules", operation_id = "list_schedules", tag = "schedules",
    params(
        ("scan_id" = Option<Uuid>, Query),
        ("active" = Option<bool>, Query, description = "Running, or paused by whomever."),
        Paging,
    ),
    responses((status = 200, body = Listing<Schedule>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(ScheduleList { filter, page }): Asked<ScheduleList>,
) -> ApiResult<Json<Listing<Schedule>>> {
    Ok(Json(Listing::of(api.hub.schedules().list(&grant, &filter, &page).await?)))
}

/// Gives a scan its schedule. A scan that could never be started by it is refused with the reason.
#[utoipa::path(post, path = "/api/v1/schedules", operation_id = "create_schedule", tag = "schedules",
    request_body = NewSchedule,
    responses(
        (status = 201, body = Schedule, headers(("Location" = String), ("ETag" = String))),
        (status = 409, description =
            "`schedule_exists`, `unsupported_by_vendor`, `not_linked` or `company_deactivated`"),
        (status = 422, description =
            "`invalid_input`: `cron` is `fields`, `malformed`, `too_long` or `impossible_date`, `tz` is `unknown`"),
    ))]
async fn create(State(api): State<Api>, Granted(grant): Granted, Body(new): Body<NewSchedule>) -> ApiResult<Response> {
    let schedule = api.hub.schedules().create(&grant, new.into()).await?;
    let location = format!("/api/v1/schedules/{}", schedule.schedule.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], tagged(Schedule::from(schedule))).into_response())
}

struct Wanted {
    cron: String,
    tz: String,
}

impl Filters for Wanted {
    fn read(query: &mut QueryReader) -> Self {
        Self { cron: query.text("cron").unwrap_or_default(), tz: query.text("tz").unwrap_or_else(|| "UTC".to_owned()) }
    }
}

/// The next five times of a timetable, before it is stored. Refused as storing it would be.
#[utoipa::path(get, path = "/api/v1/schedules/preview", operation_id = "preview_schedule", tag = "schedules",
    params(
        ("cron" = String, Query, example = "30 2 * * 1-5",
            description = "Five fields: minute, hour, day of month, month, day of week."),
        ("tz" = Option<String>, Query, description = "IANA name; UTC when left out."),
    ),
    responses((status = 200, body = SchedulePreview)))]
async fn preview(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(Wanted { cron, tz }): Asked<Wanted>,
) -> ApiResult<Json<SchedulePreview>> {
    Ok(Json(api.hub.schedules().preview(&grant, &cron, &tz)?.into()))
}

/// One schedule.
#[utoipa::path(get, path = "/api/v1/schedules/{id}", operation_id = "get_schedule", tag = "schedules",
    params(("id" = Uuid, Path)), responses((status = 200, body = Schedule, headers(("ETag" = String)))))]
async fn get(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ScheduleId>) -> ApiResult<Tagged<Schedule>> {
    Ok(tagged(api.hub.schedules().get(&grant, id).await?.into()))
}

/// Changes, pauses or resumes a schedule, at once. A time that has already come is still served, once.
#[utoipa::path(patch, path = "/api/v1/schedules/{id}", operation_id = "update_schedule", tag = "schedules",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = SchedulePatch,
    responses(
        (status = 200, body = Schedule, headers(("ETag" = String))),
        (status = 412, description = "`stale_version`"),
    ))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScheduleId>,
    IfMatch(version): IfMatch,
    Body(patch): Body<SchedulePatch>,
) -> ApiResult<Tagged<Schedule>> {
    Ok(tagged(api.hub.schedules().change(&grant, id, patch.into(), version).await?.into()))
}

/// Removes a schedule and the history of its times. The scan and its runs stay.
#[utoipa::path(delete, path = "/api/v1/schedules/{id}", operation_id = "delete_schedule", tag = "schedules",
    params(("id" = Uuid, Path)), responses((status = 204, description = "Removed.")))]
async fn delete(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ScheduleId>) -> ApiResult<StatusCode> {
    api.hub.schedules().delete(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

struct RunList {
    outcome: Option<CoreRunOutcome>,
    page: PageRequest,
}

impl Filters for RunList {
    fn read(query: &mut QueryReader) -> Self {
        Self {
            outcome: query.word_of("outcome", &CoreRunOutcome::ALL, CoreRunOutcome::as_str),
            page: query.page("-nominal_at", &["nominal_at"]),
        }
    }
}

/// What became of a schedule's times: started, missed, skipped or failed. Kept for 90 days.
#[utoipa::path(get, path = "/api/v1/schedules/{id}/runs", operation_id = "list_schedule_runs", tag = "schedules",
    params(("id" = Uuid, Path), ("outcome" = Option<RunOutcome>, Query), Paging),
    responses((status = 200, body = Listing<ScheduleRun>)))]
async fn runs(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScheduleId>,
    Asked(RunList { outcome, page }): Asked<RunList>,
) -> ApiResult<Json<Listing<ScheduleRun>>> {
    Ok(Json(Listing::of(api.hub.schedules().runs(&grant, id, outcome, &page).await?)))
}
