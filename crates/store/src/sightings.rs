//! Evidence: what each scanner saw of a finding. This is the bulk path of the import, so everything here takes
//! many rows at once and costs a fixed number of statements for a batch.

use std::collections::HashMap;

use scanhelm_core::finding::{FindingState, Sighting, SightingSource, SightingState};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, RunId, ScanId, SightingId};
use scanhelm_core::local::suppression::Suppressed;
use scanhelm_core::{Result, Severity, Timestamp};

use crate::row::Row;
use crate::sql::{Rows, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT id, company_id, finding_id, source, scanner_ref, scanner, rule_id, title, severity, \
                       scan_id, run_id, first_seen_at, last_seen_at, authenticated, state, detail, suppressed FROM sightings";

/// What a scanner says about a finding; replaced as a whole by a newer look.
#[derive(Clone, Debug, PartialEq)]
pub struct SightingContent {
    pub scanner: String,
    pub rule_id: String,
    pub title: String,
    pub severity: Severity,
    pub authenticated: bool,
    /// Name of the policy or rule set it was found with.
    pub policy: Option<String>,
    /// Digest of all this.
    pub content: u64,
    /// JSON: description, solution, evidence, scores.
    pub detail: String,
    /// Ten times the leading score computed from its vectors.
    pub cvss_tenths: Option<u8>,
    /// The scanned project suppresses it.
    pub suppressed: Option<Suppressed>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewSighting {
    pub id: SightingId,
    pub company_id: CompanyId,
    pub finding_id: FindingId,
    pub asset_id: AssetId,
    pub source: SightingSource,
    /// Unique within company and source.
    pub scanner_ref: String,
    pub scan_id: ScanId,
    pub run_id: RunId,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub shown: SightingContent,
}

/// A further look at a known sighting.
#[derive(Clone, Debug, PartialEq)]
pub struct SightingUpdate {
    pub id: SightingId,
    pub finding_id: FindingId,
    pub scan_id: ScanId,
    pub run_id: RunId,
    pub seen_at: Timestamp,
    /// The look is the newest: its content replaces the old, and the sighting is seen. `None`: history that only
    /// widens `first_seen_at`.
    pub replacement: Option<SightingContent>,
}

/// What the import needs to know of a known sighting.
#[derive(Clone, Debug, PartialEq)]
pub struct SightingRow {
    pub id: SightingId,
    pub finding_id: FindingId,
    pub state: SightingState,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub content: u64,
    pub finding_status: FindingState,
    pub finding_resolved_at: Option<Timestamp>,
}

/// Words and two texts: that always becomes JSON.
fn written(suppressed: Option<&Suppressed>) -> Option<String> {
    suppressed.and_then(|suppressed| json(suppressed).ok())
}

fn read(row: &Row<'_>) -> Result<Sighting> {
    Ok(Sighting {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        finding_id: row.parsed("finding_id")?,
        source: SightingSource(row.text("source")?),
        scanner_ref: row.text("scanner_ref")?,
        scanner: row.text("scanner")?,
        rule_id: row.text("rule_id")?,
        title: row.text("title")?,
        severity: row.severity("severity")?,
        scan_id: row.parsed("scan_id")?,
        run_id: row.parsed("run_id")?,
        first_seen_at: row.time("first_seen_at")?,
        last_seen_at: row.time("last_seen_at")?,
        authenticated: row.flag("authenticated")?,
        state: row.word("state", &SightingState::ALL, SightingState::as_str)?,
        detail: row.json("detail")?,
        suppressed: match row.maybe_text("suppressed")? {
            Some(_) => Some(row.json("suppressed")?),
            None => None,
        },
    })
}

impl Reader {
    /// All evidence of a finding, by source and reference.
    pub async fn sightings(&self, company: CompanyId, finding: FindingId) -> Result<Vec<Sighting>> {
        // SQLite would rather read all of a company's sightings in this order than sort these.
        let text = format!("{COLUMNS} WHERE company_id || '' = ? AND finding_id = ? ORDER BY source, scanner_ref");
        self.connection().all(self.sql(&text, values![company, finding]), read).await
    }

    /// The findings behind what a source says under these references, by reference.
    pub async fn findings_by_reference(
        &self,
        company: CompanyId,
        source: &SightingSource,
        references: &[String],
    ) -> Result<HashMap<String, FindingId>> {
        let mut sql = self.sql("SELECT scanner_ref, finding_id", values![]);
        let key = ("company_id = ? AND source = ?", values![company, source.as_str()]);
        sql.look_up_in(("sightings", "s"), key, "scanner_ref", references.iter().cloned());
        let read = |row: &Row<'_>| Ok((row.text("scanner_ref")?, row.parsed("finding_id")?));
        Ok(self.connection().all(sql, read).await?.into_iter().collect())
    }

    /// How many sightings a run brought: what a scan shows as imported.
    pub async fn count_run_sightings(&self, run: RunId) -> Result<u64> {
        let text = "SELECT count(*) AS value FROM run_sightings WHERE run_id = ?";
        self.connection().number(self.sql(text, values![run])).await
    }
}

impl Transaction {
    /// What is known under these references, by reference. Starts the batch's turn, see
    /// [`take_import_turn`](Self::take_import_turn).
    pub async fn known_sightings(
        &self,
        company: CompanyId,
        source: &SightingSource,
        references: &[String],
    ) -> Result<HashMap<String, SightingRow>> {
        self.take_import_turn(company).await?;
        let text = "SELECT s.scanner_ref, s.id, s.finding_id, s.state, s.first_seen_at, s.last_seen_at, s.content, \
                    f.status AS finding_status, f.resolved_at";
        let mut sql = self.sql(text, values![]);
        let key = ("company_id = ? AND source = ?", values![company, source.as_str()]);
        sql.look_up_in(("sightings", "s"), key, "scanner_ref", references.iter().cloned());
        sql.push(" JOIN findings f ON f.id = s.finding_id");
        let known = self
            .connection()
            .all(sql, |row| {
                let known = SightingRow {
                    id: row.parsed("id")?,
                    finding_id: row.parsed("finding_id")?,
                    state: row.word("state", &SightingState::ALL, SightingState::as_str)?,
                    first_seen_at: row.time("first_seen_at")?,
                    last_seen_at: row.time("last_seen_at")?,
                    content: row.integer("content")?.cast_unsigned(),
                    finding_status: row.word("finding_status", &FindingState::ALL, FindingState::as_str)?,
                    finding_resolved_at: row.maybe_time("resolved_at")?,
                };
                Ok((row.text("scanner_ref")?, known))
            })
            .await?;
        Ok(known.into_iter().collect())
    }

    pub async fn insert_sightings(&self, sightings: &[NewSighting]) -> Result<()> {
        let rows = Rows {
            head: "INSERT INTO sightings (id, company_id, finding_id, asset_id, source, scanner_ref, scanner, rule_id, \
                   title, severity, scan_id, run_id, first_seen_at, last_seen_at, authenticated, policy, state, \
                   content, detail, cvss, suppressed) VALUES ",
            columns: 21,
            tail: "",
        };
        // In the order of their references, so that each page of that index is touched once.
        let mut sorted: Vec<_> = sightings.iter().collect();
        sorted.sort_unstable_by(|one, other| (&one.source, &one.scanner_ref).cmp(&(&other.source, &other.scanner_ref)));
        rows.run(self.connection(), &sorted, |sighting, values| {
            let shown = &sighting.shown;
            values.extend(values![
                sighting.id,
                sighting.company_id,
                sighting.finding_id,
                sighting.asset_id,
                sighting.source.as_str(),
                sighting.scanner_ref,
                shown.scanner,
                shown.rule_id,
                shown.title,
                u32::from(shown.severity.rank()),
                sighting.scan_id,
                sighting.run_id,
                sighting.first_seen_at,
                sighting.last_seen_at,
                shown.authenticated,
                shown.policy,
                SightingState::Seen.as_str(),
                shown.content,
                shown.detail,
                shown.cvss_tenths.map(u32::from),
                written(shown.suppressed.as_ref())
            ]);
        })
        .await?;
        self.link_sightings(sightings.iter().map(|new| (new.run_id, new.finding_id, new.id)).collect()).await
    }

    pub async fn update_sightings(&self, updates: &[SightingUpdate]) -> Result<()> {
        let newest: Vec<_> = updates.iter().filter_map(|update| Some((update, update.replacement.as_ref()?))).collect();
        let replace = Rows {
            head: "WITH look (id, scan_id, run_id, seen_at, scanner, rule_id, title, severity, authenticated, policy, \
                   content, detail, cvss, suppressed) AS (VALUES ",
            columns: 14,
            tail: ") UPDATE sightings SET scan_id = look.scan_id, run_id = look.run_id, state = 'seen', \
                   state_reason = NULL, first_seen_at = CASE WHEN look.seen_at < first_seen_at THEN look.seen_at \
                   ELSE first_seen_at END, last_seen_at = look.seen_at, scanner = look.scanner, \
                   rule_id = look.rule_id, title = look.title, severity = look.severity, \
                   authenticated = look.authenticated, policy = look.policy, content = look.content, \
                   detail = look.detail, cvss = look.cvss, suppressed = look.suppressed FROM look WHERE sightings.id = look.id \
                   AND look.seen_at >= sightings.last_seen_at",
        };
        replace
            .run(self.connection(), &newest, |(update, shown), values| {
                values.extend(values![
                    update.id,
                    update.scan_id,
                    update.run_id,
                    update.seen_at,
                    shown.scanner,
                    shown.rule_id,
                    shown.title,
                    u32::from(shown.severity.rank()),
                    shown.authenticated,
                    shown.policy,
                    shown.content,
                    shown.detail,
                    shown.cvss_tenths.map(u32::from),
                    written(shown.suppressed.as_ref())
                ]);
            })
            .await?;
        let history: Vec<_> = updates.iter().filter(|update| update.replacement.is_none()).collect();
        let widen = Rows {
            head: "WITH look (id, seen_at) AS (VALUES ",
            columns: 2,
            tail: ") UPDATE sightings SET first_seen_at = look.seen_at FROM look WHERE sightings.id = look.id \
                   AND look.seen_at < sightings.first_seen_at",
        };
        widen
            .run(self.connection(), &history, |update, values| values.extend(values![update.id, update.seen_at]))
            .await?;
        self.link_sightings(updates.iter().map(|look| (look.run_id, look.finding_id, look.id)).collect()).await
    }

    pub async fn set_sighting_state(&self, states: &[(SightingId, SightingState, Option<&str>)]) -> Result<()> {
        let rows = Rows {
            head: "WITH judged (id, state, reason) AS (VALUES ",
            columns: 3,
            tail: ") UPDATE sightings SET state = judged.state, state_reason = judged.reason FROM judged \
                   WHERE sightings.id = judged.id",
        };
        rows.run(self.connection(), states, |(id, state, reason), values| {
            values.extend(values![id, state.as_str(), reason]);
        })
        .await
    }

    /// Notes that runs saw these findings, by these sightings.
    pub async fn link_sightings(&self, mut links: Vec<(RunId, FindingId, SightingId)>) -> Result<()> {
        links.sort_unstable();
        let rows = Rows {
            head: "INSERT INTO run_sightings (run_id, finding_id, sighting_id) VALUES ",
            columns: 3,
            tail: " ON CONFLICT (sighting_id, run_id) DO NOTHING",
        };
        let values_of = |(run, finding, sighting): &(RunId, FindingId, SightingId)| values![run, finding, sighting];
        rows.run(self.connection(), &links, |link, values| values.extend(values_of(link))).await
    }
}
