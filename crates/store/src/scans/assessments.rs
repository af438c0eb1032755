//! Scans grouped by their assessment run.

use scanhelm_core::assessment::AssessmentRun;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::status::Status;
use scanhelm_core::{Result, SeverityCounts};

use super::list::STATUS;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::values;
use crate::store::Reader;

const ORDERS: [Order; 2] = [
    Order { name: "created_at", keys: &[("created_at", Kind::Number)] },
    Order { name: "id", keys: &[("id", Kind::Text)] },
];

const COUNTED: [&str; 6] =
    ["count_critical", "count_high", "count_medium", "count_low", "count_info", "imported_findings"];

impl Reader {
    /// The company's assessment runs. Sorts by `created_at` (of the latest scan) or `id`; the first page carries the
    /// total.
    pub async fn assessment_runs(&self, company: CompanyId, page: &PageRequest) -> Result<Page<AssessmentRun>> {
        let statuses =
            Status::ALL.map(|status| format!("count(CASE WHEN {STATUS} = '{status}' THEN 1 END) AS {status}"));
        // A sum of BIGINT is a NUMERIC on PostgreSQL.
        let sums = COUNTED.map(|column| format!("CAST(sum({column}) AS BIGINT) AS {column}"));
        let tables = format!(
            "(SELECT company_id, assessment_run_id AS id, count(*) AS scans, min(created_at) AS first_created_at, \
             max(created_at) AS created_at, {}, {} FROM scans WHERE assessment_run_id IS NOT NULL \
             GROUP BY company_id, assessment_run_id) assessments",
            statuses.join(", "),
            sums.join(", "),
        );
        let columns = format!(
            "id, scans, first_created_at, created_at, {}, {}",
            Status::ALL.map(Status::as_str).join(", "),
            COUNTED.join(", ")
        );
        let listing =
            Listing { columns: &columns, tables: &tables, id: "id", orders: &ORDERS, total: true, ranges: &[] };
        let filter = |sql: &mut crate::sql::Sql| {
            sql.add(" company_id = ?", values![company]);
        };
        listing.page(self.connection(), page, filter, read).await
    }
}

fn read(row: &Row<'_>) -> Result<AssessmentRun> {
    let mut by_status = Vec::new();
    for status in Status::ALL {
        by_status.push((status, row.count(status.as_str())?));
    }
    Ok(AssessmentRun {
        id: row.text("id")?,
        scans: row.count("scans")?,
        by_status,
        counts: SeverityCounts {
            critical: row.count("count_critical")?,
            high: row.count("count_high")?,
            medium: row.count("count_medium")?,
            low: row.count("count_low")?,
            info: row.count("count_info")?,
        },
        imported_findings: row.count("imported_findings")?,
        first_created_at: row.time("first_created_at")?,
        created_at: row.time("created_at")?,
    })
}
