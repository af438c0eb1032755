//! Steering scans: orders to their scanner, cancelling local ones, importing, and "look now".

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::ids::{IntegrationId, ScanId};
use scanhelm_core::permission::Permission;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::job::JobTicket;
use crate::dto::scan::Scan;
use crate::dto::scan_parts::Ordered;
use crate::extract::{Asked, Filters, Id, OptionalBody, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let control = Access::Permission(Permission::ScanControl);
    operations
        .operation(control, handler!(launch))
        .operation(control, handler!(pause))
        .operation(control, handler!(resume))
        .operation(control, handler!(stop))
        .operation(control, handler!(cancel))
        .operation(Access::Permission(Permission::ScanImport), handler!(import))
        .operation(Access::Permission(Permission::ScanControl), handler!(sync))
}

type Accepted<T> = ApiResult<(StatusCode, Json<T>)>;

macro_rules! orders {
    ($($(#[doc = $doc:literal])+ $name:ident = ($path:literal, $operation:literal)),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[utoipa::path(post, path = $path, operation_id = $operation, tag = "scans",
            params(("id" = Uuid, Path)),
            responses(
                (status = 202, body = Ordered),
                (status = 409, description =
                    "`not_linked`, `unsupported_by_vendor`, `not_possible_in_state` or `company_deactivated`, each with a reason"),
            ))]
        async fn $name(
            State(api): State<Api>,
            Granted(grant): Granted,
            Id(id): Id<ScanId>,
        ) -> Accepted<Ordered> {
            Ok((StatusCode::ACCEPTED, Json(api.hub.scans().$name(&grant, id).await?.into())))
        }
    )+};
}

orders! {
    /// Asks the scanner to start the scan.
    ///
    /// The scan changes when its scanner is seen to have changed.
    launch = ("/api/v1/scans/{id}/launch", "launch_scan"),
    /// Asks the scanner to pause the scan.
    ///
    /// The scan changes when its scanner is seen to have changed.
    pause = ("/api/v1/scans/{id}/pause", "pause_scan"),
    /// Asks the scanner to go on with a paused scan.
    ///
    /// The scan changes when its scanner is seen to have changed.
    resume = ("/api/v1/scans/{id}/resume", "resume_scan"),
    /// Asks the scanner to stop the scan.
    ///
    /// The scan changes when its scanner is seen to have changed.
    stop = ("/api/v1/scans/{id}/stop", "stop_scan"),
}

/// Cancels a local scan: its processes are ended.
#[utoipa::path(post, path = "/api/v1/scans/{id}/cancel", operation_id = "cancel_scan", tag = "scans",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Scan),
        (status = 409, description = "`scan_is_terminal`, or not a local scan"),
    ))]
async fn cancel(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ScanId>) -> ApiResult<Json<Scan>> {
    Ok(Json(api.hub.scans().cancel(&grant, id).await?.into()))
}

struct Import {
    force: bool,
}

impl Filters for Import {
    fn read(query: &mut QueryReader) -> Self {
        Self { force: query.flag("force").unwrap_or_default() }
    }
}

/// Imports the results of the scan's latest run. Importing twice changes nothing.
#[utoipa::path(post, path = "/api/v1/scans/{id}/import", operation_id = "import_scan", tag = "scans",
    params(
        ("id" = Uuid, Path),
        ("force" = Option<bool>, Query, description = "Also when the run is already in."),
    ),
    responses(
        (status = 202, body = JobTicket),
        (status = 409, description = "`not_linked` or `not_possible_in_state`"),
    ))]
async fn import(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<ScanId>,
    Asked(Import { force }): Asked<Import>,
) -> Accepted<JobTicket> {
    Ok((StatusCode::ACCEPTED, Json(JobTicket::of(api.hub.imports().start(&grant, id, force).await?))))
}

/// Which integration to look at; all of the company when it is left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Sync {
    integration_id: Option<Uuid>,
}

/// Looks at the scanners now instead of at the next tick. Goes on when the caller goes away.
#[utoipa::path(post, path = "/api/v1/sync", operation_id = "sync", tag = "scans", request_body = Option<Sync>,
    responses(
        (status = 202, body = JobTicket),
        (status = 404, description = "Unknown integration, or another company's."),
    ))]
async fn sync(
    State(api): State<Api>,
    Granted(grant): Granted,
    OptionalBody(body): OptionalBody<Sync>,
) -> Accepted<JobTicket> {
    let job = api.hub.scans().sync(&grant, body.integration_id.map(IntegrationId)).await?;
    Ok((StatusCode::ACCEPTED, Json(JobTicket::of(job))))
}
