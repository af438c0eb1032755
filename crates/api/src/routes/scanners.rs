//! Local scanners: what this hub can run by itself.

use axum::Json;
use axum::extract::State;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::list::Listing;
use crate::dto::scanner::LocalScanner;
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations.operation(Access::Permission(Permission::ScanRead), handler!(list))
}

/// Every local scanner, whether it is installed, and how to get it. Comes whole.
#[utoipa::path(get, path = "/api/v1/scanners", operation_id = "list_scanners", tag = "scanners",
    responses((status = 200, body = Listing<LocalScanner>)))]
async fn list(State(api): State<Api>, Granted(grant): Granted) -> ApiResult<Json<Listing<LocalScanner>>> {
    Ok(Json(Listing::whole(api.hub.scans().scanners(&grant).await?)))
}
