//! What assets are made of. Every source (a scanner, an integration) has one list of each asset's components, the newest
//! whole one; a component is there as long as one of them names it, and shows what all of them say together. How a list
//! takes the place of the one before is in [`replacing`], how they are found in [`list`].
//!
//! What components say is kept once a company ([`texts`]), as of findings: most libraries are in many assets.

mod list;
mod replacing;
mod texts;

use std::collections::HashMap;

pub use list::{ComponentCounts, ComponentFilter};
pub use replacing::{ComponentChanges, ComponentList, NewComponent};
use scanhelm_core::Result;
use scanhelm_core::Timestamp;
use scanhelm_core::component::{Component, ComponentRecord};
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, CompanyId, ComponentId, ScanId};

use crate::connection::Backend;
use crate::row::Row;
use crate::sql::{Rows, json, values};
use crate::store::Reader;

const COLUMNS: &str =
    "components.id, components.asset_id, components.locations, components.first_seen_at, texts.record";

/// How a location begins that is a package, as the index `findings_package` has it.
const PACKAGE: &str = r#"{"kind":"package","#;

fn read(row: &Row<'_>) -> Result<Component> {
    let said: ComponentRecord = row.json("record")?;
    Ok(Component {
        id: row.parsed("id")?,
        asset_id: row.parsed("asset_id")?,
        record: ComponentRecord { locations: row.json("locations")?, ..said },
        first_seen_at: row.time("first_seen_at")?,
    })
}

impl Reader {
    /// Which sources list these components, and when they last did.
    pub async fn component_sources(
        &self,
        company: CompanyId,
        ids: &[ComponentId],
    ) -> Result<HashMap<ComponentId, Vec<(SightingSource, Timestamp)>>> {
        let mut sql = self.sql(
            "SELECT listed.component_id, listed.source, lists.listed_at FROM listed_components listed \
             JOIN component_lists lists ON lists.asset_id = listed.asset_id AND lists.source = listed.source \
             WHERE lists.company_id = ? AND",
            values![company],
        );
        sql.among("listed.component_id", ids.iter().map(ToString::to_string)).push(" ORDER BY listed.source");
        let rows = self
            .connection()
            .all(sql, |row| {
                let told = (SightingSource(row.text("source")?), row.time("listed_at")?);
                Ok((row.parsed::<ComponentId>("component_id")?, told))
            })
            .await?;
        let mut sources: HashMap<ComponentId, Vec<_>> = HashMap::with_capacity(ids.len());
        for (id, told) in rows {
            sources.entry(id).or_default().push(told);
        }
        Ok(sources)
    }

    /// How many components these scans list, as far as no newer list took the place of theirs; scans without any are left
    /// out.
    pub async fn components_of_scans(&self, company: CompanyId, scans: &[ScanId]) -> Result<HashMap<ScanId, u64>> {
        if scans.is_empty() {
            return Ok(HashMap::new());
        }
        let index = if self.connection().backend() == Backend::Sqlite { "INDEXED BY component_lists_scan" } else { "" };
        let text = format!(
            "SELECT scan_id, CAST(sum(components) AS BIGINT) AS listed FROM component_lists {index} WHERE company_id = ? AND"
        );
        let mut sql = self.sql(&text, values![company]);
        sql.among("scan_id", scans.iter().map(ToString::to_string)).push(" GROUP BY scan_id");
        let rows = self.connection().all(sql, |row| Ok((row.parsed::<ScanId>("scan_id")?, row.count("listed")?)));
        Ok(rows.await?.into_iter().collect())
    }

    /// How many findings wait for somebody in these packages of these assets; packages without any are left out.
    pub async fn open_findings_in(
        &self,
        company: CompanyId,
        packages: &[(AssetId, String)],
    ) -> Result<HashMap<(AssetId, String), u64>> {
        let mut wanted = Vec::with_capacity(packages.len());
        for (asset, package) in packages {
            let quoted = json(package)?;
            // Without the closing quote: the purl may go on with qualifiers.
            wanted.push((asset, package, format!("{PACKAGE}\"purl\":{}", quoted.trim_end_matches('"'))));
        }
        let index = if self.connection().backend() == Backend::Sqlite { "INDEXED BY findings_package" } else { "" };
        let place = "substr(findings.location, 1, 400)";
        let tail = format!(
            ") SELECT wanted.asset_id, wanted.package, wanted.start, findings.location \
             FROM wanted CROSS JOIN findings {index} WHERE findings.asset_id = wanted.asset_id \
             AND substr(findings.location, 1, 18) = '{PACKAGE}' AND {place} >= wanted.start AND {place} < wanted.after \
             AND findings.status IN ('open', 'in_progress') AND findings.company_id = '{company}'"
        );
        let rows = Rows { head: "WITH wanted (asset_id, package, start, after) AS (VALUES ", columns: 4, tail: &tail };
        let fill = |(asset, package, start): &(&AssetId, &String, String), values: &mut Vec<_>| {
            // The greatest character there is.
            values.extend(values![asset, package, start, format!("{start}\u{10FFFF}")]);
        };
        let found = rows
            .read(self.connection(), &wanted, fill, |row| {
                let (start, location) = (row.text("start")?, row.text("location")?);
                let rest = location.get(start.len()..).unwrap_or_default();
                // Another version begins alike.
                let meant = rest.starts_with(['"', '?', '#']);
                Ok(meant.then_some((row.parsed("asset_id")?, row.text("package")?)))
            })
            .await?;
        let mut counts = HashMap::new();
        for package in found.into_iter().flatten() {
            *counts.entry(package).or_insert(0) += 1;
        }
        Ok(counts)
    }
}
