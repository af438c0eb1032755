//! Human judgement, kept by fingerprint: it outlives scans and findings, and stands again when the same weakness
//! comes back years later. Every judgement is also kept in a history.

use std::collections::HashMap;

use scanhelm_core::finding::FindingState;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::permission::Actor;
use scanhelm_core::{Result, Timestamp};

use crate::row::Row;
use crate::sql::{json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "SELECT fingerprint, state, reason, actor, at, expires_at";

/// What a person decided about a fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub fingerprint: String,
    pub state: FindingState,
    pub reason: Option<String>,
    pub actor: Actor,
    pub at: Timestamp,
    /// After this it no longer stands; for the caller to judge.
    pub expires_at: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> Result<Verdict> {
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

    /// Every judgement ever made of a fingerprint, newest first.
    pub async fn triage_history(&self, company: CompanyId, fingerprint: &str) -> Result<Vec<Verdict>> {
        let text =
            format!("{COLUMNS} FROM triage_history WHERE company_id = ? AND fingerprint = ? ORDER BY number DESC");
        self.connection().all(self.sql(&text, values![company, fingerprint]), read).await
    }

    /// The verdicts of a company that have run out by `now`.
    pub async fn expired_triage(&self, company: CompanyId, now: Timestamp) -> Result<Vec<Verdict>> {
        let text = format!("{COLUMNS} FROM triage WHERE company_id = ? AND expires_at <= ? ORDER BY fingerprint");
        self.connection().all(self.sql(&text, values![company, now]), read).await
    }
}

impl Transaction {
    /// Replaces the judgement that stood and adds this one to the history. `false`: a later one stands, and stays.
    pub async fn upsert_triage(&self, company: CompanyId, verdict: &Verdict) -> Result<bool> {
        let columns = "(company_id, fingerprint, state, reason, actor, at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
        let Verdict { fingerprint, state, reason, actor, at, expires_at } = verdict;
        let values = values![company, fingerprint, state.as_str(), reason, json(actor)?, at, expires_at];
        let upsert = format!(
            "INSERT INTO triage {columns} ON CONFLICT (company_id, fingerprint) DO UPDATE SET \
             state = excluded.state, reason = excluded.reason, actor = excluded.actor, at = excluded.at, \
             expires_at = excluded.expires_at WHERE triage.at <= excluded.at"
        );
        if self.write(&upsert, values.clone()).await? == 0 {
            return Ok(false);
        }
        self.write(&format!("INSERT INTO triage_history {columns}"), values).await.map(|_| true)
    }
}
