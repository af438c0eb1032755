//! Assets: what the findings are on.

use axum::Json;
use axum::extract::State;
use scanhelm_core::ids::AssetId;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::asset::Asset;
use crate::dto::list::Listing;
use crate::extract::{Asked, Filters, Id, Paging, QueryReader};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let read = Access::Permission(Permission::AssetRead);
    operations.operation(read, handler!(list)).operation(read, handler!(get))
}

pub(super) const SORTS: &[&str] = &["name", "created_at", "last_seen_at"];

struct AssetList(PageRequest);

impl Filters for AssetList {
    fn read(query: &mut QueryReader) -> Self {
        Self(query.page("name", SORTS))
    }
}

/// The company's assets.
#[utoipa::path(get, path = "/api/v1/assets", operation_id = "list_assets", tag = "assets",
    params(Paging), responses((status = 200, body = Listing<Asset>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Asked(AssetList(page)): Asked<AssetList>,
) -> ApiResult<Json<Listing<Asset>>> {
    Ok(Json(Listing::of(api.hub.findings().assets(&grant, &page).await?)))
}

/// One asset.
#[utoipa::path(get, path = "/api/v1/assets/{id}", operation_id = "get_asset", tag = "assets",
    params(("id" = Uuid, Path)), responses((status = 200, body = Asset)))]
async fn get(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<AssetId>) -> ApiResult<Json<Asset>> {
    Ok(Json(api.hub.findings().asset(&grant, id).await?.into()))
}
