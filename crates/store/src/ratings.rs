//! What findings are rated by and how far that has got. Only what has changed is written, in the import's own way: many
//! rows in one statement, the company's turn taken first.

use scanhelm_core::asset::Criticality;
use scanhelm_core::finding::rating::RatedFinding;
use scanhelm_core::finding::sla::SlaPolicy;
use scanhelm_core::finding::{FindingState, Rating};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId};
use scanhelm_core::permission::Actor;
use scanhelm_core::{Result, Timestamp};

use crate::row::Row;
use crate::sql::{Rows, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT f.id, f.fingerprint, f.cves, f.severity, f.cvss, f.status, f.first_seen_at, \
                       f.reopened_at, f.risk, f.epss, f.kev, f.due_at, a.criticality FROM findings f \
                       JOIN assets a ON a.id = f.asset_id WHERE";

/// A finding as a rating sees it, and how it is rated now.
#[derive(Clone, Debug, PartialEq)]
pub struct RatedRow {
    pub id: FindingId,
    pub fingerprint: String,
    pub cves: Vec<String>,
    pub finding: RatedFinding,
    pub rating: Rating,
}

/// A company's policy as it was last written.
#[derive(Clone, Debug, PartialEq)]
pub struct SlaPolicyRow {
    pub policy: SlaPolicy,
    pub updated_at: Timestamp,
    pub updated_by: Actor,
    /// From 1.
    pub version: i64,
}

/// How far the rating of a company's findings has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReRating {
    /// Raised by everything that changes what findings are rated by.
    pub wanted: i64,
    /// The last one that every finding is rated by.
    pub done: i64,
    /// The one of the pass under way.
    pub pass: i64,
    /// The fingerprint it has got to.
    pub position: String,
    /// How many findings that pass has looked at.
    pub rated: u64,
}

fn read(row: &Row<'_>) -> Result<RatedRow> {
    let rating = super::findings::read_rating(row)?;
    Ok(RatedRow {
        id: row.parsed("id")?,
        fingerprint: row.text("fingerprint")?,
        cves: row.json("cves")?,
        finding: RatedFinding {
            severity: row.severity("severity")?,
            cvss_tenths: row.maybe_small("cvss")?,
            criticality: row.word("criticality", &Criticality::ALL, Criticality::as_str)?,
            state: row.word("status", &FindingState::ALL, FindingState::as_str)?,
            first_seen_at: row.time("first_seen_at")?,
            reopened_at: row.maybe_time("reopened_at")?,
            due_at: rating.due_at,
        },
        rating,
    })
}

impl Reader {
    /// The findings behind a fingerprint, in the order of their fingerprints.
    pub async fn rated_after(&self, company: CompanyId, position: &str, limit: u32) -> Result<Vec<RatedRow>> {
        let mut sql = self.sql(COLUMNS, values![]);
        let text = " f.company_id = ? AND f.fingerprint > ? ORDER BY f.fingerprint LIMIT ?";
        sql.add(text, values![company, position, limit]);
        self.connection().all(sql, read).await
    }

    /// These findings, in no order.
    pub async fn rated(&self, company: CompanyId, ids: &[FindingId]) -> Result<Vec<RatedRow>> {
        let mut sql = self.sql(COLUMNS, values![]);
        // See `findings_of`: looked up by their ids.
        sql.add(" f.company_id || '' = ? AND", values![company]).among("f.id", ids.iter().map(ToString::to_string));
        self.connection().all(sql, read).await
    }

    /// Of these assets those whose criticality somebody has set.
    pub async fn criticality_of(&self, company: CompanyId, ids: &[AssetId]) -> Result<Vec<(AssetId, Criticality)>> {
        let text = "SELECT id, criticality FROM assets WHERE company_id || '' = ? AND criticality <> 'normal' AND";
        let mut sql = self.sql(text, values![company]);
        sql.among("id", ids.iter().map(ToString::to_string));
        let read =
            |row: &Row<'_>| Ok((row.parsed("id")?, row.word("criticality", &Criticality::ALL, Criticality::as_str)?));
        self.connection().all(sql, read).await
    }

    /// `None`: the company has never written one.
    pub async fn sla_policy(&self, company: CompanyId) -> Result<Option<SlaPolicyRow>> {
        let text = "SELECT policy, updated_at, updated_by, version FROM sla_policies WHERE company_id = ?";
        self.connection()
            .optional(self.sql(text, values![company]), |row| {
                Ok(SlaPolicyRow {
                    policy: row.json("policy")?,
                    updated_at: row.time("updated_at")?,
                    updated_by: row.json("updated_by")?,
                    version: row.integer("version")?,
                })
            })
            .await
    }

    pub async fn re_rating(&self, company: CompanyId) -> Result<ReRating> {
        let text = "SELECT wanted, done, pass, position, rated FROM re_ratings WHERE company_id = ?";
        let found = self
            .connection()
            .optional(self.sql(text, values![company]), |row| {
                Ok(ReRating {
                    wanted: row.integer("wanted")?,
                    done: row.integer("done")?,
                    pass: row.integer("pass")?,
                    position: row.text("position")?,
                    rated: row.count("rated")?,
                })
            })
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// The companies whose findings are not rated by what is known now.
    pub async fn unrated_companies(&self) -> Result<Vec<CompanyId>> {
        let sql = self.sql("SELECT company_id FROM re_ratings WHERE done < wanted ORDER BY company_id", values![]);
        self.connection().all(sql, |row| row.parsed("company_id")).await
    }
}

impl Transaction {
    pub async fn write_ratings(&self, ratings: &[(FindingId, Rating)]) -> Result<()> {
        let rows = Rows {
            head: "WITH rated (id, risk, epss, kev, due_at) AS (VALUES ",
            columns: 5,
            tail: ") UPDATE findings SET risk = rated.risk, epss = rated.epss, kev = rated.kev, \
                   due_at = rated.due_at FROM rated WHERE findings.id = rated.id",
        };
        rows.run(self.connection(), ratings, |(id, rating), values| {
            values.extend(values![id, u32::from(rating.risk), rating.epss, rating.kev, rating.due_at]);
        })
        .await
    }

    /// What was fixed was seen again: the clock of its due date starts anew. To be called before its state changes;
    /// findings in other states keep their clock.
    pub async fn restart_clocks(&self, seen: &[(FindingId, Timestamp)]) -> Result<()> {
        let rows = Rows {
            head: "WITH seen (id, at) AS (VALUES ",
            columns: 2,
            tail: ") UPDATE findings SET reopened_at = seen.at FROM seen WHERE findings.id = seen.id \
                   AND findings.status IN ('fixed', 'verified_fixed')",
        };
        rows.run(self.connection(), seen, |(id, at), values| values.extend(values![id, at])).await
    }

    /// `version`: the one that was read, 0 where there was none; any when `None`. `false`: it has changed since.
    pub async fn put_sla_policy(
        &self,
        company: CompanyId,
        policy: &SlaPolicy,
        by: Actor,
        now: Timestamp,
        version: Option<i64>,
    ) -> Result<bool> {
        let present = self.sla_policy(company).await?.map_or(0, |row| row.version);
        if version.is_some_and(|version| version != present) {
            return Ok(false);
        }
        let text = "INSERT INTO sla_policies (company_id, policy, updated_at, updated_by, version) \
                    VALUES (?, ?, ?, ?, 1) ON CONFLICT (company_id) DO UPDATE SET policy = excluded.policy, \
                    updated_at = excluded.updated_at, updated_by = excluded.updated_by, \
                    version = sla_policies.version + 1 WHERE sla_policies.version = ?";
        Ok(self.write(text, values![company, json(policy)?, now, json(&by)?, present]).await? > 0)
    }

    /// What the findings of a company are rated by has changed; the same transaction holds the change.
    pub async fn want_rating(&self, company: CompanyId) -> Result<()> {
        let text = "INSERT INTO re_ratings (company_id, wanted, done, pass, position, rated) \
                    VALUES (?, 1, 0, 0, '', 0) ON CONFLICT (company_id) DO UPDATE SET wanted = re_ratings.wanted + 1";
        self.write(text, values![company]).await.map(|_| ())
    }

    /// Keeps how far the pass has got. What is wanted is not the pass's to say.
    pub async fn save_re_rating(&self, company: CompanyId, state: &ReRating) -> Result<()> {
        let text = "UPDATE re_ratings SET done = ?, pass = ?, position = ?, rated = ? WHERE company_id = ?";
        self.write(text, values![state.done, state.pass, state.position, state.rated, company]).await.map(|_| ())
    }
}
