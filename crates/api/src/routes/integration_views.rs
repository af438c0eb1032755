//! What belongs to an integration: its health, its test, its sub-scanners, what the vendor has and had, the blocklist.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::ids::{BlockId, IntegrationId};
use scanhelm_core::permission::Permission;
use uuid::Uuid;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::integration::{Backfill, BlockEntry, Health, RemoteScan, SubScanner, TestReport};
use crate::dto::list::Listing;
use crate::extract::{Asked, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::IntegrationRead);
    let manage = Access::Permission(Permission::IntegrationManage);
    operations
        .operation(read, handler!(health))
        .operation(manage, handler!(test))
        .operation(read, handler!(sub_scanners))
        .operation(read, handler!(remote_scans))
        .operation(Access::Permission(Permission::ScanImport), handler!(backfill))
        .operation(read, handler!(blocklist))
        .operation(manage, handler!(unblock))
}

/// How the connection is doing, and what to do when it is not well.
#[utoipa::path(get, path = "/api/v1/integrations/{id}/health", operation_id = "get_integration_health",
    tag = "integrations", params(("id" = Uuid, Path)), responses((status = 200, body = Health)))]
async fn health(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<IntegrationId>) -> ApiResult<Json<Health>> {
    Ok(Json(Health::of(&api.hub.integrations().get(&grant, id).await?)))
}

/// Tries the connection step by step: name, port, TLS, log-in, rights, version.
#[utoipa::path(post, path = "/api/v1/integrations/{id}/test", operation_id = "test_integration",
    tag = "integrations", params(("id" = Uuid, Path)), responses((status = 200, body = TestReport)))]
async fn test(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<IntegrationId>,
) -> ApiResult<Json<TestReport>> {
    Ok(Json(api.hub.integrations().test(&grant, id).await?.into()))
}

/// The vendor's child appliances. Comes whole.
#[utoipa::path(get, path = "/api/v1/integrations/{id}/sub-scanners", operation_id = "list_sub_scanners",
    tag = "integrations", params(("id" = Uuid, Path)), responses((status = 200, body = Listing<SubScanner>)))]
async fn sub_scanners(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<IntegrationId>,
) -> ApiResult<Json<Listing<SubScanner>>> {
    Ok(Json(Listing::whole(api.hub.integrations().sub_scanners(&grant, id).await?)))
}

/// The vendor's scans as they are now, and what the hub makes of each. Asks the vendor; comes whole.
#[utoipa::path(get, path = "/api/v1/integrations/{id}/remote-scans", operation_id = "list_remote_scans",
    tag = "integrations", params(("id" = Uuid, Path)),
    responses((status = 200, body = Listing<RemoteScan>), (status = 409, description = "The scanner cannot be asked.")))]
async fn remote_scans(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<IntegrationId>,
) -> ApiResult<Json<Listing<RemoteScan>>> {
    Ok(Json(Listing::whole(api.hub.integrations().remote_scans(&grant, id).await?)))
}

/// Imports the scanner's past: every completed run that it still has and nothing of which is in the hub.
///
/// `queued` is how many runs this request queued for import; asking again answers 0. Where the scanner takes long to
/// tell its past, `complete` is false and the count goes on rising in the job's `progress`.
#[utoipa::path(post, path = "/api/v1/integrations/{id}/backfill", operation_id = "backfill_integration",
    tag = "integrations", params(("id" = Uuid, Path)),
    responses((status = 202, body = Backfill), (status = 409, description = "The integration is disabled.")))]
async fn backfill(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<IntegrationId>,
) -> ApiResult<(StatusCode, Json<Backfill>)> {
    let ordered = api.hub.integrations().backfill(&grant, id).await?;
    Ok((StatusCode::ACCEPTED, Json(ordered.into())))
}

struct BlockList {
    integration_id: Option<Uuid>,
}

impl Filters for BlockList {
    fn read(query: &mut QueryReader) -> Self {
        let integration_id = query.id("integration_id", |id| id);
        query.page("-created_at", &["created_at"]);
        Self { integration_id }
    }
}

/// Vendor scans that were deleted here and are not adopted again. Comes whole.
#[utoipa::path(get, path = "/api/v1/blocklist", operation_id = "list_blocklist", tag = "integrations",
    params(("integration_id" = Option<Uuid>, Query), Paging), responses((status = 200, body = Listing<BlockEntry>)))]
async fn blocklist(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(BlockList { integration_id }): Asked<BlockList>,
) -> ApiResult<Json<Listing<BlockEntry>>> {
    let entries = api.hub.integrations().blocklist(&grant).await?;
    let wanted = entries.into_iter().filter(|entry| integration_id.is_none_or(|id| id == entry.integration_id.0));
    Ok(Json(Listing::whole(wanted)))
}

/// Lets the next sweep adopt the scan again.
#[utoipa::path(delete, path = "/api/v1/blocklist/{id}", operation_id = "remove_from_blocklist", tag = "integrations",
    params(("id" = Uuid, Path)), responses((status = 204, description = "Removed.")))]
async fn unblock(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<BlockId>) -> ApiResult<StatusCode> {
    api.hub.integrations().unblock(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
