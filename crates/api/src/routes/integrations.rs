//! Integrations: list, create, read, edit, delete.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration as core;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;
use scanhelm_hub::catalogue;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::integration::{Integration, IntegrationPatch, NewIntegration};
use crate::dto::list::Listing;
use crate::extract::{Asked, Body, Filters, Id, IfMatch, QueryReader, Tagged, tagged};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let manage = Access::Permission(Permission::IntegrationManage);
    operations
        .operation(Access::Permission(Permission::IntegrationRead), handler!(list))
        .operation(manage, handler!(create))
        .operation(Access::Permission(Permission::IntegrationRead), handler!(get))
        .operation(manage, handler!(change))
        .operation(manage, handler!(delete))
}

/// A list that comes whole takes `limit` for the sake of uniform clients; it is short by nature.
pub(super) struct Whole;

impl Filters for Whole {
    fn read(query: &mut QueryReader) -> Self {
        let _: PageRequest = query.page("name", &["name", "created_at"]);
        Self
    }
}

fn shown(integration: core::Integration) -> Integration {
    let names = catalogue::manifest(&integration.connector).map(|manifest| (manifest.vendor, manifest.product));
    Integration::new(integration, names)
}

/// The company's integrations. Comes whole.
#[utoipa::path(get, path = "/api/v1/integrations", operation_id = "list_integrations", tag = "integrations",
    params(crate::extract::Paging), responses((status = 200, body = Listing<Integration>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    _: Asked<Whole>,
) -> ApiResult<Json<Listing<Integration>>> {
    let integrations = api.hub.integrations().list(&grant).await?;
    Ok(Json(Listing::whole(integrations.into_iter().map(shown))))
}

/// Connects a vendor instance. It is looked at at once.
#[utoipa::path(post, path = "/api/v1/integrations", operation_id = "create_integration", tag = "integrations",
    request_body = NewIntegration,
    responses(
        (status = 201, body = Integration, headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "`integration_name_taken`"),
        (status = 422, description = "`invalid_input` or `address_refused`"),
    ))]
async fn create(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(new): Body<NewIntegration>,
) -> ApiResult<Response> {
    let integration = api.hub.integrations().create(&grant, new.into()).await?;
    let location = format!("/api/v1/integrations/{}", integration.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], tagged(shown(integration))).into_response())
}

/// One integration.
#[utoipa::path(get, path = "/api/v1/integrations/{id}", operation_id = "get_integration", tag = "integrations",
    params(("id" = Uuid, Path)), responses((status = 200, body = Integration, headers(("ETag" = String)))))]
async fn get(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<IntegrationId>,
) -> ApiResult<Tagged<Integration>> {
    Ok(tagged(shown(api.hub.integrations().get(&grant, id).await?)))
}

/// Edits an integration. Another host needs the credentials again.
#[utoipa::path(patch, path = "/api/v1/integrations/{id}", operation_id = "update_integration", tag = "integrations",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = IntegrationPatch,
    responses(
        (status = 200, body = Integration, headers(("ETag" = String))),
        (status = 409, description = "`integration_name_taken`"),
        (status = 412, description = "`stale_version`"),
    ))]
async fn change(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<IntegrationId>,
    IfMatch(version): IfMatch,
    Body(patch): Body<IntegrationPatch>,
) -> ApiResult<Tagged<Integration>> {
    Ok(tagged(shown(api.hub.integrations().update(&grant, id, patch.into(), version).await?)))
}

/// Removes the connection with its credentials. Its scans stay as records with their findings.
#[utoipa::path(delete, path = "/api/v1/integrations/{id}", operation_id = "delete_integration", tag = "integrations",
    params(("id" = Uuid, Path)), responses((status = 204, description = "Removed.")))]
async fn delete(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<IntegrationId>) -> ApiResult<StatusCode> {
    api.hub.integrations().delete(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
