//! What belongs to a scan: its feed, runs, settings, assets, findings, and what its scanner shows now.

use axum::Json;
use axum::extract::State;
use scanhelm_core::finding::delta::Difference;
use scanhelm_core::ids::{RunId, ScanId};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;
use scanhelm_hub::scans::DeltaQuestion;

use super::finding_filters::{CommonFilters, FindingList};
use super::findings::{listed, surroundings};
use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::asset::Asset;
use crate::dto::delta::FindingsDelta;
use crate::dto::finding::Finding;
use crate::dto::list::Listing;
use crate::dto::scan_parts::{Activity, Preview, Run, ScanConfig};
use crate::extract::{Asked, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::ScanRead);
    operations
        .operation(read, handler!(preview))
        .operation(read, handler!(activity))
        .operation(read, handler!(runs))
        .operation(read, handler!(config))
        .operation(Access::Permission(Permission::AssetRead), handler!(assets))
        .operation(Access::Permission(Permission::FindingRead), handler!(findings))
        .operation(Access::Permission(Permission::FindingRead), handler!(findings_delta))
        .operation(Access::Permission(Permission::FindingRead), handler!(delta_findings))
}

/// What the scanner shows of the scan right now, as the hub last saw it.
#[utoipa::path(get, path = "/api/v1/scans/{id}/preview", operation_id = "get_scan_preview", tag = "scans",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Preview),
        (status = 409, description = "`not_linked` or `unsupported_by_vendor`, or the scanner cannot be asked"),
    ))]
async fn preview(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ScanId>) -> ApiResult<Json<Preview>> {
    Ok(Json(api.hub.scans().preview(&grant, id).await?.into()))
}

struct Feed(PageRequest);

impl Filters for Feed {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("-seq", &["seq"]))
    }
}

/// Everything that happened to the scan, newest first.
#[utoipa::path(get, path = "/api/v1/scans/{id}/activity", operation_id = "list_scan_activity", tag = "scans",
    params(("id" = Uuid, Path), Paging), responses((status = 200, body = Listing<Activity>)))]
async fn activity(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScanId>,
    Asked(Feed(page)): Asked<Feed>,
) -> ApiResult<Json<Listing<Activity>>> {
    Ok(Json(Listing::of(api.hub.scans().activity(&grant, id, &page).await?)))
}

/// The scan's executions, newest first. Comes whole.
#[utoipa::path(get, path = "/api/v1/scans/{id}/runs", operation_id = "list_scan_runs", tag = "scans",
    params(("id" = Uuid, Path)), responses((status = 200, body = Listing<Run>)))]
async fn runs(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ScanId>) -> ApiResult<Json<Listing<Run>>> {
    Ok(Json(Listing::whole(api.hub.scans().runs(&grant, id).await?)))
}

/// What the scan was asked to do, and what its scanner tells of its settings.
#[utoipa::path(get, path = "/api/v1/scans/{id}/config", operation_id = "get_scan_config", tag = "scans",
    params(("id" = Uuid, Path)), responses((status = 200, body = ScanConfig)))]
async fn config(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ScanId>) -> ApiResult<Json<ScanConfig>> {
    Ok(Json(api.hub.scans().get(&grant, id).await?.into()))
}

struct AssetList(PageRequest);

impl Filters for AssetList {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("name", super::assets::SORTS))
    }
}

/// The assets that the scan's results name.
#[utoipa::path(get, path = "/api/v1/scans/{id}/assets", operation_id = "list_scan_assets", tag = "scans",
    params(("id" = Uuid, Path), Paging), responses((status = 200, body = Listing<Asset>)))]
async fn assets(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScanId>,
    Asked(AssetList(page)): Asked<AssetList>,
) -> ApiResult<Json<Listing<Asset>>> {
    Ok(Json(Listing::of(api.hub.scans().assets(&grant, id, &page).await?)))
}

/// The findings that the scan's results show.
#[utoipa::path(get, path = "/api/v1/scans/{id}/findings", operation_id = "list_scan_findings", tag = "scans",
    params(("id" = Uuid, Path), CommonFilters, Paging),
    responses((status = 200, body = Listing<Finding>)))]
async fn findings(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScanId>,
    Asked(asked): Asked<FindingList>,
) -> ApiResult<Json<Listing<Finding>>> {
    // The scan must be the company's own before its id becomes a filter: an unknown one is 404, not an empty list.
    api.hub.scans().get(&grant, id).await?;
    let mut filter = asked.asked.meant(&api, &grant).await?;
    filter.scan_id = Some(id);
    let found = api.hub.findings().list(&grant, &filter, &asked.page).await?;
    Ok(Json(listed(&api, &grant, found).await?))
}

struct Delta(DeltaQuestion);

impl Filters for Delta {
    fn read(query: &mut QueryReader) -> Self {
        Self(DeltaQuestion {
            run: query.id("run", RunId),
            against: query.id("against", RunId),
            limit: query.limit() as usize,
        })
    }
}

/// What the latest run with results changed against the one before it, or against any other.
#[utoipa::path(get, path = "/api/v1/scans/{id}/findings-delta", operation_id = "get_scan_findings_delta", tag = "scans",
    params(
        ("id" = Uuid, Path),
        ("run" = Option<Uuid>, Query, description = "A run of this scan; by default the latest with results."),
        ("against" = Option<Uuid>, Query, description = "Any run; by default the one before it with results."),
        ("limit" = Option<u32>, Query, description = "Findings in each list: 1 to 500, by default 50."),
    ),
    responses(
        (status = 200, body = FindingsDelta),
        (status = 409, description = "`conflict`: no results are imported yet"),
    ))]
async fn findings_delta(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScanId>,
    Asked(Delta(question)): Asked<Delta>,
) -> ApiResult<Json<FindingsDelta>> {
    let delta = api.hub.scans().delta(&grant, id, question).await?;
    let around = surroundings(&api, &grant, delta.parts.iter().flat_map(|part| &part.findings)).await?;
    Ok(Json(FindingsDelta::new(delta, &around)))
}

struct DeltaList {
    question: DeltaQuestion,
    difference: Difference,
    cursor: Option<String>,
}

impl Filters for DeltaList {
    fn read(query: &mut QueryReader) -> Self {
        let Delta(question) = Delta::read(query);
        let difference = query.word_of("difference", &Difference::ALL, Difference::as_str).unwrap_or(Difference::New);
        Self { question, difference, cursor: query.text("cursor") }
    }
}

/// One list of `findings-delta`, page by page: the worst first.
#[utoipa::path(get, path = "/api/v1/scans/{id}/findings-delta/findings", operation_id = "list_scan_findings_delta",
    tag = "scans",
    params(
        ("id" = Uuid, Path),
        ("difference" = Option<String>, Query, example = "new",
            description = "`new` (the default), `regressed`, `unchanged`, `fixed` or `not_seen`."),
        ("run" = Option<Uuid>, Query, description = "A run of this scan; by default the latest with results."),
        ("against" = Option<Uuid>, Query, description = "Any run; by default the one before it with results."),
        ("limit" = Option<u32>, Query, description = "How many rows: 1 to 500, by default 50."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
    ),
    responses(
        (status = 200, body = Listing<Finding>),
        (status = 409, description = "`conflict`: no results are imported yet"),
    ))]
async fn delta_findings(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScanId>,
    Asked(DeltaList { question, difference, cursor }): Asked<DeltaList>,
) -> ApiResult<Json<Listing<Finding>>> {
    let found = api.hub.scans().delta_findings(&grant, id, question, difference, cursor.as_deref()).await?;
    Ok(Json(listed(&api, &grant, found).await?))
}
