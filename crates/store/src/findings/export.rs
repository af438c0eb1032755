//! Findings with all that an export tells of them.
//!
//! One statement gives them all: so they are of one moment, whatever is written meanwhile, and the conditions of a
//! filter are looked at once. Their order is left to whoever writes them.

use futures::Stream;
use scanhelm_core::asset::{AssetKey, AssetKind};
use scanhelm_core::finding::Finding;
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::local::suppression::Suppressed;
use scanhelm_core::{Result, Timestamp};

use super::{COLUMNS, FindingFilter, read};
use crate::row::Row;
use crate::sql::values;
use crate::store::Reader;
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
    /// Of the rule that suppresses it: name, reason and end.
    pub suppression: Option<(String, String, Timestamp)>,
    /// What the scanned project says of the scanner's evidence.
    pub by_project: Option<Suppressed>,
}

impl Reader {
    /// All that match, in no order, as fast as they are taken. Take them fast: as long as it lasts, PostgreSQL does not
    /// clean up behind it, the log of SQLite does not shrink, and a connection for reading is held.
    pub async fn exported_findings(
        &self,
        company: CompanyId,
        filter: &FindingFilter,
    ) -> Result<impl Stream<Item = Result<ExportedFinding>> + Send + '_> {
        // The sighting is the one that `refresh_findings` shows. `CROSS` keeps SQLite from beginning with the assets.
        let text = format!(
            "SELECT {COLUMNS}, findings.identity, a.kind, a.name, a.keys, a.operating_system, s.scanner, s.rule_id, \
             s.authenticated, s.detail, s.suppressed, t.state, t.reason, t.actor, t.at, t.expires_at, r.name AS rule_name, \
             r.reason AS rule_reason, r.expires_at AS rule_end \
             FROM {} CROSS JOIN assets a CROSS JOIN sightings s \
             LEFT JOIN triage t ON t.company_id = findings.company_id AND t.fingerprint = findings.fingerprint \
             LEFT JOIN suppression_rules r ON r.id = findings.suppression_rule_id \
             WHERE a.id = findings.asset_id AND s.id = (SELECT shown.id FROM sightings shown \
             WHERE shown.finding_id = findings.id ORDER BY CASE shown.state WHEN 'seen' THEN 0 ELSE 1 END, \
             shown.severity DESC, shown.source, shown.scanner_ref LIMIT 1) AND",
            filter.way_of_all(self.connection().backend()).tables
        );
        let mut sql = self.sql(&text, values![]);
        filter.add(company, &mut sql);
        self.connection().stream(sql, exported).await
    }
}

fn exported(row: &Row<'_>) -> Result<ExportedFinding> {
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
        suppression: match row.maybe_text("rule_name")? {
            Some(name) => Some((name, row.text("rule_reason")?, row.time("rule_end")?)),
            None => None,
        },
        by_project: match row.maybe_text("suppressed")? {
            Some(_) => Some(row.json("suppressed")?),
            None => None,
        },
    })
}
