//! The catalogue of what can be connected.

use axum::Json;
use scanhelm_core::permission::Permission;
use scanhelm_hub::catalogue;

use crate::access::Access;
use crate::dto::connector::Connector;
use crate::dto::list::Listing;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    operations.operation(Access::Permission(Permission::IntegrationRead), handler!(list))
}

/// Every connector of this build, with its ways to log in and what it can do. Comes whole.
#[utoipa::path(get, path = "/api/v1/connectors", operation_id = "list_connectors", tag = "integrations",
    responses((status = 200, body = Listing<Connector>)))]
async fn list() -> Json<Listing<Connector>> {
    let connectors = catalogue::connectors();
    Json(Listing::whole(connectors.iter().map(|(manifest, capabilities)| Connector::new(manifest, capabilities))))
}
