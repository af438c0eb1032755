//! Findings with all that an export tells of them.
//!
//! An export is read in many steps and must still be of one moment, so it is read from a [`Snapshot`]. It asks for ids
//! first and for their rows then: the conditions of a filter, which may be costly, are looked at once for many
//! thousand findings and not once for each batch of rows.

use scanhelm_core::Result;
use scanhelm_core::asset::{AssetKey, AssetKind};
use scanhelm_core::finding::Finding;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::ids::{CompanyId, FindingId};

use super::{COLUMNS, FindingFilter, read};
use crate::sql::values;
use crate::store::{Reader, Snapshot};
use crate::triage;

/// A finding, its asset, and what is said of it by the scanner whose severity and title it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedFinding {
    pub finding: Finding,
    pub identity: Identity,
    pub asset_kind: AssetKind,
    pub asset_name: String,
    pub asset_keys: Vec<AssetKey>,
    pub operating_system: Option<String>,
    pub scanner: String,
    pub rule_id: String,
    pub authenticated: bool,
    /// JSON: description, solution, evidence, scores.
    pub detail: String,
    /// The judgement that stands, if there ever was one.
    pub verdict: Option<Verdict>,
}

impl Reader {
    /// The next ids behind `after` that match, in their order.
    pub async fn finding_ids_after(
        &self,
        company: CompanyId,
        filter: &FindingFilter,
        after: Option<FindingId>,
        limit: u32,
    ) -> Result<Vec<FindingId>> {
        let mut sql = self.sql("SELECT findings.id AS id FROM findings WHERE", values![]);
        filter.add(company, &mut sql);
        if let Some(after) = after {
            sql.add(" AND findings.id > ?", values![after]);
        }
        sql.add(" ORDER BY findings.id LIMIT ?", values![i64::from(limit)]);
        self.connection().all(sql, |row| row.parsed("id")).await
    }
}

impl Snapshot {
    /// Those of `ids` that the company has, in no order.
    pub async fn exported_findings(&self, company: CompanyId, ids: &[FindingId]) -> Result<Vec<ExportedFinding>> {
        // The sighting on top is the one that `refresh_findings` shows.
        let text = format!(
            "SELECT {COLUMNS}, findings.identity, a.kind, a.name, a.keys, a.operating_system, s.scanner, s.rule_id, \
             s.authenticated, s.detail, t.state, t.reason, t.actor, t.at, t.expires_at FROM (\
             SELECT finding_id, scanner, rule_id, authenticated, detail, \
             row_number() OVER (PARTITION BY finding_id ORDER BY CASE state WHEN 'seen' THEN 0 ELSE 1 END, \
             severity DESC, source, scanner_ref) AS place FROM sightings WHERE"
        );
        let texts = || ids.iter().map(ToString::to_string);
        let mut sql = self.sql(&text, values![]);
        sql.among("finding_id", texts()).add(
            ") s JOIN findings ON findings.id = s.finding_id JOIN assets a ON a.id = findings.asset_id \
             LEFT JOIN triage t ON t.company_id = findings.company_id AND t.fingerprint = findings.fingerprint \
             WHERE s.place = 1 AND findings.company_id = ?",
            values![company],
        );
        self.connection()
            .all(sql, |row| {
                Ok(ExportedFinding {
                    finding: read(row)?,
                    identity: row.json("identity")?,
                    asset_kind: row.word("kind", &AssetKind::ALL, AssetKind::as_str)?,
                    asset_name: row.text("name")?,
                    asset_keys: row.json("keys")?,
                    operating_system: row.maybe_text("operating_system")?,
                    scanner: row.text("scanner")?,
                    rule_id: row.text("rule_id")?,
                    authenticated: row.flag("authenticated")?,
                    detail: row.text("detail")?,
                    verdict: match row.maybe_text("state")? {
                        Some(_) => Some(triage::read(row)?),
                        None => None,
                    },
                })
            })
            .await
    }
}
