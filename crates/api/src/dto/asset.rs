//! Assets on the wire.

use scanhelm_core::asset;
use scanhelm_hub::assets::{AssetChange, AssetCounts, AssetEntry, AssetView, SeenBy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::person::{Members, OwnerWord, Person, choice};
use super::words::{AssetType, Counts, Criticality, Time};
use crate::extract::{Versioned, nullable};

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
    /// Sorted, in lower case.
    #[schema(example = json!(["prod", "team:payments"]))]
    tags: Vec<String>,
    /// How much depends on it; its findings are rated by this.
    criticality: Criticality,
    /// The asset that a person says this one is; its findings are there.
    merged_into: Option<Uuid>,
    /// Raised by every change that a person makes.
    version: i64,
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
            tags: asset.tags,
            criticality: asset.criticality.into(),
            merged_into: asset.merged_into.map(|id| id.0),
            version: asset.version,
        }
    }
}

/// An asset with whose it is and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedAsset {
    #[serde(flatten)]
    asset: Asset,
    /// Who takes care of it.
    owner: Option<Person>,
    /// No scan has seen it for as long as `assets.stale_after` says.
    stale: bool,
    /// Its findings that are `open` or `in_progress`.
    open_findings: Counts,
}

impl ListedAsset {
    pub(crate) fn new(entry: AssetEntry, members: &Members) -> Self {
        Self {
            owner: entry.asset.owner_id.map(|id| Person::of(id, members)),
            stale: entry.stale,
            open_findings: entry.open.into(),
            asset: entry.asset.into(),
        }
    }
}

/// An asset with everything that is told of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetDetail {
    #[serde(flatten)]
    asset: ListedAsset,
    /// Which integration, or which scanner of files and local scans, has seen it when; by `source`.
    coverage: Vec<Coverage>,
}

impl Versioned for AssetDetail {
    fn version(&self) -> i64 {
        self.asset.asset.version
    }
}

impl From<AssetView> for AssetDetail {
    fn from(view: AssetView) -> Self {
        let AssetView { entry, coverage, members } = view;
        Self { asset: ListedAsset::new(entry, &members), coverage: coverage.into_iter().map(Into::into).collect() }
    }
}

/// What one source knows of an asset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Coverage {
    /// `integration:<id>` or `scanner:<name>`.
    source: String,
    integration_id: Option<Uuid>,
    /// Of the integration, unless it is gone.
    integration: Option<String>,
    connector: Option<String>,
    /// The products that found something.
    scanners: Vec<String>,
    /// The latest run that says it looked at the asset. `null` where no report of the source says what it looked at.
    latest: Option<CoveringRun>,
    /// The latest run that looked at the asset and of which everything was imported.
    last_complete_at: Option<Time>,
    /// The latest run that says it was logged in.
    last_authenticated_at: Option<Time>,
    /// What it has found, whatever became of it.
    sightings: u64,
    last_found_at: Option<Time>,
}

/// A run that says it looked at an asset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoveringRun {
    run_id: Uuid,
    scan_id: Uuid,
    /// When the scanner ended with the asset.
    at: Time,
    /// Whether it was logged in; `null` where its report does not tell.
    authenticated: Option<bool>,
    /// Everything that it reported was imported.
    complete: bool,
    policy: Option<String>,
}

impl From<SeenBy> for Coverage {
    fn from(seen: SeenBy) -> Self {
        let (integration_id, named) = seen.integration.map_or((None, None), |(id, named)| (Some(id.0), named));
        let (integration, connector) = named.unzip();
        let last_complete_at = seen.coverage.as_ref().and_then(|coverage| coverage.last_complete_at);
        let last_authenticated_at = seen.coverage.as_ref().and_then(|coverage| coverage.last_authenticated_at);
        Self {
            source: seen.source.0,
            integration_id,
            integration,
            connector,
            scanners: seen.scanners,
            latest: seen.coverage.map(|coverage| CoveringRun {
                run_id: coverage.run_id.0,
                scan_id: coverage.scan_id.0,
                at: coverage.covered_at.into(),
                authenticated: coverage.authenticated,
                complete: coverage.complete,
                policy: coverage.policy,
            }),
            last_complete_at: last_complete_at.map(Time),
            last_authenticated_at: last_authenticated_at.map(Time),
            sightings: seen.sightings,
            last_found_at: seen.last_found_at.map(Time),
        }
    }
}

/// What people say of an asset. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssetPatch {
    /// All of its tags from now on: letters, digits and `-_.:/`, kept in lower case, at most 50.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// The new owner; `null` for nobody.
    #[serde(default, deserialize_with = "nullable")]
    owner: Option<Option<OwnerWord>>,
    #[serde(default)]
    criticality: Option<Criticality>,
}

impl From<AssetPatch> for AssetChange {
    fn from(patch: AssetPatch) -> Self {
        let criticality = patch.criticality.map(|word| word.0);
        Self { tags: patch.tags, owner: choice(patch.owner), criticality }
    }
}

/// How many assets the filters match.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetFigures {
    total: u64,
    stale: u64,
    kinds: Vec<KindCount>,
    /// The most used first, at most 100.
    tags: Vec<TagCount>,
    /// Those with most first, at most 100.
    owners: Vec<OwnerCount>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KindCount {
    kind: AssetType,
    assets: u64,
    stale: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagCount {
    tag: String,
    assets: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnerCount {
    /// `null` for nobody.
    owner: Option<Person>,
    assets: u64,
}

impl AssetFigures {
    pub(crate) fn new(counts: AssetCounts, members: &Members) -> Self {
        Self {
            total: counts.kinds.iter().map(|(_, assets, _)| assets).sum(),
            stale: counts.kinds.iter().map(|(_, _, stale)| stale).sum(),
            kinds: counts
                .kinds
                .into_iter()
                .map(|(kind, assets, stale)| KindCount { kind: kind.into(), assets, stale })
                .collect(),
            tags: counts.tags.into_iter().map(|(tag, assets)| TagCount { tag, assets }).collect(),
            owners: counts
                .owners
                .into_iter()
                .map(|(owner, assets)| OwnerCount { owner: owner.map(|id| Person::of(id, members)), assets })
                .collect(),
        }
    }
}
