//! The company's promise until when findings are gone.

use axum::extract::State;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::rating::{NewSlaPolicy, SlaPolicy};
use crate::extract::{Body, IfMatch, Tagged, tagged};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Permission(Permission::FindingRead), handler!(get))
        .operation(Access::Permission(Permission::CompanyManage), handler!(put))
}

/// The policy in force. It is off, with a proposal, until somebody writes one.
#[utoipa::path(get, path = "/api/v1/sla-policy", operation_id = "get_sla_policy", tag = "findings",
    responses((status = 200, body = SlaPolicy, headers(("ETag" = String)))))]
async fn get(State(api): State<Api>, Granted(grant): Granted) -> ApiResult<Tagged<SlaPolicy>> {
    Ok(tagged(api.hub.ratings().sla_policy(&grant).await?.into()))
}

/// Writes the policy. The due dates of all findings that are not gone follow in the background.
#[utoipa::path(put, path = "/api/v1/sla-policy", operation_id = "put_sla_policy", tag = "findings",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = NewSlaPolicy,
    responses(
        (status = 200, body = SlaPolicy, headers(("ETag" = String))),
        (status = 412, description = "`stale_version`"),
        (status = 422, description = "`invalid_input`"),
    ))]
async fn put(
    State(api): State<Api>,
    Granted(grant): Granted,
    IfMatch(version): IfMatch,
    Body(policy): Body<NewSlaPolicy>,
) -> ApiResult<Tagged<SlaPolicy>> {
    Ok(tagged(api.hub.ratings().put_sla_policy(&grant, policy.into(), version).await?.into()))
}
