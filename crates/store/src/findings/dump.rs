//! A company's findings as sorted lines without ids, so that two databases, or two orders of import, can be compared
//! byte for byte.

use scanhelm_core::ids::CompanyId;
use scanhelm_core::{Result, Severity};

use crate::sql::values;
use crate::store::Reader;

impl Reader {
    /// One line a finding, then one a sighting, tab-separated and sorted.
    pub async fn dump_findings(&self, company: CompanyId) -> Result<Vec<String>> {
        let text = "SELECT f.fingerprint, a.identity, f.severity, f.status, f.title, f.first_seen_at, f.last_seen_at, \
                    f.resolved_at, f.sighting_count, f.cves, f.cwes, f.location, f.relation_group FROM findings f JOIN assets a ON a.id = f.asset_id \
                    WHERE f.company_id = ?";
        let mut lines = self
            .connection()
            .all(self.sql(text, values![company]), |row| {
                let resolved = row.maybe_time("resolved_at")?.map_or_else(String::new, |time| time.to_string());
                let parts = [
                    row.text("fingerprint")?,
                    "finding".to_owned(),
                    row.text("identity")?,
                    row.severity("severity")?.to_string(),
                    row.text("status")?,
                    row.text("title")?,
                    row.time("first_seen_at")?.to_string(),
                    row.time("last_seen_at")?.to_string(),
                    resolved,
                    row.count("sighting_count")?.to_string(),
                    row.text("cves")?,
                    row.text("cwes")?,
                    row.text("location")?,
                    row.maybe_text("relation_group")?.unwrap_or_default(),
                ];
                Ok(parts.join("\t"))
            })
            .await?;
        let text = "SELECT f.fingerprint, s.source, s.scanner_ref, s.severity, s.state, s.state_reason, s.title, \
                    s.first_seen_at, s.last_seen_at, s.content FROM sightings s \
                    JOIN findings f ON f.id = s.finding_id WHERE s.company_id = ?";
        let sightings = self
            .connection()
            .all(self.sql(text, values![company]), |row| {
                let severity: Severity = row.severity("severity")?;
                let parts = [
                    row.text("fingerprint")?,
                    "sighting".to_owned(),
                    row.text("source")?,
                    row.text("scanner_ref")?,
                    severity.to_string(),
                    row.text("state")?,
                    row.maybe_text("state_reason")?.unwrap_or_default(),
                    row.text("title")?,
                    row.time("first_seen_at")?.to_string(),
                    row.time("last_seen_at")?.to_string(),
                    row.integer("content")?.cast_unsigned().to_string(),
                ];
                Ok(parts.join("\t"))
            })
            .await?;
        lines.extend(sightings);
        lines.sort_unstable();
        Ok(lines)
    }
}
