//! Assets that a person says are one, and taking that back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use scanhelm_core::ids::{AssetId, MergeId};
use scanhelm_core::permission::Permission;

use crate::Api;
use crate::access::{Access, Granted};
use crate::dto::asset_merge::{AssetMerge, NewAssetMerge};
use crate::dto::list::Listing;
use crate::extract::{Body, Id, IfMatch};
use crate::problem::ApiResult;
use crate::registration::{Operations, handler};

pub(crate) fn register(operations: Operations) -> Operations {
    let write = Access::Permission(Permission::AssetWrite);
    operations
        .operation(Access::Permission(Permission::AssetRead), handler!(list))
        .operation(write, handler!(merge))
        .operation(write, handler!(undo))
}

/// What was merged into an asset, also what was taken back; the newest first.
#[utoipa::path(get, path = "/api/v1/assets/{id}/merges", operation_id = "list_asset_merges", tag = "assets",
    params(("id" = Uuid, Path)), responses((status = 200, body = Listing<AssetMerge>)))]
async fn list(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<AssetId>,
) -> ApiResult<Json<Listing<AssetMerge>>> {
    Ok(Json(Listing::whole(api.hub.assets().merges(&grant, id).await?)))
}

/// Says that the asset `from` is this one. Its findings move here, and what is reported of it from now on lands here.
#[utoipa::path(post, path = "/api/v1/assets/{id}/merges", operation_id = "merge_assets", tag = "assets",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` that was read.")),
    request_body = NewAssetMerge,
    responses(
        (status = 201, body = AssetMerge),
        (status = 409, description = "`conflict`: they cannot be merged, or not now; `detail` says why."),
        (status = 412, description = "`stale_version`"),
    ))]
async fn merge(
    State(api): State<Api>,
    Granted(grant): Granted,
    Id(id): Id<AssetId>,
    IfMatch(version): IfMatch,
    Body(new): Body<NewAssetMerge>,
) -> ApiResult<(StatusCode, Json<AssetMerge>)> {
    let merge = api.hub.assets().merge(&grant, id, AssetId(new.from), &new.reason, version).await?;
    Ok((StatusCode::CREATED, Json(merge.into())))
}

/// Takes a merge back: what was reported of the absorbed asset is its own again.
#[utoipa::path(post, path = "/api/v1/asset-merges/{id}/undo", operation_id = "undo_asset_merge", tag = "assets",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = AssetMerge),
        (status = 409, description = "`conflict`: it was undone, or a later merge has to be undone first."),
    ))]
async fn undo(State(api): State<Api>, Granted(grant): Granted, Id(id): Id<MergeId>) -> ApiResult<Json<AssetMerge>> {
    Ok(Json(api.hub.assets().undo_merge(&grant, id).await?.into()))
}
