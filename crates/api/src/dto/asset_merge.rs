//! Merges of assets on the wire.

use scanhelm_core::merging;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{Time, actor};

/// One asset absorbed by another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetMerge {
    id: Uuid,
    /// The asset that stays.
    asset_id: Uuid,
    absorbed: AbsorbedAsset,
    reason: String,
    /// `user/0190...` or `api_key/0190...`.
    merged_by: String,
    merged_at: Time,
    /// Who took it back; `null` while it stands.
    undone_by: Option<String>,
    undone_at: Option<Time>,
}

/// The absorbed asset as it was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AbsorbedAsset {
    id: Uuid,
    name: String,
    #[schema(example = "ip:10.0.0.5")]
    identity: String,
}

impl From<merging::AssetMerge> for AssetMerge {
    fn from(merge: merging::AssetMerge) -> Self {
        let absorbed = AbsorbedAsset {
            id: merge.absorbed_id.0,
            name: merge.absorbed_name().to_owned(),
            identity: merge.absorbed_identity().to_owned(),
        };
        let (undone_by, undone_at) = merge.undone.map(|(by, at)| (actor(by), Time(at))).unzip();
        Self {
            id: merge.id.0,
            asset_id: merge.asset_id.0,
            absorbed,
            reason: merge.reason,
            merged_by: actor(merge.actor),
            merged_at: merge.at.into(),
            undone_by,
            undone_at,
        }
    }
}

/// Which asset is to be absorbed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssetMerge {
    pub(crate) from: Uuid,
    /// Why they are one; at most 1,000 characters are kept.
    #[serde(default)]
    pub(crate) reason: String,
}
