//! Findings: the import's bulk path here, lists and counts in [`list`], groups of several scanners' findings in
//! [`relation`], tags of catalogues in [`compliance`], what they take from their sightings in [`details`], what they say in [`texts`], whole findings in [`export`], the comparable dump in [`dump`].

mod compliance;
mod details;
mod dump;
mod export;
mod list;
mod relation;
mod texts;
mod way;

use std::collections::HashMap;

pub use export::ExportedFinding;
use futures::join;
pub use list::{FindingFilter, OwnerFilter};
pub use relation::{GroupSize, RelatedFinding};
use scanhelm_core::finding::identity::Identity;
use scanhelm_core::finding::sla::stops_clock;
use scanhelm_core::finding::{Finding, FindingState, Location, Rating, SightingState};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId};
use scanhelm_core::{Result, Severity, Timestamp};

use self::texts::Text;
use crate::row::Row;
use crate::sql::{Rows, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "findings.id, findings.company_id, findings.fingerprint, findings.asset_id, findings.title, \
                       findings.severity, findings.status, findings.cves, findings.cwes, findings.location, \
                       findings.first_seen_at, findings.last_seen_at, findings.resolved_at, findings.sighting_count, \
                       findings.owner_id, findings.risk, findings.epss, findings.kev, findings.due_at, \
                       findings.reopened_at, findings.stopped_at, findings.suppression_rule_id";

/// A finding with its first sighting.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFinding {
    pub id: FindingId,
    pub company_id: CompanyId,
    pub fingerprint: String,
    /// The readable parts of the fingerprint.
    pub identity: Identity,
    pub asset_id: AssetId,
    pub title: String,
    pub severity: Severity,
    pub status: FindingState,
    pub cves: Vec<String>,
    pub cwes: Vec<u32>,
    pub location: Location,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    /// Ten times the leading computed CVSS.
    pub cvss_tenths: Option<u8>,
    pub rating: Rating,
}

/// A finding with what is stored of it as text.
struct Written<'a> {
    finding: &'a NewFinding,
    text: Text,
    cves: String,
    cwes: String,
    location: String,
    identity: String,
}

/// So many findings are written down at a time.
const WRITTEN_AT_ONCE: usize = 1_000;

fn written<'a>(findings: &[&'a NewFinding]) -> Result<Vec<Written<'a>>> {
    let write = |finding: &&'a NewFinding| {
        let (cves, cwes, location) = (json(&finding.cves)?, json(&finding.cwes)?, json(&finding.location)?);
        let text = Text::new(finding.company_id, &finding.title, &cves, &cwes, &location);
        Ok(Written { finding, text, cves, cwes, location, identity: json(&finding.identity)? })
    };
    findings.iter().map(write).collect()
}

/// What the import needs to know of a known finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingRow {
    pub id: FindingId,
    pub status: FindingState,
    pub resolved_at: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> Result<Finding> {
    Ok(Finding {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        fingerprint: row.text("fingerprint")?,
        asset_id: row.parsed("asset_id")?,
        title: row.text("title")?,
        severity: row.severity("severity")?,
        status: row.word("status", &FindingState::ALL, FindingState::as_str)?,
        cves: row.json("cves")?,
        cwes: row.json("cwes")?,
        location: row.json("location")?,
        first_seen_at: row.time("first_seen_at")?,
        last_seen_at: row.time("last_seen_at")?,
        resolved_at: row.maybe_time("resolved_at")?,
        sighting_count: row.small("sighting_count")?,
        owner_id: row.maybe_parsed("owner_id")?,
        rating: read_rating(row)?,
        reopened_at: row.maybe_time("reopened_at")?,
        stopped_at: row.maybe_time("stopped_at")?,
        suppression_rule_id: row.maybe_parsed("suppression_rule_id")?,
    })
}

pub(crate) fn read_rating(row: &Row<'_>) -> Result<Rating> {
    Ok(Rating {
        risk: row.small("risk")?,
        epss: row.maybe_double("epss")?,
        kev: row.flag("kev")?,
        due_at: row.maybe_time("due_at")?,
    })
}

impl Reader {
    pub async fn finding(&self, company: CompanyId, id: FindingId) -> Result<Option<Finding>> {
        let text = format!("SELECT {COLUMNS} FROM findings WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Those of `ids` that the company has, in no order.
    pub async fn findings_of(&self, company: CompanyId, ids: &[FindingId]) -> Result<Vec<Finding>> {
        // SQLite would rather walk all of a company's entries in an index that ends in the id than look the ids up, so
        // the company is told as something that no index holds.
        let text = format!("SELECT {COLUMNS} FROM findings WHERE company_id || '' = ? AND");
        let mut sql = self.sql(&text, values![company]);
        sql.among("id", ids.iter().map(ToString::to_string));
        self.connection().all(sql, read).await
    }

    pub async fn finding_by_fingerprint(&self, company: CompanyId, fingerprint: &str) -> Result<Option<Finding>> {
        let text = format!("SELECT {COLUMNS} FROM findings WHERE company_id = ? AND fingerprint = ?");
        self.connection().optional(self.sql(&text, values![company, fingerprint]), read).await
    }

    /// Those of the fingerprints that there is a finding of.
    pub async fn findings_by_fingerprint(
        &self,
        company: CompanyId,
        fingerprints: &[String],
    ) -> Result<HashMap<String, Finding>> {
        let mut sql = self.sql(&format!("SELECT {COLUMNS}"), values![]);
        let key = ("company_id = ?", values![company]);
        sql.look_up_in(("findings", "findings"), key, "fingerprint", fingerprints.iter().cloned());
        let found = self.connection().all(sql, read).await?;
        Ok(found.into_iter().map(|finding| (finding.fingerprint.clone(), finding)).collect())
    }

    /// The readable parts of a finding's fingerprint.
    pub async fn finding_identity(&self, company: CompanyId, id: FindingId) -> Result<Option<Identity>> {
        let sql = self.sql("SELECT identity FROM findings WHERE company_id = ? AND id = ?", values![company, id]);
        self.connection().optional(sql, |row| row.json("identity")).await
    }
}

/// A finding and what each of its scanners last said.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingStanding {
    pub id: FindingId,
    pub status: FindingState,
    pub sightings: Vec<SightingState>,
}

impl Reader {
    /// For deciding whether findings are closed; in the order of their ids.
    pub async fn finding_standing(&self, ids: &[FindingId]) -> Result<Vec<FindingStanding>> {
        let mut sql = self.sql(
            "SELECT f.id, f.status, s.state FROM findings f JOIN sightings s ON s.finding_id = f.id WHERE",
            values![],
        );
        sql.among("f.id", ids.iter().map(ToString::to_string));
        sql.push(" ORDER BY f.id, s.state");
        let rows = self
            .connection()
            .all(sql, |row| {
                let id: FindingId = row.parsed("id")?;
                let status = row.word("status", &FindingState::ALL, FindingState::as_str)?;
                Ok((id, status, row.word("state", &SightingState::ALL, SightingState::as_str)?))
            })
            .await?;
        let mut standing: Vec<FindingStanding> = Vec::new();
        for (id, status, sighting) in rows {
            match standing.last_mut().filter(|last| last.id == id) {
                Some(last) => last.sightings.push(sighting),
                None => standing.push(FindingStanding { id, status, sightings: vec![sighting] }),
            }
        }
        Ok(standing)
    }
}

impl Transaction {
    /// By fingerprint.
    pub async fn known_findings(
        &self,
        company: CompanyId,
        fingerprints: &[String],
    ) -> Result<HashMap<String, FindingRow>> {
        self.take_import_turn(company).await?;
        let mut sql = self.sql("SELECT fingerprint, id, status, resolved_at", values![]);
        let key = ("company_id = ?", values![company]);
        sql.look_up_in(("findings", "f"), key, "fingerprint", fingerprints.iter().cloned());
        let known = self
            .connection()
            .all(sql, |row| {
                let known = FindingRow {
                    id: row.parsed("id")?,
                    status: row.word("status", &FindingState::ALL, FindingState::as_str)?,
                    resolved_at: row.maybe_time("resolved_at")?,
                };
                Ok((row.text("fingerprint")?, known))
            })
            .await?;
        Ok(known.into_iter().collect())
    }

    /// Each counts one sighting, its first; [`refresh_findings`](Self::refresh_findings) recounts.
    pub async fn insert_findings(&self, findings: &[NewFinding]) -> Result<()> {
        // Fingerprints have no order of their own. Written in theirs, each page of their index is touched once.
        let mut sorted: Vec<&NewFinding> = findings.iter().collect();
        sorted.sort_unstable_by(|one, other| one.fingerprint.cmp(&other.fingerprint));
        let mut chunks = sorted.chunks(WRITTEN_AT_ONCE).map(written);
        let mut ready = chunks.next().transpose()?;
        while let Some(chunk) = ready {
            // As in `Rows::run`: the next is made while the database works on this one.
            let (inserted, next) = join!(self.insert_written(&chunk), async { chunks.next().transpose() });
            inserted?;
            ready = next?;
        }
        Ok(())
    }

    async fn insert_written(&self, findings: &[Written<'_>]) -> Result<()> {
        let texts: Vec<&Text> = findings.iter().map(|finding| &finding.text).collect();
        let texts = self.finding_texts(&texts).await?;
        let findings: Vec<(&Written<'_>, i64)> = findings.iter().zip(texts).collect();
        let rows = Rows {
            head: "INSERT INTO findings (id, company_id, fingerprint, asset_id, title, severity, status, cves, cwes, \
                   location, identity, first_seen_at, last_seen_at, resolved_at, sighting_count, text_id, cvss, risk, \
                   epss, kev, due_at, stopped_at) VALUES ",
            columns: 22,
            tail: "",
        };
        rows.run(self.connection(), &findings, |(written, text), values| {
            let finding = written.finding;
            values.extend(values![
                finding.id,
                finding.company_id,
                finding.fingerprint,
                finding.asset_id,
                finding.title,
                u32::from(finding.severity.rank()),
                finding.status.as_str(),
                written.cves,
                written.cwes,
                written.location,
                written.identity,
                finding.first_seen_at,
                finding.last_seen_at,
                finding.resolved_at,
                1_i64,
                text,
                finding.cvss_tenths.map(u32::from),
                u32::from(finding.rating.risk),
                finding.rating.epss,
                finding.rating.kev,
                finding.rating.due_at,
                finding.resolved_at.filter(|_| stops_clock(finding.status))
            ]);
        })
        .await
    }

    /// Brings what findings show in line with their sightings, as
    /// [`shown`](scanhelm_core::finding::correlation::shown) decides it: severity and title of the worst live one,
    /// of equals the first by source and reference; the highest computed score, the CVEs and CWEs of the live ones; the
    /// place of the one with the title; times and count over all. How many findings there are of these.
    pub async fn refresh_findings(&self, ids: &[FindingId]) -> Result<u64> {
        for chunk in ids.chunks(10_000) {
            self.refresh_from_details(chunk).await?;
        }
        self.refresh_seen(ids).await
    }

    /// [`refresh_findings`](Self::refresh_findings) for findings whose sightings say what they said before: of these
    /// only what does not stand in the details can differ.
    pub async fn refresh_seen(&self, ids: &[FindingId]) -> Result<u64> {
        let mut refreshed = 0;
        for chunk in ids.chunks(10_000) {
            let mut sql = self.sql(
                "UPDATE findings SET severity = top.severity, title = top.title, first_seen_at = top.first_seen_at, \
                 last_seen_at = top.last_seen_at, sighting_count = top.sightings, cvss = top.cvss FROM (\
                 SELECT finding_id, severity, title, \
                 COALESCE(max(CASE WHEN state = 'seen' THEN cvss END) OVER (PARTITION BY finding_id), \
                 max(cvss) OVER (PARTITION BY finding_id)) AS cvss, \
                 min(first_seen_at) OVER (PARTITION BY finding_id) AS first_seen_at, \
                 max(last_seen_at) OVER (PARTITION BY finding_id) AS last_seen_at, \
                 count(*) OVER (PARTITION BY finding_id) AS sightings, \
                 row_number() OVER (PARTITION BY finding_id ORDER BY CASE state WHEN 'seen' THEN 0 ELSE 1 END, \
                 severity DESC, source, scanner_ref) AS place FROM sightings WHERE",
                values![],
            );
            sql.among("finding_id", chunk.iter().map(ToString::to_string));
            sql.push(") top WHERE top.place = 1 AND findings.id = top.finding_id");
            refreshed += self.connection().execute(sql).await?;
            self.refresh_texts(chunk).await?;
        }
        Ok(refreshed)
    }

    /// Sets states with the time of their resolution (`None` for live ones). The time at which one was first gone stays
    /// for as long as it is: confirming a fix later does not make it late. No rule is named any more; of what is
    /// suppressed, [`name_suppressing`](Self::name_suppressing) names it.
    pub async fn set_finding_status(&self, states: &[(FindingId, FindingState, Option<Timestamp>)]) -> Result<()> {
        let rows = Rows {
            head: "WITH judged (id, status, resolved_at) AS (VALUES ",
            columns: 3,
            tail: ") UPDATE findings SET status = judged.status, resolved_at = judged.resolved_at, \
                   stopped_at = CASE WHEN judged.status IN ('fixed', 'verified_fixed', 'closed') \
                   THEN COALESCE(findings.stopped_at, judged.resolved_at) END, suppression_rule_id = NULL FROM judged \
                   WHERE findings.id = judged.id",
        };
        rows.run(self.connection(), states, |(id, state, resolved_at), values| {
            values.extend(values![id, state.as_str(), resolved_at]);
        })
        .await
    }
}
