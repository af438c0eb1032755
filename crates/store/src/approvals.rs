//! Judgements that wait for a second person, the findings they are about by fingerprint, and the companies' policies.

use std::collections::HashMap;

use scanhelm_core::finding::FindingState;
use scanhelm_core::finding::approval::{Approval, ApprovalState, Policy};
use scanhelm_core::ids::{ApprovalId, CompanyId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Error, Result, Timestamp};

use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Rows, Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "approvals.id, approvals.company_id, approvals.state, approvals.to_state, approvals.reason, \
                       approvals.expires_at, approvals.requested_by, approvals.requester_id, approvals.requested_at, \
                       approvals.ends_at, approvals.decided_by, approvals.decided_at, approvals.decision_reason, \
                       approvals.findings";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "approvals",
    id: "approvals.id",
    orders: &[Order { name: "requested_at", keys: &[("approvals.requested_at", Kind::Number)] }],
    total: true,
    ranges: &[],
};

/// What became of a finding of a request. `outcome` is `None` as long as that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalFinding {
    pub fingerprint: String,
    /// `changed`, `unchanged`, `refused`, or how the request ended: `rejected`, `withdrawn`, `expired`.
    pub outcome: Option<String>,
    /// Of a refusal: the word of its error.
    pub code: Option<String>,
    pub reason: Option<String>,
}

fn read(row: &Row<'_>) -> Result<Approval> {
    Ok(Approval {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        state: row.word("state", &ApprovalState::ALL, ApprovalState::as_str)?,
        to: row.word("to_state", &FindingState::ALL, FindingState::as_str)?,
        reason: row.text("reason")?,
        expires_at: row.maybe_time("expires_at")?,
        requested_by: row.json("requested_by")?,
        requester_id: row.parsed("requester_id")?,
        requested_at: row.time("requested_at")?,
        ends_at: row.time("ends_at")?,
        decided_by: row.maybe_json("decided_by")?,
        decided_at: row.maybe_time("decided_at")?,
        decision_reason: row.maybe_text("decision_reason")?,
        findings: row.count("findings")?,
    })
}

fn read_finding(row: &Row<'_>) -> Result<ApprovalFinding> {
    Ok(ApprovalFinding {
        fingerprint: row.text("fingerprint")?,
        outcome: row.maybe_text("outcome")?,
        code: row.maybe_text("code")?,
        reason: row.maybe_text("reason")?,
    })
}

impl Reader {
    /// What the company has said, or the default.
    pub async fn triage_policy(&self, company: CompanyId) -> Result<Policy> {
        let text = "SELECT approval_states, request_days, version FROM triage_policies WHERE company_id = ?";
        let policy = self
            .connection()
            .optional(self.sql(text, values![company]), |row| {
                Ok(Policy {
                    states: row.json("approval_states")?,
                    request_days: row.small("request_days")?,
                    version: row.integer("version")?,
                })
            })
            .await?;
        Ok(policy.unwrap_or_default())
    }

    pub async fn approval(&self, company: CompanyId, id: ApprovalId) -> Result<Option<Approval>> {
        let text = format!("SELECT {COLUMNS} FROM approvals WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Sorts by `requested_at`. No state: all of them.
    pub async fn approvals(
        &self,
        company: CompanyId,
        state: Option<ApprovalState>,
        page: &PageRequest,
    ) -> Result<Page<Approval>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" approvals.company_id = ?", values![company]);
            if let Some(state) = state {
                sql.add(" AND approvals.state = ?", values![state.as_str()]);
            }
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    /// Sorts by `fingerprint`.
    pub async fn approval_findings(
        &self,
        company: CompanyId,
        id: ApprovalId,
        page: &PageRequest,
    ) -> Result<Page<ApprovalFinding>> {
        let listing = Listing {
            columns: "fingerprint, outcome, code, reason",
            tables: "approval_findings",
            id: "fingerprint",
            orders: &[Order { name: "fingerprint", keys: &[("fingerprint", Kind::Text)] }],
            total: true,
            ranges: &[],
        };
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ? AND approval_id = ?", values![company, id]);
        };
        listing.page(self.connection(), page, conditions, read_finding).await
    }

    /// The open requests about these fingerprints. One that was approved is open until it is carried out.
    pub async fn open_approvals_of(
        &self,
        company: CompanyId,
        fingerprints: &[String],
    ) -> Result<HashMap<String, Approval>> {
        let mut sql = self.sql(&format!("SELECT af.fingerprint AS fingerprint, {COLUMNS}"), values![]);
        let key = ("company_id = ? AND outcome IS NULL", values![company]);
        sql.look_up_in(("approval_findings", "af"), key, "fingerprint", fingerprints.iter().cloned());
        sql.push(" JOIN approvals ON approvals.id = af.approval_id");
        let open = self.connection().all(sql, |row| Ok((row.text("fingerprint")?, read(row)?))).await?;
        Ok(open.into_iter().collect())
    }

    /// Every request that was ever made about a fingerprint and what became of it there, newest first.
    pub async fn approval_history(
        &self,
        company: CompanyId,
        fingerprint: &str,
    ) -> Result<Vec<(Approval, ApprovalFinding)>> {
        let text = format!(
            "SELECT {COLUMNS}, af.fingerprint AS af_fingerprint, af.outcome AS af_outcome, af.code AS af_code, \
             af.reason AS af_reason FROM approval_findings af JOIN approvals ON approvals.id = af.approval_id \
             WHERE af.company_id = ? AND af.fingerprint = ? ORDER BY approvals.requested_at DESC, approvals.id DESC"
        );
        self.connection()
            .all(self.sql(&text, values![company, fingerprint]), |row| {
                let finding = ApprovalFinding {
                    fingerprint: row.text("af_fingerprint")?,
                    outcome: row.maybe_text("af_outcome")?,
                    code: row.maybe_text("af_code")?,
                    reason: row.maybe_text("af_reason")?,
                };
                Ok((read(row)?, finding))
            })
            .await
    }

    /// Those that are left to be carried out, in their order.
    pub async fn undecided_findings(&self, id: ApprovalId, limit: u32) -> Result<Vec<String>> {
        let text = "SELECT fingerprint FROM approval_findings WHERE approval_id = ? AND outcome IS NULL \
                    ORDER BY fingerprint LIMIT ?";
        self.connection().all(self.sql(text, values![id, limit]), |row| row.text("fingerprint")).await
    }

    /// What became of the findings of a request; `None` is open.
    pub async fn approval_outcomes(&self, id: ApprovalId) -> Result<Vec<(Option<String>, u64)>> {
        let text = "SELECT outcome, count(*) AS findings FROM approval_findings WHERE approval_id = ? GROUP BY outcome";
        let sql = self.sql(text, values![id]);
        self.connection().all(sql, |row| Ok((row.maybe_text("outcome")?, row.count("findings")?))).await
    }

    /// Requests that nobody decided in time, of all companies. For the hub's loop.
    pub async fn overdue_approvals(&self, now: Timestamp, limit: u32) -> Result<Vec<Approval>> {
        let text = format!(
            "SELECT {COLUMNS} FROM approvals WHERE state IN ('collecting', 'pending') AND ends_at <= ? \
             ORDER BY ends_at, id LIMIT ?"
        );
        self.connection().all(self.sql(&text, values![now, limit]), read).await
    }
}

impl Transaction {
    /// Answers the new version; a stale one is a conflict.
    pub async fn save_triage_policy(&self, company: CompanyId, policy: &Policy) -> Result<i64> {
        let text = "INSERT INTO triage_policies (company_id, approval_states, request_days, version) \
                    VALUES (?, ?, ?, ?) ON CONFLICT (company_id) DO UPDATE SET \
                    approval_states = excluded.approval_states, request_days = excluded.request_days, \
                    version = excluded.version WHERE triage_policies.version = ?";
        let next = policy.version + 1;
        let values = values![company, json(&policy.states)?, policy.request_days, next, policy.version];
        match self.write(text, values).await? {
            0 => Err(Error::new(
                scanhelm_core::ErrorCode::StaleVersion,
                "The policy changed since you read it. Read it again and repeat.",
            )),
            _ => Ok(next),
        }
    }

    pub async fn insert_approval(&self, approval: &Approval) -> Result<()> {
        let text = "INSERT INTO approvals (id, company_id, state, to_state, reason, expires_at, requested_by, \
                    requester_id, requested_at, ends_at, findings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = values![
            approval.id,
            approval.company_id,
            approval.state.as_str(),
            approval.to.as_str(),
            approval.reason,
            approval.expires_at,
            json(&approval.requested_by)?,
            approval.requester_id,
            approval.requested_at,
            approval.ends_at,
            approval.findings
        ];
        self.write(text, values).await.map(|_| ())
    }

    /// These wait for the request. None of them may be in an open one; see [`Reader::open_approvals_of`].
    pub async fn add_to_approval(&self, company: CompanyId, id: ApprovalId, fingerprints: &[String]) -> Result<()> {
        let rows = Rows {
            head: "INSERT INTO approval_findings (approval_id, fingerprint, company_id) VALUES ",
            columns: 3,
            tail: "",
        };
        rows.run(self.connection(), fingerprints, |print, values| values.extend(values![id, print, company])).await
    }

    /// The request as it is now, locked until the commit where that is needed.
    pub async fn approval_to_decide(&self, company: CompanyId, id: ApprovalId) -> Result<Option<Approval>> {
        let lock = self.row_lock();
        let text = format!("SELECT {COLUMNS} FROM approvals WHERE company_id = ? AND id = ?{lock}");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// State, size and decision; the rest of a request never changes.
    pub async fn save_approval(&self, approval: &Approval) -> Result<()> {
        let text = "UPDATE approvals SET state = ?, findings = ?, decided_by = ?, decided_at = ?, decision_reason = ? \
                    WHERE company_id = ? AND id = ?";
        let decided_by = approval.decided_by.as_ref().map(json).transpose()?;
        let Approval { state, findings, decided_at, decision_reason, company_id, id, .. } = approval;
        let values = values![state.as_str(), findings, decided_by, decided_at, decision_reason, company_id, id];
        self.write(text, values).await.map(|_| ())
    }

    pub async fn save_approval_findings(&self, id: ApprovalId, results: &[ApprovalFinding]) -> Result<()> {
        let rows = Rows {
            head: "WITH judged (fingerprint, outcome, code, reason) AS (VALUES ",
            columns: 4,
            tail: &format!(
                ") UPDATE approval_findings SET outcome = judged.outcome, code = judged.code, reason = judged.reason \
                 FROM judged WHERE approval_findings.approval_id = '{id}' \
                 AND approval_findings.fingerprint = judged.fingerprint"
            ),
        };
        rows.run(self.connection(), results, |row, values| {
            values.extend(values![row.fingerprint, row.outcome, row.code, row.reason]);
        })
        .await
    }

    /// The same for all that are left of a request that ended without approval.
    pub async fn end_approval_findings(&self, id: ApprovalId, outcome: &str) -> Result<()> {
        let text = "UPDATE approval_findings SET outcome = ? WHERE approval_id = ? AND outcome IS NULL";
        self.write(text, values![outcome, id]).await.map(|_| ())
    }
}
