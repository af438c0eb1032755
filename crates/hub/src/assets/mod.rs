//! What the findings are on: listing assets, saying whose they are, and telling which scanner has seen them when.

mod merging;

use std::collections::{BTreeMap, HashMap};

use scanhelm_core::asset::{Asset, Criticality, tags};
use scanhelm_core::company::User;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, IntegrationId, UserId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, ErrorCode, Result, SeverityCounts, Timestamp};
use scanhelm_store::AssetFilter;
pub use scanhelm_store::{AssetCounts, SourceCoverage};
use serde_json::json;

use crate::Hub;
use crate::findings::OwnerChoice;

/// Use cases about assets.
#[derive(Clone, Copy, Debug)]
pub struct Assets<'hub> {
    pub(crate) hub: &'hub Hub,
}

/// An asset as a list shows it.
#[derive(Clone, Debug)]
pub struct AssetEntry {
    pub asset: Asset,
    /// Nothing has seen it for as long as the settings say.
    pub stale: bool,
    /// The findings that wait for somebody.
    pub open: SeverityCounts,
}

/// An asset with everything that is told of it.
#[derive(Clone, Debug)]
pub struct AssetView {
    pub entry: AssetEntry,
    pub coverage: Vec<SeenBy>,
    /// Its owner, if that is a member of the company.
    pub members: HashMap<UserId, User>,
}

/// What one integration, or one scanner of files and local scans, knows of an asset.
#[derive(Clone, Debug)]
pub struct SeenBy {
    pub source: SightingSource,
    /// Its id and, unless it is gone, its name and connector.
    pub integration: Option<(IntegrationId, Option<(String, String)>)>,
    /// The products that found something.
    pub scanners: Vec<String>,
    /// Of the latest run that says it looked at the asset.
    pub coverage: Option<SourceCoverage>,
    pub sightings: u64,
    /// When something was last found.
    pub last_found_at: Option<Timestamp>,
}

/// What a person says of an asset. What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct AssetChange {
    pub tags: Option<Vec<String>>,
    pub owner: Option<OwnerChoice>,
    pub criticality: Option<Criticality>,
}

impl Assets<'_> {
    /// Assets seen before this are stale.
    #[must_use]
    pub fn stale_before(&self) -> Timestamp {
        self.hub.now().minus(self.hub.settings().assets.stale_after)
    }

    /// A page, and those of its owners who are members of the company.
    pub async fn list(
        &self,
        grant: &Grant,
        filter: &AssetFilter,
        page: &PageRequest,
    ) -> Result<(Page<AssetEntry>, HashMap<UserId, User>)> {
        grant.require(Permission::AssetRead)?;
        let page = self.hub.store().assets(grant.company, filter, page).await?;
        let owners: Vec<UserId> = page.items.iter().filter_map(|asset| asset.owner_id).collect();
        let members = self.hub.store().members_of(grant.company, &owners).await?;
        let ids: Vec<AssetId> = page.items.iter().map(|asset| asset.id).collect();
        let mut open = self.hub.store().open_findings_of(grant.company, &ids).await?;
        let stale_before = self.stale_before();
        let page = page.map(|asset| AssetEntry {
            stale: asset.last_seen_at < stale_before,
            open: open.remove(&asset.id).unwrap_or_default(),
            asset,
        });
        Ok((page, members))
    }

    /// How many assets of each kind, tag and owner a filter matches, with the owners who are members.
    pub async fn counts(&self, grant: &Grant, filter: &AssetFilter) -> Result<(AssetCounts, HashMap<UserId, User>)> {
        grant.require(Permission::AssetRead)?;
        let counts = self.hub.store().asset_counts(grant.company, filter, self.stale_before()).await?;
        let owners: Vec<UserId> = counts.owners.iter().filter_map(|(owner, _)| *owner).collect();
        let members = self.hub.store().members_of(grant.company, &owners).await?;
        Ok((counts, members))
    }

    pub async fn get(&self, grant: &Grant, id: AssetId) -> Result<AssetView> {
        grant.require(Permission::AssetRead)?;
        let store = self.hub.store();
        let asset = store.asset(grant.company, id).await?.ok_or_else(Error::not_found)?;
        let open = store.open_findings_of(grant.company, &[id]).await?.remove(&id).unwrap_or_default();
        let owners: Vec<UserId> = asset.owner_id.into_iter().collect();
        let members = store.members_of(grant.company, &owners).await?;
        let coverage = self.seen_by(grant, id).await?;
        let entry = AssetEntry { stale: asset.last_seen_at < self.stale_before(), open, asset };
        Ok(AssetView { entry, coverage, members })
    }

    /// Those of `ids` that the company has, by id.
    pub async fn names(&self, grant: &Grant, ids: &[AssetId]) -> Result<HashMap<AssetId, String>> {
        grant.require(Permission::AssetRead)?;
        let assets = self.hub.store().assets_of(grant.company, ids).await?;
        Ok(assets.into_iter().map(|asset| (asset.id, asset.name)).collect())
    }

    /// Says whose an asset is, what it belongs to and how much depends on it.
    pub async fn change(
        &self,
        grant: &Grant,
        id: AssetId,
        change: AssetChange,
        version: Option<i64>,
    ) -> Result<AssetView> {
        grant.require(Permission::AssetRead)?;
        let store = self.hub.store();
        let before = store.asset(grant.company, id).await?.ok_or_else(Error::not_found)?;
        grant.require(Permission::AssetWrite)?;
        let tags = change.tags.as_deref().map(tags).transpose()?;
        let owner = match change.owner {
            Some(choice) => Some(self.hub.findings().owner_meant(grant, choice).await?),
            None => None,
        };
        let stale = || Error::new(ErrorCode::StaleVersion, "The asset has changed since it was read. Read it again.");
        if version.is_some_and(|version| version != before.version) {
            return Err(stale());
        }
        let (tags, owner) = (tags.unwrap_or_else(|| before.tags.clone()), owner.unwrap_or(before.owner_id));
        let criticality = change.criticality.unwrap_or(before.criticality);
        let described = (&tags, owner) != (&before.tags, before.owner_id);
        if described || criticality != before.criticality {
            let transaction = store.begin().await?;
            // An import that writes the asset goes first.
            transaction.take_import_turn(grant.company).await?;
            let mut version = before.version;
            if described {
                if !transaction.describe_asset(grant.company, id, (&tags, owner), version).await? {
                    return Err(stale());
                }
                version += 1;
            }
            if tags != before.tags {
                transaction.want_matching(grant.company).await?;
            }
            if criticality != before.criticality {
                if !transaction.set_criticality(grant.company, id, criticality, version).await? {
                    return Err(stale());
                }
                crate::rating::want(self.hub, &transaction, grant.company).await?;
            }
            let detail = json!({
                "tags": {"from": before.tags, "to": tags}, "owner": {"from": before.owner_id, "to": owner},
                "criticality": {"from": before.criticality, "to": criticality},
            });
            let entry = self.hub.audit_entry(grant, "asset.update", format!("asset/{id}"), detail);
            transaction.append_audit(&entry).await?;
            transaction.commit().await?;
            self.hub.committed();
        }
        self.get(grant, id).await
    }

    async fn seen_by(&self, grant: &Grant, id: AssetId) -> Result<Vec<SeenBy>> {
        let store = self.hub.store();
        let parts = store.merged_assets(grant.company, id).await?;
        let mut known: BTreeMap<SightingSource, SeenBy> = BTreeMap::new();
        let entry = |source: SightingSource| SeenBy {
            integration: source.integration_id().map(|id| (id, None)),
            source,
            scanners: Vec::new(),
            coverage: None,
            sightings: 0,
            last_found_at: None,
        };
        for coverage in store.asset_coverage(grant.company, &parts).await? {
            let source = coverage.source.clone();
            known.entry(source.clone()).or_insert_with(|| entry(source)).coverage = Some(coverage);
        }
        for evidence in store.asset_evidence(grant.company, &parts).await? {
            let source = evidence.source;
            let seen = known.entry(source.clone()).or_insert_with(|| entry(source));
            seen.scanners.push(evidence.scanner);
            seen.sightings += evidence.sightings;
            seen.last_found_at = seen.last_found_at.max(Some(evidence.last_seen_at));
        }
        if known.values().any(|seen| seen.integration.is_some()) {
            let integrations = store.integrations(grant.company).await?;
            for (id, named) in known.values_mut().filter_map(|seen| seen.integration.as_mut()) {
                let integration = integrations.iter().find(|integration| integration.id == *id);
                *named = integration.map(|known| (known.name.clone(), known.connector.clone()));
            }
        }
        Ok(known.into_values().collect())
    }
}
