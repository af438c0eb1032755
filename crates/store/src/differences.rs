//! What two runs show of the same findings.

use scanhelm_core::coverage::{AssetCoverage, FoundHow};
use scanhelm_core::finding::delta::Evidence;
use scanhelm_core::ids::{CompanyId, FindingId, RunId};
use scanhelm_core::scan::Run;
use scanhelm_core::{Result, Severity};

use crate::sql::values;
use crate::store::Reader;

/// One scanner's evidence of a finding that one of two runs shows.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEvidence {
    pub finding_id: FindingId,
    pub severity: Severity,
    pub evidence: Evidence,
}

impl Reader {
    /// Everything that `run` or `against` shows, in the order of the findings' ids. A few dozen bytes a finding.
    ///
    /// What one scanner covered proves nothing about what another has seen: coverage counts for its own evidence.
    ///
    /// How `against` found something is told by its own coverage of the asset, since the evidence itself remembers
    /// only its newest look.
    pub async fn run_evidence(
        &self,
        company: CompanyId,
        run: &Run,
        against: Option<RunId>,
    ) -> Result<Vec<RunEvidence>> {
        let against = against.map(|id| id.to_string()).unwrap_or_default();
        let sql = self.sql(
            "SELECT s.finding_id, f.severity, s.last_seen_at, s.authenticated, s.policy, \
             CAST(CASE WHEN n.run_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS now_seen, \
             CAST(CASE WHEN b.run_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS before_seen, \
             CAST(CASE WHEN EXISTS (SELECT 1 FROM run_sightings e JOIN runs r ON r.id = e.run_id \
             WHERE e.sighting_id = s.id AND r.id <> ? AND r.id <> ? AND ((r.scan_id = ? AND r.number < ?) \
             OR (r.scan_id <> ? AND r.created_at < ?))) THEN 1 ELSE 0 END AS BIGINT) AS earlier, \
             c.covered_at, c.authenticated AS covered_authenticated, c.policy AS covered_policy, c.complete, \
             d.covered_at AS before_at \
             FROM sightings s JOIN findings f ON f.id = s.finding_id \
             LEFT JOIN run_sightings n ON n.run_id = ? AND n.sighting_id = s.id \
             LEFT JOIN run_sightings b ON b.run_id = ? AND b.sighting_id = s.id \
             LEFT JOIN coverage c ON c.run_id = ? AND c.asset_id = s.asset_id AND c.source = s.source \
             LEFT JOIN coverage d ON d.run_id = ? AND d.asset_id = s.asset_id AND d.source = s.source \
             WHERE s.company_id = ? AND s.id IN (SELECT sighting_id FROM run_sightings WHERE run_id = ? OR run_id = ?) \
             ORDER BY s.finding_id, s.id",
            values![
                run.id,
                against.clone(),
                run.scan_id,
                run.number,
                run.scan_id,
                run.created_at,
                run.id,
                against.clone(),
                run.id,
                against.clone(),
                company,
                run.id,
                against
            ],
        );
        self.connection()
            .all(sql, |row| {
                let coverage = match row.maybe_time("covered_at")? {
                    Some(covered_at) => Some(AssetCoverage {
                        covered_at,
                        authenticated: row.flag("covered_authenticated")?.then_some(true),
                        policy: row.maybe_text("covered_policy")?,
                        complete: row.flag("complete")?,
                    }),
                    None => None,
                };
                let last_seen_at = match row.maybe_time("before_at")? {
                    Some(at) => at,
                    None => row.time("last_seen_at")?,
                };
                Ok(RunEvidence {
                    finding_id: row.parsed("finding_id")?,
                    severity: row.severity("severity")?,
                    evidence: Evidence {
                        now: row.flag("now_seen")?,
                        before: row.flag("before_seen")?,
                        earlier: row.flag("earlier")?,
                        found: FoundHow {
                            last_seen_at,
                            authenticated: row.flag("authenticated")?,
                            policy: row.maybe_text("policy")?,
                        },
                        coverage,
                    },
                })
            })
            .await
    }
}
