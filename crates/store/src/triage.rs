//! Human judgement, kept by fingerprint: it outlives scans and findings, and stands again when the same weakness
//! comes back years later. Every judgement is also kept in a history.

use std::collections::HashMap;

use scanhelm_core::finding::FindingState;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Result, Timestamp};

use crate::assets::MERGED;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Rows, Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT fingerprint, state, reason, actor, at, expires_at";

const LISTING: Listing<'_> = Listing {
    columns: "fingerprint, state, reason, actor, at, expires_at",
    tables: "triage",
    id: "fingerprint",
    orders: &[Order { name: "at", keys: &[("at", Kind::Number)] }],
    total: false,
    ranges: &[],
};

/// All conditions hold together; an empty one holds always.
#[derive(Clone, Debug, Default)]
pub struct VerdictFilter {
    /// Any of these.
    pub state: Vec<FindingState>,
    pub expires_before: Option<Timestamp>,
}

pub(crate) fn read(row: &Row<'_>) -> Result<Verdict> {
    Ok(Verdict {
        fingerprint: row.text("fingerprint")?,
        state: row.word("state", &FindingState::ALL, FindingState::as_str)?,
        reason: row.maybe_text("reason")?,
        actor: row.json("actor")?,
        at: row.time("at")?,
        expires_at: row.maybe_time("expires_at")?,
    })
}

impl Reader {
    pub async fn triage(&self, company: CompanyId, fingerprint: &str) -> Result<Option<Verdict>> {
        let text = format!("{COLUMNS} FROM triage WHERE company_id = ? AND fingerprint = ?");
        self.connection().optional(self.sql(&text, values![company, fingerprint]), read).await
    }

    /// For a batch of an import, by fingerprint.
    pub async fn triage_of(&self, company: CompanyId, fingerprints: &[String]) -> Result<HashMap<String, Verdict>> {
        let mut sql = self.sql(COLUMNS, values![]);
        let key = ("company_id = ?", values![company]);
        sql.look_up_in(("triage", "t"), key, "fingerprint", fingerprints.iter().cloned());
        let verdicts = self.connection().all(sql, read).await?;
        Ok(verdicts.into_iter().map(|verdict| (verdict.fingerprint.clone(), verdict)).collect())
    }

    /// The judgements that stand last, of findings that are there and of others. Sorts by `at`.
    pub async fn verdicts(
        &self,
        company: CompanyId,
        filter: &VerdictFilter,
        page: &PageRequest,
    ) -> Result<Page<Verdict>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ?", values![company]);
            if !filter.state.is_empty() {
                sql.push(" AND").among("state", filter.state.iter().map(ToString::to_string));
            }
            if let Some(end) = filter.expires_before {
                sql.add(" AND expires_at < ?", values![end]);
            }
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    /// Every judgement ever made of a fingerprint, newest first.
    pub async fn triage_history(&self, company: CompanyId, fingerprint: &str) -> Result<Vec<Verdict>> {
        let text = format!(
            "{COLUMNS} FROM triage_history WHERE company_id = ? AND fingerprint IN ({MERGED}) ORDER BY number DESC"
        );
        self.connection().all(self.sql(&text, values![company, company, fingerprint, fingerprint]), read).await
    }

    /// A company that has verdicts which have run out by `now`. For the hub's loop.
    pub async fn company_with_expired_triage(&self, now: Timestamp) -> Result<Option<CompanyId>> {
        let text = "SELECT company_id FROM triage WHERE expires_at <= ? ORDER BY expires_at LIMIT 1";
        self.connection().optional(self.sql(text, values![now]), |row| row.parsed("company_id")).await
    }

    /// The verdicts of a company that have run out by `now`, the oldest first, at most so many.
    pub async fn expired_triage(&self, company: CompanyId, now: Timestamp, limit: u32) -> Result<Vec<Verdict>> {
        let text = format!(
            "{COLUMNS} FROM triage WHERE expires_at <= ? AND company_id = ? ORDER BY expires_at, fingerprint LIMIT ?"
        );
        self.connection().all(self.sql(&text, values![now, company, limit]), read).await
    }
}

impl Transaction {
    /// Replaces the judgements that stood, one a fingerprint, and adds these to the history. Whether a later one stands is
    /// for the caller to see, in the [turn](Self::take_import_turn) that every judge takes; one is never overwritten.
    pub async fn save_verdicts(&self, company: CompanyId, verdicts: &[Verdict]) -> Result<()> {
        let columns = "(company_id, fingerprint, state, reason, actor, at, expires_at) VALUES ";
        let mut rows = Vec::with_capacity(verdicts.len());
        for verdict in verdicts {
            rows.push((verdict, json(&verdict.actor)?));
        }
        let fill = |(verdict, actor): &(&Verdict, String), values: &mut Vec<sea_orm::Value>| {
            let Verdict { fingerprint, state, reason, at, expires_at, .. } = verdict;
            values.extend(values![company, fingerprint, state.as_str(), reason, actor, at, expires_at]);
        };
        let standing = Rows {
            head: &format!("INSERT INTO triage {columns}"),
            columns: 7,
            tail: " ON CONFLICT (company_id, fingerprint) DO UPDATE SET state = excluded.state, \
                   reason = excluded.reason, actor = excluded.actor, at = excluded.at, \
                   expires_at = excluded.expires_at WHERE triage.at <= excluded.at",
        };
        standing.run(self.connection(), &rows, fill).await?;
        let history = Rows { head: &format!("INSERT INTO triage_history {columns}"), columns: 7, tail: "" };
        history.run(self.connection(), &rows, fill).await
    }
}
