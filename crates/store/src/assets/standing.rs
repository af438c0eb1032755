//! What is known of single assets: their open findings, and which scanner has seen them when.

use std::collections::{HashMap, HashSet};

use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{AssetId, CompanyId, RunId, ScanId};
use scanhelm_core::{Result, SeverityCounts, Timestamp};

use crate::connection::Backend;
use crate::coverage::log_in;
use crate::sql::values;
use crate::store::Reader;

/// What the runs of one source covered of an asset. Only of runs whose import came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCoverage {
    pub source: SightingSource,
    /// The latest run that covered it.
    pub run_id: RunId,
    pub scan_id: ScanId,
    pub covered_at: Timestamp,
    /// `None`: its report did not tell.
    pub authenticated: Option<bool>,
    /// Everything that it reported was imported: what it did not report on the asset was not there.
    pub complete: bool,
    pub policy: Option<String>,
    /// The latest of all complete ones.
    pub last_complete_at: Option<Timestamp>,
    /// The latest of all that say that they were logged in.
    pub last_authenticated_at: Option<Timestamp>,
}

/// What one source has found on an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEvidence {
    pub source: SightingSource,
    pub scanner: String,
    /// Whatever became of them.
    pub sightings: u64,
    pub last_seen_at: Timestamp,
}

impl Reader {
    /// The findings that wait for somebody, `open` or `in_progress`, of those of the assets that have any.
    pub async fn open_findings_of(
        &self,
        company: CompanyId,
        assets: &[AssetId],
    ) -> Result<HashMap<AssetId, SeverityCounts>> {
        let index = if self.connection().backend() == Backend::Sqlite { "INDEXED BY findings_asset" } else { "" };
        let text = format!(
            "SELECT asset_id, severity, count(*) AS findings FROM findings {index} \
             WHERE company_id = ? AND status IN ('open', 'in_progress') AND"
        );
        let mut sql = self.sql(&text, values![company]);
        sql.among("asset_id", assets.iter().map(ToString::to_string));
        sql.push(" GROUP BY asset_id, severity");
        let rows = self
            .connection()
            .all(sql, |row| Ok((row.parsed::<AssetId>("asset_id")?, row.severity("severity")?, row.count("findings")?)))
            .await?;
        let mut counts: HashMap<AssetId, SeverityCounts> = HashMap::new();
        for (asset, severity, findings) in rows {
            counts.entry(asset).or_default().add(severity, findings);
        }
        Ok(counts)
    }

    /// Of each source that covered one of these assets, which are one to people, the latest run; by source.
    pub async fn asset_coverage(&self, company: CompanyId, assets: &HashSet<AssetId>) -> Result<Vec<SourceCoverage>> {
        let mut sql = self.sql(
            "SELECT * FROM (SELECT source, run_id, scan_id, covered_at, authenticated, log_in_told, complete, policy, \
             max(CASE WHEN complete = 1 THEN covered_at END) OVER (PARTITION BY source) AS last_complete_at, \
             max(CASE WHEN authenticated = 1 THEN covered_at END) OVER (PARTITION BY source) AS last_authenticated_at, \
             row_number() OVER (PARTITION BY source ORDER BY covered_at DESC, run_id DESC) AS place \
             FROM coverage WHERE company_id || '' = ? AND settled = 1 AND",
            values![company],
        );
        sql.among("asset_id", assets.iter().map(ToString::to_string));
        sql.push(") latest WHERE place = 1 ORDER BY source");
        self.connection()
            .all(sql, |row| {
                Ok(SourceCoverage {
                    source: SightingSource(row.text("source")?),
                    run_id: row.parsed("run_id")?,
                    scan_id: row.parsed("scan_id")?,
                    covered_at: row.time("covered_at")?,
                    authenticated: log_in(row)?,
                    complete: row.flag("complete")?,
                    policy: row.maybe_text("policy")?,
                    last_complete_at: row.maybe_time("last_complete_at")?,
                    last_authenticated_at: row.maybe_time("last_authenticated_at")?,
                })
            })
            .await
    }

    /// Of these assets, which are one to people; by source and scanner.
    pub async fn asset_evidence(&self, company: CompanyId, assets: &HashSet<AssetId>) -> Result<Vec<SourceEvidence>> {
        let mut sql = self.sql(
            "SELECT source, scanner, count(*) AS sightings, max(last_seen_at) AS last_seen_at FROM sightings \
             WHERE company_id || '' = ? AND",
            values![company],
        );
        sql.among("asset_id", assets.iter().map(ToString::to_string));
        sql.push(" GROUP BY source, scanner ORDER BY source, scanner");
        self.connection()
            .all(sql, |row| {
                Ok(SourceEvidence {
                    source: SightingSource(row.text("source")?),
                    scanner: row.text("scanner")?,
                    sightings: row.count("sightings")?,
                    last_seen_at: row.time("last_seen_at")?,
                })
            })
            .await
    }
}
