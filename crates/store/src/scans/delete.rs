//! Deleting a scan and what only it has seen.
//!
//! A sighting may have been seen by runs of several scans of one integration. It goes with the last of them; until
//! then it is handed to the newest run that remains. A finding goes with its last sighting, a component with the last list
//! that names it. Triage stays: it belongs to the fingerprint. The scan's feed goes too; that it was deleted, and by whom,
//! is in the audit log.

use std::collections::BTreeSet;

use scanhelm_core::Result;
use scanhelm_core::ids::{CompanyId, FindingId, RunId, ScanId, SightingId};

use crate::sql::values;
use crate::store::Transaction;

/// Rows of one statement.
const AT_ONCE: usize = 1_000;

impl Transaction {
    /// `false` when there is no such scan in the company.
    pub async fn delete_scan(&self, company: CompanyId, id: ScanId) -> Result<bool> {
        let text = "SELECT count(*) AS value FROM scans WHERE company_id = ? AND id = ?";
        if self.connection().number(self.sql(text, values![company, id])).await? == 0 {
            return Ok(false);
        }
        self.take_import_turn(company).await?;
        let text = "SELECT id FROM runs WHERE scan_id = ? ORDER BY id";
        let runs: Vec<RunId> = self.connection().all(self.sql(text, values![id]), |row| row.parsed("id")).await?;
        let (sightings, findings) = self.seen_by(&runs).await?;
        let mut sql = self.sql("DELETE FROM run_sightings WHERE", values![]);
        sql.among("run_id", runs.iter().map(ToString::to_string));
        self.connection().execute(sql).await?;
        for chunk in sightings.chunks(AT_ONCE) {
            self.leave_sightings(company, id, chunk).await?;
        }
        for chunk in findings.chunks(AT_ONCE) {
            self.mark_relation_due_of(chunk).await?;
            let mut sql = self.sql("DELETE FROM findings WHERE", values![]);
            sql.among("id", chunk.iter().map(ToString::to_string));
            sql.push(" AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.finding_id = findings.id)");
            self.connection().execute(sql).await?;
            if self.refresh_findings(chunk).await? > 0 {
                // Others still see some: they are rated, and matched by rules, by what those say.
                self.want_rating(company).await?;
                self.want_matching(company).await?;
            }
        }
        self.forget_components(company, id).await?;
        self.write("DELETE FROM activity WHERE company_id = ? AND scan_id = ?", values![company, id]).await?;
        // Runs, imports and coverage follow by reference; commands lose their scan.
        self.write("DELETE FROM scans WHERE company_id = ? AND id = ?", values![company, id]).await?;
        Ok(true)
    }

    /// The sightings of runs and their findings, each once.
    async fn seen_by(&self, runs: &[RunId]) -> Result<(Vec<SightingId>, Vec<FindingId>)> {
        let mut sql = self.sql("SELECT finding_id, sighting_id FROM run_sightings WHERE", values![]);
        sql.among("run_id", runs.iter().map(ToString::to_string));
        let seen: Vec<(FindingId, SightingId)> =
            self.connection().all(sql, |row| Ok((row.parsed("finding_id")?, row.parsed("sighting_id")?))).await?;
        let (findings, sightings): (BTreeSet<_>, BTreeSet<_>) = seen.into_iter().unzip();
        Ok((sightings.into_iter().collect(), findings.into_iter().collect()))
    }

    /// Takes sightings from a scan of which no run is linked to them any more. Looked up by id: a database that plans by
    /// how much an average run has seen would read all there are.
    async fn leave_sightings(&self, company: CompanyId, scan: ScanId, sightings: &[SightingId]) -> Result<()> {
        let ids = || sightings.iter().map(ToString::to_string);
        let mut sql = self.sql("DELETE FROM sightings WHERE", values![]);
        sql.among("id", ids());
        sql.push(" AND NOT EXISTS (SELECT 1 FROM run_sightings l WHERE l.sighting_id = sightings.id)");
        self.connection().execute(sql).await?;
        let text = "UPDATE sightings SET run_id = (SELECT max(l.run_id) FROM run_sightings l \
                    WHERE l.sighting_id = sightings.id) WHERE company_id || '' = ? AND scan_id || '' = ? AND";
        let mut sql = self.sql(text, values![company, scan]);
        sql.among("id", ids());
        self.connection().execute(sql).await?;
        let text = "UPDATE sightings SET scan_id = (SELECT r.scan_id FROM runs r WHERE r.id = sightings.run_id) \
                    WHERE company_id || '' = ? AND scan_id || '' = ? AND";
        let mut sql = self.sql(text, values![company, scan]);
        sql.among("id", ids());
        self.connection().execute(sql).await.map(|_| ())
    }
}
