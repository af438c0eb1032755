//! The findings of an order on many, and what became of each: rows of their own, so that an order of 100,000 is no larger
//! in memory and in the queue than one of two, and so that a result is committed with what it tells of.

use scanhelm_core::Result;
use scanhelm_core::ids::{CompanyId, FindingId, JobId};
use scanhelm_core::page::{Page, PageRequest};

use crate::findings::FindingFilter;
use crate::paging::{Kind, Listing, Order};
use crate::sql::{Rows, Sql, values};
use crate::store::{Reader, Transaction};

/// What became of a finding of an order. `result` is `None` until it has had its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFinding {
    pub finding_id: FindingId,
    /// `changed`, `unchanged`, `pending` or `refused`.
    pub result: Option<String>,
    /// Of a refusal: the word of its error.
    pub code: Option<String>,
    pub reason: Option<String>,
}

const LISTING: Listing<'_> = Listing {
    columns: "finding_id, result, code, reason",
    tables: "job_findings",
    id: "finding_id",
    orders: &[Order { name: "id", keys: &[("finding_id", Kind::Text)] }],
    total: true,
    ranges: &[],
};

impl Reader {
    /// Sorts by `id`, which is the order in which they have their turn.
    pub async fn job_findings(
        &self,
        company: CompanyId,
        job: JobId,
        result: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<JobFinding>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ? AND job_id = ?", values![company, job]);
            if let Some(result) = result {
                sql.add(" AND result = ?", values![result]);
            }
        };
        LISTING
            .page(self.connection(), page, conditions, |row| {
                Ok(JobFinding {
                    finding_id: row.parsed("finding_id")?,
                    result: row.maybe_text("result")?,
                    code: row.maybe_text("code")?,
                    reason: row.maybe_text("reason")?,
                })
            })
            .await
    }

    /// How many there are of each result; `None` has not had its turn.
    pub async fn job_finding_counts(&self, job: JobId) -> Result<Vec<(Option<String>, u64)>> {
        let text = "SELECT result, count(*) AS findings FROM job_findings WHERE job_id = ? GROUP BY result";
        let sql = self.sql(text, values![job]);
        self.connection().all(sql, |row| Ok((row.maybe_text("result")?, row.count("findings")?))).await
    }

    /// The last that has had its turn; they have it in the order of their ids.
    pub async fn last_judged(&self, job: JobId) -> Result<Option<FindingId>> {
        let text = "SELECT finding_id FROM job_findings WHERE job_id = ? AND result IS NOT NULL \
                    ORDER BY finding_id DESC LIMIT 1";
        self.connection().optional(self.sql(text, values![job]), |row| row.parsed("finding_id")).await
    }

    /// The next to have their turn.
    pub async fn next_to_judge(&self, job: JobId, after: Option<FindingId>, limit: u32) -> Result<Vec<FindingId>> {
        let after = after.map_or_else(String::new, |id| id.to_string());
        let text = "SELECT finding_id FROM job_findings WHERE job_id = ? AND finding_id > ? \
                    ORDER BY finding_id LIMIT ?";
        self.connection().all(self.sql(text, values![job, after, limit]), |row| row.parsed("finding_id")).await
    }
}

impl Transaction {
    /// These are meant, whether they exist or not.
    pub async fn select_findings(&self, company: CompanyId, job: JobId, findings: &[FindingId]) -> Result<()> {
        let rows = Rows {
            head: "INSERT INTO job_findings (job_id, finding_id, company_id) VALUES ",
            columns: 3,
            tail: " ON CONFLICT (job_id, finding_id) DO NOTHING",
        };
        rows.run(self.connection(), findings, |finding, values| values.extend(values![job, finding, company])).await
    }

    /// Whatever matches now is meant, at most so many; how many that are.
    pub async fn select_matching(
        &self,
        company: CompanyId,
        job: JobId,
        filter: &FindingFilter,
        limit: u32,
    ) -> Result<u64> {
        let head = "INSERT INTO job_findings (job_id, finding_id, company_id) \
                    SELECT j.id, findings.id, findings.company_id FROM findings JOIN jobs j ON j.id = ? WHERE";
        let mut sql = self.sql(head, values![job]);
        filter.add(company, &mut sql);
        sql.add(" ORDER BY findings.id LIMIT ?", values![limit]);
        self.connection().execute(sql).await
    }

    /// In the transaction of what they tell of.
    pub async fn save_job_findings(&self, job: JobId, results: &[JobFinding]) -> Result<()> {
        let rows = Rows {
            head: "WITH judged (finding_id, result, code, reason) AS (VALUES ",
            columns: 4,
            tail: &format!(
                ") UPDATE job_findings SET result = judged.result, code = judged.code, reason = judged.reason \
                 FROM judged WHERE job_findings.job_id = '{job}' AND job_findings.finding_id = judged.finding_id"
            ),
        };
        rows.run(self.connection(), results, |row, values| {
            values.extend(values![row.finding_id, row.result, row.code, row.reason]);
        })
        .await
    }
}
