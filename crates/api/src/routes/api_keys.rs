//! API keys.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::ids::ApiKeyId;
use scanhelm_core::permission::{Permission, Role};

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::account::{ApiKey, CreatedApiKey, NewApiKey};
use crate::dto::list::Listing;
use crate::extract::{Asked, Body, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let manage = Access::Permission(Permission::UserManage);
    operations.operation(manage, handler!(list)).operation(manage, handler!(create)).operation(manage, handler!(revoke))
}

/// The list is short and comes whole; paging is accepted so that a client needs no special case.
struct Whole;

impl Filters for Whole {
    fn read(query: &mut QueryReader) -> Self {
        query.page("-created_at", &["created_at"]);
        Self
    }
}

/// The company's keys, revoked ones too. Comes whole.
#[utoipa::path(get, path = "/api/v1/api-keys", operation_id = "list_api_keys", tag = "api keys",
    params(Paging), responses((status = 200, body = Listing<ApiKey>)))]
async fn list(State(api): State<Api>, Granted(grant): Granted, _: Asked<Whole>) -> ApiResult<Json<Listing<ApiKey>>> {
    Ok(Json(Listing::whole(api.hub.accounts().api_keys(&grant).await?)))
}

/// Makes a key of at most the caller's own role. `secret` is shown this once.
#[utoipa::path(post, path = "/api/v1/api-keys", operation_id = "create_api_key", tag = "api keys",
    request_body = NewApiKey, responses((status = 201, body = CreatedApiKey)))]
async fn create(
    State(api): State<Api>,
    Granted(grant): Granted,
    Body(new): Body<NewApiKey>,
) -> ApiResult<(StatusCode, Json<CreatedApiKey>)> {
    let role = new.role.map_or(Role::Viewer, |role| role.0);
    let expires_at = new.expires_at.map(|time| time.0);
    let issued = api.hub.accounts().create_api_key(&grant, &new.name, role, expires_at).await?;
    Ok((StatusCode::CREATED, Json(issued.into())))
}

/// Revokes a key at once.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", operation_id = "revoke_api_key", tag = "api keys",
    params(("id" = Uuid, Path)), responses((status = 204, description = "Revoked.")))]
async fn revoke(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<ApiKeyId>) -> ApiResult<StatusCode> {
    api.hub.accounts().revoke_api_key(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
