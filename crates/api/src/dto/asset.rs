//! Assets on the wire.

use scanhelm_core::asset;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{AssetType, Time};

/// A machine, site, repository, image or cloud resource.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Asset {
    id: Uuid,
    kind: AssetType,
    name: String,
    /// The strongest thing it is recognised by.
    #[schema(example = "fqdn:db1.example.com")]
    identity: String,
    /// Everything it is recognised by.
    #[schema(example = json!(["fqdn:db1.example.com", "ip:10.0.0.5"]))]
    keys: Vec<String>,
    operating_system: Option<String>,
    first_seen_at: Time,
    last_seen_at: Time,
}

impl From<asset::Asset> for Asset {
    fn from(asset: asset::Asset) -> Self {
        Self {
            id: asset.id.0,
            kind: asset.kind.into(),
            name: asset.name,
            identity: asset.identity,
            keys: asset.keys.iter().map(ToString::to_string).collect(),
            operating_system: asset.operating_system,
            first_seen_at: asset.first_seen_at.into(),
            last_seen_at: asset.last_seen_at.into(),
        }
    }
}
