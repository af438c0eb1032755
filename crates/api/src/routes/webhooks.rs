//! The hook that a vendor calls, and its secret.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::connections::peer_of;
use crate::dto::webhook::{IssuedWebhook, Webhook};
use crate::extract::{Id, RawBody};
use crate::problem::{ApiResult, Failure};
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Signed, handler!(receive))
        .operation(Access::Permission(Permission::IntegrationRead), handler!(show))
        .operation(Access::Permission(Permission::IntegrationManage), handler!(issue))
        .operation(Access::Permission(Permission::IntegrationManage), handler!(remove))
}

/// Where a call comes from, having taken its turn: before anything of it is read.
struct Sender;

impl FromRequestParts<Api> for Sender {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let address: IpAddr = peer_of(&parts.extensions);
        api.webhooks.take(address).map(|()| Self).map_err(|seconds| {
            Failure::rate_limited(format!("Too many calls from one address. Wait {seconds} seconds."), seconds)
        })
    }
}

/// Where a vendor calls when something happens there.
///
/// The body is never believed: it only makes the hub look at the vendor at once. The call must carry the proof that the
/// vendor of this integration gives (see `GET /integrations/{id}/webhook`); without it the answer is that of an
/// integration that does not exist. 204 means that the call is stored; the same call again changes nothing.
#[utoipa::path(post, path = "/api/v1/hooks/{id}", operation_id = "receive_webhook", tag = "integrations",
    params(("id" = Uuid, Path, description = "The integration.")),
    responses(
        (status = 204, description = "Stored."),
        (status = 404, description = "Unknown, disabled, without a secret, or not proven."),
        (status = 413, description = "The body is too large."),
        (status = 429, description = "Too many calls from one address."),
    ))]
async fn receive(
    State(api): State<Api>,
    _: Sender,
    Id(id): Id<IntegrationId>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult<StatusCode> {
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    api.hub.integrations().receive_webhook(id, &headers, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How the vendor can call this hub, whether it may, and how the last calls went.
#[utoipa::path(get, path = "/api/v1/integrations/{id}/webhook", operation_id = "get_webhook", tag = "integrations",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Webhook), (status = 409, description = "`unsupported_by_vendor`")))]
async fn show(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<IntegrationId>) -> ApiResult<Json<Webhook>> {
    let view = api.hub.integrations().webhook(&grant, id).await?;
    Ok(Json(Webhook::new(id, view)))
}

/// Makes the secret of the hook and shows it, once. One that was there before is worth nothing from now on.
#[utoipa::path(post, path = "/api/v1/integrations/{id}/webhook/secret", operation_id = "issue_webhook_secret",
    tag = "integrations", params(("id" = Uuid, Path)),
    responses((status = 201, body = IssuedWebhook), (status = 409, description = "`unsupported_by_vendor`")))]
async fn issue(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<IntegrationId>,
) -> ApiResult<(StatusCode, Json<IssuedWebhook>)> {
    let issued = api.hub.integrations().issue_webhook_secret(&grant, id).await?;
    Ok((StatusCode::CREATED, Json(IssuedWebhook::new(id, issued))))
}

/// Ends the hook: from now on no call is taken.
#[utoipa::path(delete, path = "/api/v1/integrations/{id}/webhook", operation_id = "delete_webhook",
    tag = "integrations", params(("id" = Uuid, Path)), responses((status = 204, description = "Ended.")))]
async fn remove(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<IntegrationId>) -> ApiResult<StatusCode> {
    api.hub.integrations().delete_webhook(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
