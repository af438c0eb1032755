//! Components on their way out: a table of all that match, page by page, or what one asset is made of as an SBOM.
//!
//! A table is read as it is taken, by the pages of the list: what is imported meanwhile may be in it or not, but a slow
//! client holds nothing at the database. An SBOM is of one asset and one moment.

use bytes::Bytes;
use scanhelm_core::component::united;
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, Result};
use scanhelm_formats::write::{ComponentRow, ToolInfo, component_table_head, component_table_rows, sbom};
use scanhelm_store::ComponentFilter;
use serde_json::json;

use super::{ComponentEntry, Components};
use crate::Hub;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentOutput {
    Csv,
    CycloneDx,
}

impl ComponentOutput {
    pub const ALL: [Self; 2] = [Self::Csv, Self::CycloneDx];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CycloneDx => "cyclonedx",
        }
    }

    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::CycloneDx => "application/vnd.cyclonedx+json; version=1.6",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CycloneDx => "cdx.json",
        }
    }
}

/// An export that has begun.
#[derive(Debug)]
pub struct ComponentExport {
    pub format: ComponentOutput,
    /// `scanhelm-components-2026-11-22.csv`
    pub file_name: String,
    hub: Hub,
    grant: Grant,
    filter: ComponentFilter,
    first: Option<Bytes>,
    /// Where the table goes on; `None` at its end.
    page: Option<PageRequest>,
}

impl ComponentExport {
    /// The next bytes; `None` when that was all.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let page = self.page.take()?;
        Some(self.rows(page).await)
    }

    async fn rows(&mut self, page: PageRequest) -> Result<Bytes> {
        let components = Components { hub: &self.hub };
        let listed = components.list(&self.grant, &self.filter, &page).await?;
        self.page = listed.next_cursor.map(|cursor| PageRequest { cursor: Some(cursor), ..page });
        let sources: Vec<Vec<&str>> = listed
            .items
            .iter()
            .map(|entry| entry.sources.iter().map(|(source, _)| source.as_str()).collect())
            .collect();
        let rows = listed.items.iter().zip(&sources).map(|(entry, sources)| row(entry, sources));
        component_table_rows(rows).map(Bytes::from).map_err(Error::internal)
    }
}

fn row<'a>(entry: &'a ComponentEntry, sources: &'a [&'a str]) -> ComponentRow<'a> {
    ComponentRow {
        asset: &entry.asset_name,
        record: &entry.component.record,
        sources,
        open_findings: entry.open_findings,
        first_seen_at: entry.component.first_seen_at,
        last_listed_at: entry.sources.iter().map(|(_, at)| *at).max(),
    }
}

impl Components<'_> {
    /// Whatever matches now. An SBOM is of one asset, which the filter has to name.
    pub async fn export(
        &self,
        grant: &Grant,
        filter: &ComponentFilter,
        format: ComponentOutput,
    ) -> Result<ComponentExport> {
        grant.require(Permission::AssetRead)?;
        let (first, page) = match format {
            ComponentOutput::Csv => {
                let page = PageRequest { limit: PageRequest::MAX_LIMIT, cursor: None, sort: Sort::parse("name") };
                (component_table_head().map_err(Error::internal)?, Some(page))
            }
            ComponentOutput::CycloneDx => (self.sbom(grant, filter).await?, None),
        };
        self.note(grant, format).await?;
        let day = self.hub.now().to_string();
        let day = day.split('T').next().unwrap_or_default();
        let file_name = format!("scanhelm-components-{day}.{}", format.ending());
        let (hub, filter, first) = (self.hub.clone(), filter.clone(), Some(first.into()));
        Ok(ComponentExport { format, file_name, hub, grant: *grant, filter, first, page })
    }

    async fn sbom(&self, grant: &Grant, filter: &ComponentFilter) -> Result<Vec<u8>> {
        let missing = || Error::field("asset_id", "missing", "An SBOM is of one asset: say of which, or ask for csv.");
        let id = filter.asset_id.ok_or_else(missing)?;
        let store = self.hub.store();
        let unknown = || Error::field("asset_id", "unknown", "There is no such asset.");
        let asset = store.asset(grant.company, id).await?.ok_or_else(unknown)?;
        let components = store.all_components(grant.company, filter).await?;
        let records = united(components.into_iter().map(|component| component.record));
        Ok(sbom(&asset.name, &records, &ToolInfo::scanhelm()).into_bytes())
    }

    /// Who took what is worth knowing later.
    async fn note(&self, grant: &Grant, format: ComponentOutput) -> Result<()> {
        let transaction = self.hub.store().begin().await?;
        let target = format!("company/{}", grant.company);
        let detail = json!({"format": format.as_str()});
        transaction.append_audit(&self.hub.audit_entry(grant, "component.export", target, detail)).await?;
        transaction.commit().await
    }
}
