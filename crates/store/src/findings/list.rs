//! The filters and orders of `GET /findings`, and counts over the same filters.

use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, RunId, ScanId, UserId};
use scanhelm_core::page::{Page, PageRequest, Sort};
use scanhelm_core::{Result, Severity, SeverityCounts, Timestamp};

use super::{COLUMNS, read, relation};
use crate::paging::{Kind, Listing, Order, add_search};
use crate::sql::{Sql, values};
use crate::store::Reader;

/// Severity and, within it, the time last seen: one number, since 10^15 ms are 30,000 years.
const BY_SEVERITY: &str = "(findings.severity * 1000000000000000 + findings.last_seen_at)";

const ORDERS: [Order; 4] = [
    Order { name: "severity", key: BY_SEVERITY, kind: Kind::Number },
    Order { name: "last_seen_at", key: "findings.last_seen_at", kind: Kind::Number },
    Order { name: "first_seen_at", key: "findings.first_seen_at", kind: Kind::Number },
    Order { name: "title", key: "findings.title", kind: Kind::Text },
];

/// Whose findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerFilter {
    User(UserId),
    Nobody,
    /// Somebody who is no longer a member of the company.
    Gone,
}

/// All conditions hold together; an empty one holds always.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    /// Any of these.
    pub severity: Vec<Severity>,
    /// Any of these.
    pub status: Vec<FindingState>,
    /// Seen by this scanner product.
    pub scanner: Option<String>,
    /// Seen by the latest run of this scan.
    pub scan_id: Option<ScanId>,
    /// Seen by this run.
    pub run_id: Option<RunId>,
    pub asset_id: Option<AssetId>,
    pub owner: Option<OwnerFilter>,
    /// `CVE-2021-44228`, in any case.
    pub cve: Option<String>,
    pub cwe: Option<u32>,
    /// A text in the title, the CVEs, the location or the fingerprint.
    pub q: Option<String>,
    pub first_seen_after: Option<Timestamp>,
    pub first_seen_before: Option<Timestamp>,
    pub last_seen_after: Option<Timestamp>,
    pub last_seen_before: Option<Timestamp>,
    /// Of findings that are one weakness to several scanners only the strongest that matches.
    pub grouped: bool,
}

impl FindingFilter {
    pub(crate) fn add(&self, company: CompanyId, sql: &mut Sql) {
        sql.add(" findings.company_id = ?", values![company]);
        if !self.severity.is_empty() {
            let ranks: Vec<_> = self.severity.iter().map(|severity| severity.rank().to_string()).collect();
            sql.push(&format!(" AND findings.severity IN ({})", ranks.join(", ")));
        }
        if !self.status.is_empty() {
            sql.push(" AND").among("findings.status", self.status.iter().map(ToString::to_string));
        }
        if let Some(scanner) = &self.scanner {
            let test = " AND EXISTS (SELECT 1 FROM sightings s WHERE s.finding_id = findings.id AND s.scanner = ?)";
            sql.add(test, values![scanner]);
        }
        if let Some(scan) = self.scan_id {
            let test = " AND findings.id IN (SELECT s.finding_id FROM sightings s JOIN run_sightings l \
                        ON l.sighting_id = s.id JOIN scans ON scans.run_id = l.run_id \
                        WHERE scans.company_id = ? AND scans.id = ?)";
            sql.add(test, values![company, scan]);
        }
        if let Some(run) = self.run_id {
            let test = " AND findings.id IN (SELECT s.finding_id FROM sightings s JOIN run_sightings l \
                        ON l.sighting_id = s.id WHERE s.company_id = ? AND l.run_id = ?)";
            sql.add(test, values![company, run]);
        }
        if let Some(asset) = self.asset_id {
            sql.add(" AND findings.asset_id = ?", values![asset]);
        }
        match self.owner {
            None => {}
            Some(OwnerFilter::User(owner)) => {
                sql.add(" AND findings.owner_id = ?", values![owner]);
            }
            Some(OwnerFilter::Nobody) => {
                sql.push(" AND findings.owner_id IS NULL");
            }
            Some(OwnerFilter::Gone) => {
                let test = " AND findings.owner_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM memberships m \
                            WHERE m.company_id = findings.company_id AND m.user_id = findings.owner_id)";
                sql.push(test);
            }
        }
        if let Some(cve) = &self.cve {
            // Stored as a JSON list: the quotes make it the whole word.
            add_search(sql, &["findings.cves"], &format!("\"{}\"", cve.trim()));
        }
        if let Some(cwe) = self.cwe {
            // `[79,89]` as `,79,89,`: bounded on both sides whatever its place.
            let test = " AND replace(replace(findings.cwes, '[', ','), ']', ',') LIKE ?";
            sql.add(test, values![format!("%,{cwe},%")]);
        }
        if let Some(q) = self.q.as_deref().filter(|q| !q.trim().is_empty()) {
            let columns = ["findings.title", "findings.cves", "findings.location", "findings.fingerprint"];
            add_search(sql, &columns, q);
        }
        let bounds = [
            ("first_seen_at >=", self.first_seen_after),
            ("first_seen_at <", self.first_seen_before),
            ("last_seen_at >=", self.last_seen_after),
            ("last_seen_at <", self.last_seen_before),
        ];
        for (test, bound) in bounds {
            if let Some(bound) = bound {
                sql.add(&format!(" AND findings.{test} ?"), values![bound]);
            }
        }
        if self.grouped {
            relation::add_strongest(sql, |sql| Self { grouped: false, ..self.clone() }.add(company, sql));
        }
    }
}

impl Reader {
    /// Sorts by `severity` (then last seen), `last_seen_at`, `first_seen_at` or `title`; an unset sort field
    /// (the page's default `created_at`) means severity. The first page carries the total.
    pub async fn list_findings(
        &self,
        company: CompanyId,
        filter: &FindingFilter,
        page: &PageRequest,
    ) -> Result<Page<Finding>> {
        let listing = Listing { columns: COLUMNS, tables: "findings", id: "findings.id", orders: &ORDERS, total: true };
        let mut page = page.clone();
        if page.sort == Sort::default() {
            page.sort = Sort::parse("-severity");
        }
        listing.page(self.connection(), &page, |sql| filter.add(company, sql), read).await
    }

    /// The ids that match, in their order, at most so many.
    pub async fn finding_ids(&self, company: CompanyId, filter: &FindingFilter, limit: u32) -> Result<Vec<FindingId>> {
        let mut sql = self.sql("SELECT findings.id AS id FROM findings WHERE", values![]);
        filter.add(company, &mut sql);
        sql.add(" ORDER BY findings.id LIMIT ?", values![i64::from(limit)]);
        self.connection().all(sql, |row| row.parsed("id")).await
    }

    pub async fn finding_counts(&self, company: CompanyId, filter: &FindingFilter) -> Result<SeverityCounts> {
        let mut sql = self.sql("SELECT severity, count(*) AS findings FROM findings WHERE", values![]);
        filter.add(company, &mut sql);
        sql.push(" GROUP BY severity");
        let mut counts = SeverityCounts::default();
        for (severity, findings) in
            self.connection().all(sql, |row| Ok((row.severity("severity")?, row.count("findings")?))).await?
        {
            counts.add(severity, findings);
        }
        Ok(counts)
    }
}
