//! The filters and orders of `GET /scans`.
//!
//! By which index a list is read is told to SQLite, which keeps no statistics and would rather sort all scans.

use scanhelm_core::ids::{CompanyId, IntegrationId, ScanId, SubScannerId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::scan::{Origin, Scan};
use scanhelm_core::status::{ImportState, Status, VendorState};
use scanhelm_core::{Result, Timestamp};

use super::{NAMES, read};
use crate::connection::Backend;
use crate::paging::{Kind, Listing, Order};
use crate::sql::{Sql, values};
use crate::store::Reader;

/// The public status, derived as [`Status::derive`] does.
pub(super) const STATUS: &str =
    "CASE WHEN vendor_state = 'completed' AND import_state = 'running' THEN 'importing' ELSE vendor_state END";

/// So many rows are sorted faster than found one by one in another order.
const FEW: u64 = 10_000;

const ORDERS: [Order; 6] = [
    Order { name: "created_at", keys: &[("created_at", Kind::Number)] },
    Order { name: "name", keys: &[("name", Kind::Text)] },
    Order { name: "started_at", keys: &[("COALESCE(started_at, 0)", Kind::Number)] },
    Order { name: "finished_at", keys: &[("COALESCE(vendor_finished_at, finished_at, 0)", Kind::Number)] },
    Order { name: "status", keys: &[(STATUS, Kind::Text)] },
    Order { name: "severity", keys: &[("counts_rank", Kind::Text)] },
];

/// All conditions hold together; an empty one holds always.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScanFilter {
    /// Any of these.
    pub status: Vec<Status>,
    pub origin: Option<Origin>,
    pub integration_id: Option<IntegrationId>,
    pub vendor: Option<String>,
    pub scan_type: Option<String>,
    pub sub_scanner_id: Option<SubScannerId>,
    pub assessment_run_id: Option<String>,
    pub commit_sha: Option<String>,
    pub branch_name: Option<String>,
    pub import_state: Option<ImportState>,
    /// Stale or not, judged against `stale_before`.
    pub stale: Option<bool>,
    /// A followed, unfinished scan that was last seen before this is stale. Needed with `stale`.
    pub stale_before: Timestamp,
    /// A text in the name, the vendor's id, the commit or the targets.
    pub q: Option<String>,
    pub created_after: Option<Timestamp>,
    pub created_before: Option<Timestamp>,
}

impl ScanFilter {
    /// The index that leaves few scans by itself.
    const fn looked_up_by(&self) -> Option<&'static str> {
        if self.assessment_run_id.is_some() {
            Some("scans_assessment_run")
        } else if self.commit_sha.is_some() {
            Some("scans_commit")
        } else if self.sub_scanner_id.is_some() {
            Some("scans_sub_scanner")
        } else if self.integration_id.is_some() {
            Some("scans_integration")
        } else {
            None
        }
    }

    fn add(&self, company: CompanyId, sql: &mut Sql) {
        sql.add(" company_id = ?", values![company]);
        if !self.status.is_empty() {
            sql.push(" AND (").among(STATUS, self.status.iter().map(ToString::to_string)).push(")");
        }
        let integration = self.integration_id.map(|id| id.to_string());
        let sub_scanner = self.sub_scanner_id.map(|id| id.to_string());
        let equal = [
            ("origin", self.origin.map(Origin::as_str)),
            ("integration_id", integration.as_deref()),
            ("vendor", self.vendor.as_deref()),
            ("scan_type", self.scan_type.as_deref()),
            ("sub_scanner_id", sub_scanner.as_deref()),
            ("assessment_run_id", self.assessment_run_id.as_deref()),
            ("commit_sha", self.commit_sha.as_deref()),
            ("branch_name", self.branch_name.as_deref()),
            ("import_state", self.import_state.map(ImportState::as_str)),
        ];
        for (column, wanted) in equal {
            if let Some(wanted) = wanted {
                sql.add(&format!(" AND {column} = ?"), values![wanted]);
            }
        }
        if let Some(stale) = self.stale {
            let test = stale_test();
            sql.add(&format!(" AND {}({test})", if stale { "" } else { "NOT " }), values![self.stale_before]);
        }
        if let Some(q) = self.q.as_deref().filter(|q| !q.trim().is_empty()) {
            sql.push(" AND").containing("searched", &q.trim().to_ascii_lowercase());
        }
        if let Some(after) = self.created_after {
            sql.add(" AND created_at >= ?", values![after]);
        }
        if let Some(before) = self.created_before {
            sql.add(" AND created_at < ?", values![before]);
        }
    }
}

/// As [`Scan::is_stale`]. One value: the time before which a look is too long ago.
fn stale_test() -> String {
    let ended = VendorState::ALL.into_iter().filter(|state| state.is_terminal());
    let ended: Vec<_> = ended.map(|state| format!("'{state}'")).collect();
    format!(
        "external_scan_id IS NOT NULL AND vendor_state NOT IN ({}) AND COALESCE(last_observed_at, created_at) < ?",
        ended.join(", ")
    )
}

impl Reader {
    /// How many scans of each integration are stale, of all companies; for the operator.
    pub async fn stale_scans_by_integration(&self, stale_before: Timestamp) -> Result<Vec<(IntegrationId, u64)>> {
        let text = format!(
            "SELECT integration_id, count(*) AS scans FROM scans WHERE {} GROUP BY integration_id",
            stale_test()
        );
        let sql = self.sql(&text, values![stale_before]);
        self.connection().all(sql, |row| Ok((row.parsed("integration_id")?, row.count("scans")?))).await
    }

    /// Sorts by `created_at`, `name`, `started_at`, `finished_at`, `status` or `severity` (the counts, worst first).
    /// The first page carries the total.
    pub async fn list_scans(&self, company: CompanyId, filter: &ScanFilter, page: &PageRequest) -> Result<Page<Scan>> {
        let tables = match self.connection().backend() {
            Backend::Sqlite => format!("scans INDEXED BY {}", self.index_of_scans(company, filter, page).await?),
            Backend::Postgres => "scans".to_owned(),
        };
        let listing = Listing { columns: NAMES, tables: &tables, id: "id", orders: &ORDERS, total: true, ranges: &[] };
        listing.page(self.connection(), page, |sql| filter.add(company, sql), read).await
    }

    async fn index_of_scans(
        &self,
        company: CompanyId,
        filter: &ScanFilter,
        page: &PageRequest,
    ) -> Result<&'static str> {
        if let Some(index) = filter.looked_up_by() {
            return Ok(index);
        }
        let everything = *filter == ScanFilter { stale_before: filter.stale_before, ..ScanFilter::default() };
        let by_order = match page.sort.field.as_str() {
            "name" => "scans_by_name",
            "started_at" => "scans_started",
            "finished_at" => "scans_finished",
            "status" => "scans_status",
            "severity" => "scans_severity",
            _ if everything => "scans_created",
            _ => return Ok("scans_search"),
        };
        if everything {
            return Ok(by_order);
        }
        let text = "SELECT count(*) AS value FROM (SELECT 1 AS one FROM scans INDEXED BY scans_search WHERE";
        let mut sql = self.sql(text, values![]);
        filter.add(company, &mut sql);
        sql.add(" LIMIT ?)", values![FEW + 1]);
        Ok(if self.connection().number(sql).await? <= FEW { "scans_search" } else { by_order })
    }

    /// Uploads and local scans that ended before, the oldest first, at most so many. Not those that brought the last sight
    /// of something that is still there: neither a finding nor a component must end because time has passed.
    pub async fn scans_to_forget(&self, company: CompanyId, before: Timestamp, limit: u32) -> Result<Vec<ScanId>> {
        let ended: Vec<_> = VendorState::ALL
            .into_iter()
            .filter(|state| state.is_terminal())
            .map(|state| format!("'{state}'"))
            .collect();
        let text = format!(
            "SELECT id FROM scans WHERE company_id = ? AND created_at < ? AND origin IN ('upload', 'local') \
             AND vendor_state IN ({}) AND import_state NOT IN ('pending', 'running') \
             AND COALESCE(vendor_finished_at, finished_at, created_at) < ? \
             AND NOT EXISTS (SELECT 1 FROM runs JOIN sightings s ON s.run_id = runs.id \
             WHERE runs.scan_id = scans.id AND s.state = 'seen') \
             AND NOT EXISTS (SELECT 1 FROM component_lists l WHERE l.scan_id = scans.id AND l.components > 0) ORDER BY created_at, id LIMIT ?",
            ended.join(", ")
        );
        let sql = self.sql(&text, values![company, before, before, i64::from(limit)]);
        self.connection().all(sql, |row| row.parsed("id")).await
    }

    pub async fn count_scans(&self, company: CompanyId, filter: &ScanFilter) -> Result<u64> {
        let mut sql = self.sql("SELECT count(*) AS value FROM scans WHERE", values![]);
        filter.add(company, &mut sql);
        self.connection().number(sql).await
    }
}
