//! Scans: list, create, read, edit, delete.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use scanhelm_core::ids::{IntegrationId, ScanId, SubScannerId};
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;
use scanhelm_core::scan::Origin;
use scanhelm_core::status::ImportState as CoreImportState;
use scanhelm_hub::ScanFilter;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::scan::{NewScan, Scan, ScanPatch};
use crate::dto::scan_parts::DeletedScan;
use crate::dto::words::{ImportState, ScanOrigin, ScanStatus, Time};
use crate::extract::{Asked, Body, Filters, Id, IfMatch, Paging, QueryReader, Tagged, tagged};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Permission(Permission::ScanRead), handler!(list))
        .operation(Access::Permission(Permission::ScanCreate), handler!(create))
        .operation(Access::Permission(Permission::ScanRead), handler!(get))
        .operation(Access::Permission(Permission::ScanCreate), handler!(change))
        .operation(Access::Permission(Permission::ScanDelete), handler!(delete))
}

struct ScanList {
    filter: ScanFilter,
    page: PageRequest,
}

const SORTS: &[&str] = &["created_at", "name", "started_at", "finished_at", "status", "severity"];

impl Filters for ScanList {
    fn read(query: &mut QueryReader) -> Self {
        let filter = ScanFilter {
            status: query.words("status"),
            origin: query.word_of("origin", &Origin::ALL, Origin::as_str),
            integration_id: query.id("integration_id", IntegrationId),
            vendor: query.text("vendor"),
            scan_type: query.text("scan_type"),
            sub_scanner_id: query.id("sub_scanner_id", SubScannerId),
            assessment_run_id: query.text("assessment_run_id"),
            commit_sha: query.text("commit_sha"),
            branch_name: query.text("branch_name"),
            import_state: query.word_of("import_state", &CoreImportState::ALL, CoreImportState::as_str),
            stale: query.flag("stale"),
            q: query.text("q"),
            created_after: query.time("created_after"),
            created_before: query.time("created_before"),
            ..ScanFilter::default()
        };
        Self { filter, page: query.page("-created_at", SORTS) }
    }
}

/// The company's scans.
#[utoipa::path(get, path = "/api/v1/scans", operation_id = "list_scans", tag = "scans",
    params(
        ("status" = Option<Vec<ScanStatus>>, Query, description = "Any of these. `pending` is read as `queued`."),
        ("origin" = Option<ScanOrigin>, Query),
        ("integration_id" = Option<Uuid>, Query),
        ("vendor" = Option<String>, Query, description = "A connector's id, `local`, or the scanner of a report."),
        ("scan_type" = Option<String>, Query),
        ("sub_scanner_id" = Option<Uuid>, Query),
        ("assessment_run_id" = Option<String>, Query),
        ("commit_sha" = Option<String>, Query),
        ("branch_name" = Option<String>, Query),
        ("import_state" = Option<ImportState>, Query),
        ("stale" = Option<bool>, Query, description = "Whether the scanner should have been asked since."),
        ("q" = Option<String>, Query, description = "A text in the name, the vendor's id, the commit or the targets."),
        ("created_after" = Option<Time>, Query),
        ("created_before" = Option<Time>, Query),
        Paging,
    ),
    responses((status = 200, body = Listing<Scan>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(ScanList { filter, page }): Asked<ScanList>,
) -> ApiResult<Json<Listing<Scan>>> {
    Ok(Json(Listing::of(api.hub.scans().list(&grant, &filter, &page).await?)))
}

/// Makes a scan: at a vendor, linked to one that is there, of a local path, or as a record.
///
/// Everything is checked before anything is stored or sent.
#[utoipa::path(post, path = "/api/v1/scans", operation_id = "create_scan", tag = "scans", request_body = NewScan,
    responses(
        (status = 201, body = Scan, headers(("Location" = String), ("ETag" = String))),
        (status = 409, description =
            "`scan_name_taken`, `company_deactivated`, `scan_already_linked` or `unsupported_by_vendor`"),
    ))]
async fn create(State(api): State<Api>, Granted(grant): Granted, Body(new): Body<NewScan>) -> ApiResult<Response> {
    let scan = api.hub.scans().create(&grant, new.into_command()?).await?;
    let location = format!("/api/v1/scans/{}", scan.scan.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], tagged(Scan::from(scan))).into_response())
}

/// One scan.
#[utoipa::path(get, path = "/api/v1/scans/{id}", operation_id = "get_scan", tag = "scans",
    params(("id" = Uuid, Path)), responses((status = 200, body = Scan, headers(("ETag" = String)))))]
async fn get(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ScanId>) -> ApiResult<Tagged<Scan>> {
    Ok(tagged(api.hub.scans().get(&grant, id).await?.into()))
}

/// Edits what people may edit of a scan. Its status is not among that, for no role.
#[utoipa::path(patch, path = "/api/v1/scans/{id}", operation_id = "update_scan", tag = "scans",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = ScanPatch,
    responses(
        (status = 200, body = Scan, headers(("ETag" = String))),
        (status = 409, description = "`scan_name_taken`"),
        (status = 412, description = "`stale_version`"),
        (status = 422, description = "`status_is_system_written` or `invalid_input`"),
    ))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScanId>,
    IfMatch(version): IfMatch,
    Body(patch): Body<ScanPatch>,
) -> ApiResult<Tagged<Scan>> {
    let scan = api.hub.scans().change(&grant, id, patch.into_command()?, version).await?;
    Ok(tagged(scan.into()))
}

struct Deletion {
    cascade_remote: bool,
    force: bool,
}

impl Filters for Deletion {
    fn read(query: &mut QueryReader) -> Self {
        Self {
            cascade_remote: query.flag("cascade_remote").unwrap_or_default(),
            force: query.flag("force").unwrap_or_default(),
        }
    }
}

/// Deletes a scan here, and with `cascade_remote` at its vendor. It is not adopted again.
#[utoipa::path(delete, path = "/api/v1/scans/{id}", operation_id = "delete_scan", tag = "scans",
    params(
        ("id" = Uuid, Path),
        ("cascade_remote" = Option<bool>, Query, description = "Delete the vendor's copy too."),
        ("force" = Option<bool>, Query, description = "Cancel an active local scan first."),
    ),
    responses(
        (status = 200, body = DeletedScan, description = "With `cascade_remote`: what became of the vendor's copy."),
        (status = 204, description = "Deleted here."),
        (status = 409, description = "`scan_is_active`"),
    ))]
async fn delete(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScanId>,
    Asked(Deletion { cascade_remote, force }): Asked<Deletion>,
) -> ApiResult<Response> {
    let deleted = api.hub.scans().delete(&grant, id, cascade_remote, force).await?;
    Ok(if cascade_remote {
        Json(DeletedScan::from(deleted)).into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    })
}
