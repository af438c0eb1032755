//! The members of the company.

use axum::Json;
use axum::extract::State;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::person::Member;
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations.operation(Access::Permission(Permission::FindingRead), handler!(list))
}

/// Who is a member of the company, and so can own findings, be mentioned and, with the role for it, decide approvals.
/// Comes whole.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "list_users", tag = "companies",
    responses((status = 200, body = Listing<Member>)))]
async fn list(State(api): State<Api>, Granted(grant): Granted) -> ApiResult<Json<Listing<Member>>> {
    Ok(Json(Listing::whole(api.hub.findings().everybody(&grant).await?)))
}
