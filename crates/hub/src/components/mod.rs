//! What assets are made of: listing and counting components, and giving them out. How they come in is a matter of the
//! import.

mod export;

use std::collections::{HashMap, HashSet};

pub use export::{ComponentExport, ComponentOutput};
use scanhelm_core::Result;
use scanhelm_core::Timestamp;
use scanhelm_core::component::Component;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, ComponentId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
pub use scanhelm_store::ComponentCounts;
use scanhelm_store::ComponentFilter;

use crate::Hub;

/// Use cases about components.
#[derive(Clone, Copy, Debug)]
pub struct Components<'hub> {
    pub(crate) hub: &'hub Hub,
}

/// A component as a list shows it.
#[derive(Clone, Debug)]
pub struct ComponentEntry {
    pub component: Component,
    /// Where it is now: of a merged asset the one that it was merged into.
    pub asset_id: AssetId,
    pub asset_name: String,
    /// Who lists it, and when that was last.
    pub sources: Vec<(SightingSource, Timestamp)>,
    /// The findings in this package of this asset that wait for somebody.
    pub open_findings: u64,
}

impl Components<'_> {
    pub async fn list(
        &self,
        grant: &Grant,
        filter: &ComponentFilter,
        page: &PageRequest,
    ) -> Result<Page<ComponentEntry>> {
        grant.require(Permission::AssetRead)?;
        let Page { items, next_cursor, total } = self.hub.store().components(grant.company, filter, page).await?;
        Ok(Page { items: self.told(grant, items).await?, next_cursor, total })
    }

    /// By kind, ecosystem and licence.
    pub async fn counts(&self, grant: &Grant, filter: &ComponentFilter) -> Result<ComponentCounts> {
        grant.require(Permission::AssetRead)?;
        self.hub.store().component_counts(grant.company, filter).await
    }

    async fn told(&self, grant: &Grant, components: Vec<Component>) -> Result<Vec<ComponentEntry>> {
        let (company, store) = (grant.company, self.hub.store());
        let aliases = store.asset_aliases(company).await?;
        let shown = |asset: AssetId| aliases.get(&asset).map_or(asset, |alias| alias.asset_id);
        let assets: HashSet<AssetId> = components.iter().map(|component| shown(component.asset_id)).collect();
        let names: HashMap<AssetId, String> = store
            .assets_of(company, &assets.into_iter().collect::<Vec<_>>())
            .await?
            .into_iter()
            .map(|asset| (asset.id, asset.name))
            .collect();
        let ids: Vec<ComponentId> = components.iter().map(|component| component.id).collect();
        let mut sources = store.component_sources(company, &ids).await?;
        let package = |component: &Component| Some((shown(component.asset_id), component.record.package()?.to_owned()));
        let packages: HashSet<(AssetId, String)> = components.iter().filter_map(package).collect();
        let open = store.open_findings_in(company, &packages.into_iter().collect::<Vec<_>>()).await?;
        let told = components.into_iter().map(|component| ComponentEntry {
            asset_id: shown(component.asset_id),
            asset_name: names.get(&shown(component.asset_id)).cloned().unwrap_or_default(),
            sources: sources.remove(&component.id).unwrap_or_default(),
            open_findings: package(&component).and_then(|package| open.get(&package).copied()).unwrap_or_default(),
            component,
        });
        Ok(told.collect())
    }
}
