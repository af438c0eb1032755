//! What runs covered, and which sightings a finished import must judge.
//!
//! Every run's coverage is kept as its own row and none is overwritten. Whether a sighting is fixed is then asked of
//! all coverage newer than its last sight, whichever import brought it first: a later run with another policy does
//! not take away the proof that an earlier one gave.
//!
//! What a run covered counts only once all its records are in: until then another import, ending beside it, would miss
//! on its assets what it has yet to bring.

use std::collections::HashMap;

use scanhelm_core::Result;
use scanhelm_core::coverage::{AssetCoverage, Closing, FoundHow, may_close};
use scanhelm_core::finding::{SightingSource, SightingState};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, RunId, ScanId, SightingId};

use crate::row::Row;
use crate::sql::{Rows, values};
use crate::store::{Reader, Transaction};

/// A sighting on an asset that was covered after it was last seen.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosingCandidate {
    pub sighting_id: SightingId,
    pub finding_id: FindingId,
    pub asset_id: AssetId,
    pub state: SightingState,
    pub found: FoundHow,
    /// The coverage to judge by: the latest that proves a fix, else the latest.
    pub coverage: Option<AssetCoverage>,
}

impl Reader {
    /// In the order of their ids, starting after `after`: the sightings of `source`, not fixed yet, on assets that
    /// `run` covered or saw something on, which a newer coverage did not see.
    pub async fn closing_candidates(
        &self,
        company: CompanyId,
        source: &SightingSource,
        run: RunId,
        after: Option<SightingId>,
        limit: u32,
    ) -> Result<Vec<ClosingCandidate>> {
        let mut sql = self.sql(
            "SELECT s.id, s.finding_id, s.asset_id, s.state, s.last_seen_at, s.authenticated, s.policy \
             FROM sightings s JOIN (SELECT c.asset_id, max(c.covered_at) AS latest FROM coverage c \
             WHERE c.company_id = ? AND c.source = ? AND c.settled = 1 AND c.asset_id IN (\
             SELECT asset_id FROM coverage WHERE run_id = ? UNION SELECT seen.asset_id FROM run_sightings l \
             JOIN sightings seen ON seen.id = l.sighting_id WHERE l.run_id = ?) \
             GROUP BY c.asset_id) covered ON covered.asset_id = s.asset_id AND covered.latest > s.last_seen_at \
             WHERE s.company_id = ? AND s.source = ? AND s.state <> 'fixed'",
            values![company, source.as_str(), run, run, company, source.as_str()],
        );
        if let Some(after) = after {
            sql.add(" AND s.id > ?", values![after]);
        }
        sql.add(" ORDER BY s.id LIMIT ?", values![limit]);
        let mut candidates = self
            .connection()
            .all(sql, |row| {
                Ok(ClosingCandidate {
                    sighting_id: row.parsed("id")?,
                    finding_id: row.parsed("finding_id")?,
                    asset_id: row.parsed("asset_id")?,
                    state: row.word("state", &SightingState::ALL, SightingState::as_str)?,
                    found: FoundHow {
                        last_seen_at: row.time("last_seen_at")?,
                        authenticated: row.flag("authenticated")?,
                        policy: row.maybe_text("policy")?,
                    },
                    coverage: None,
                })
            })
            .await?;
        let coverage = self.coverage_of(company, source, candidates.iter().map(|row| row.asset_id)).await?;
        for candidate in &mut candidates {
            let known = coverage.get(&candidate.asset_id).map(Vec::as_slice).unwrap_or_default();
            let proof = known.iter().find(|one| may_close(Some(one), &candidate.found) == Closing::Fixed);
            candidate.coverage = proof.or(known.first()).cloned();
        }
        Ok(candidates)
    }

    /// Of each asset, latest first. Of equal kinds only the latest, since the older prove nothing more.
    async fn coverage_of(
        &self,
        company: CompanyId,
        source: &SightingSource,
        assets: impl Iterator<Item = AssetId>,
    ) -> Result<HashMap<AssetId, Vec<AssetCoverage>>> {
        let assets: std::collections::BTreeSet<_> = assets.map(|id| id.to_string()).collect();
        let mut sql = self.sql(
            "SELECT asset_id, authenticated, log_in_told, policy, complete, max(covered_at) AS covered_at FROM coverage \
             WHERE company_id = ? AND source = ? AND settled = 1 AND",
            values![company, source.as_str()],
        );
        sql.among("asset_id", assets);
        sql.push(" GROUP BY asset_id, authenticated, log_in_told, policy, complete");
        let rows = self
            .connection()
            .all(sql, |row| {
                let coverage = AssetCoverage {
                    covered_at: row.time("covered_at")?,
                    authenticated: log_in(row)?,
                    policy: row.maybe_text("policy")?,
                    complete: row.flag("complete")?,
                };
                Ok((row.parsed::<AssetId>("asset_id")?, coverage))
            })
            .await?;
        let mut coverage: HashMap<AssetId, Vec<AssetCoverage>> = HashMap::new();
        for (asset, one) in rows {
            coverage.entry(asset).or_default().push(one);
        }
        for kinds in coverage.values_mut() {
            kinds.sort_by(|a, b| {
                let rank = |one: &AssetCoverage| (one.covered_at, one.complete, one.authenticated, one.policy.clone());
                rank(b).cmp(&rank(a))
            });
        }
        Ok(coverage)
    }
}

/// `None`: the report did not tell.
pub(crate) fn log_in(row: &Row<'_>) -> Result<Option<bool>> {
    Ok(if row.flag("log_in_told")? { Some(row.flag("authenticated")?) } else { None })
}

impl Transaction {
    /// Notes what `run` covered; of several notes of one asset the latest stands. It counts only after
    /// [`settle_coverage`](Self::settle_coverage), and `complete` as that says.
    pub async fn record_coverage(
        &self,
        company: CompanyId,
        source: &SightingSource,
        scan: ScanId,
        run: RunId,
        covered: &[(AssetId, AssetCoverage)],
    ) -> Result<()> {
        let mut latest: HashMap<AssetId, &AssetCoverage> = HashMap::new();
        for (asset, coverage) in covered {
            let known = latest.entry(*asset).or_insert(coverage);
            let rank = |one: &AssetCoverage| (one.covered_at, one.authenticated, one.policy.clone());
            if rank(coverage) > rank(known) {
                *known = coverage;
            }
        }
        let mut rows: Vec<_> = latest.into_iter().collect();
        rows.sort_unstable_by_key(|(asset, _)| *asset);
        let statement = Rows {
            head: "INSERT INTO coverage (run_id, asset_id, company_id, source, scan_id, covered_at, authenticated, \
                   log_in_told, policy, complete, settled) VALUES ",
            columns: 11,
            tail: " ON CONFLICT (run_id, asset_id, source) DO UPDATE SET covered_at = excluded.covered_at, \
                   authenticated = excluded.authenticated, log_in_told = excluded.log_in_told, \
                   policy = excluded.policy \
                   WHERE excluded.covered_at > coverage.covered_at \
                   OR (excluded.covered_at = coverage.covered_at AND excluded.authenticated > coverage.authenticated)",
        };
        statement
            .run(self.connection(), &rows, |(asset, coverage), values| {
                values.extend(values![
                    run,
                    asset,
                    company,
                    source.as_str(),
                    scan,
                    coverage.covered_at,
                    coverage.authenticated == Some(true),
                    coverage.authenticated.is_some(),
                    coverage.policy,
                    false,
                    false
                ]);
            })
            .await
    }

    /// The run's last record is in: from now on its coverage counts, and where the import is `complete` it proves
    /// absence. How many assets.
    pub async fn settle_coverage(&self, run: RunId, complete: bool) -> Result<u64> {
        self.write("UPDATE coverage SET settled = 1, complete = ? WHERE run_id = ?", values![complete, run]).await
    }
}
