//! Deleting a scan and what only it has seen.
//!
//! A sighting may have been seen by runs of several scans of one integration. It goes with the last of them; until
//! then it is handed to the newest run that remains. A finding goes with its last sighting. Triage stays: it belongs
//! to the fingerprint. The scan's feed goes too; that it was deleted, and by whom, is in the audit log.

use scanhelm_core::Result;
use scanhelm_core::ids::{CompanyId, FindingId, ScanId};

use crate::sql::values;
use crate::store::Transaction;

impl Transaction {
    /// `false` when there is no such scan in the company.
    pub async fn delete_scan(&self, company: CompanyId, id: ScanId) -> Result<bool> {
        let text = "SELECT count(*) AS value FROM scans WHERE company_id = ? AND id = ?";
        if self.connection().number(self.sql(text, values![company, id])).await? == 0 {
            return Ok(false);
        }
        self.take_import_turn(company).await?;
        let text = "SELECT DISTINCT s.finding_id FROM sightings s JOIN run_sightings l ON l.sighting_id = s.id \
                    JOIN runs r ON r.id = l.run_id WHERE r.scan_id = ?";
        let findings: Vec<FindingId> =
            self.connection().all(self.sql(text, values![id]), |row| row.parsed("finding_id")).await?;
        let text = "DELETE FROM run_sightings WHERE run_id IN (SELECT id FROM runs WHERE scan_id = ?)";
        self.write(text, values![id]).await?;
        let text = "DELETE FROM sightings WHERE run_id IN (SELECT id FROM runs WHERE scan_id = ?) \
                    AND NOT EXISTS (SELECT 1 FROM run_sightings l WHERE l.sighting_id = sightings.id)";
        self.write(text, values![id]).await?;
        let text = "UPDATE sightings SET run_id = (SELECT max(l.run_id) FROM run_sightings l \
                    WHERE l.sighting_id = sightings.id) WHERE run_id IN (SELECT id FROM runs WHERE scan_id = ?)";
        self.write(text, values![id]).await?;
        let text = "UPDATE sightings SET scan_id = (SELECT r.scan_id FROM runs r WHERE r.id = sightings.run_id) \
                    WHERE company_id = ? AND scan_id = ?";
        self.write(text, values![company, id]).await?;
        for chunk in findings.chunks(10_000) {
            self.mark_relation_due_of(chunk).await?;
            let mut sql = self.sql("DELETE FROM findings WHERE", values![]);
            sql.among("id", chunk.iter().map(ToString::to_string));
            sql.push(" AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.finding_id = findings.id)");
            self.connection().execute(sql).await?;
            if self.refresh_findings(chunk).await? > 0 {
                // Others still see some: they are rated by what those say.
                self.want_rating(company).await?;
            }
        }
        self.write("DELETE FROM activity WHERE company_id = ? AND scan_id = ?", values![company, id]).await?;
        // Runs, imports and coverage follow by reference; commands lose their scan.
        self.write("DELETE FROM scans WHERE company_id = ? AND id = ?", values![company, id]).await?;
        Ok(true)
    }
}
