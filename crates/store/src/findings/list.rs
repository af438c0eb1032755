//! The filters and orders of `GET /findings`, and counts over the same filters.
//!
//! A company may have a million findings, so each page is read in the order of an index. Which index is decided here
//! and not by SQLite, which without statistics prefers the one with most conditions and then sorts all that it gives.

use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, RunId, ScanId, UserId};
use scanhelm_core::page::{Page, PageRequest, Sort, Total};
use scanhelm_core::{Result, Severity, SeverityCounts, Timestamp};

use super::{COLUMNS, read, relation};
use crate::connection::Backend;
use crate::paging::{Kind, Listing, Order, add_search};
use crate::sql::{Sql, values};
use crate::store::Reader;

const ORDERS: [Order; 4] = [
    // Of equals the newest first: ids rise with time. The time last seen changes with every import, and an index that
    // held it would have to be written for each finding that is only seen again.
    Order { name: "severity", keys: &[("findings.severity", Kind::Number)] },
    Order { name: "last_seen_at", keys: &[("findings.last_seen_at", Kind::Number)] },
    Order { name: "first_seen_at", keys: &[("findings.first_seen_at", Kind::Number)] },
    Order { name: "title", keys: &[("findings.title", Kind::Text)] },
];

/// Whose findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerFilter {
    User(UserId),
    Nobody,
    /// Somebody who is no longer a member of the company.
    Gone,
}

/// So many rows are sorted faster than found one by one in another order.
const FEW: u64 = 20_000;

/// All conditions hold together; an empty one holds always.
#[derive(Clone, Debug, Default, PartialEq)]
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

/// By which index of SQLite, and in how many ranges.
struct Way {
    index: Option<&'static str>,
    ranges: Vec<String>,
}

impl FindingFilter {
    /// Nothing but severity and status, or nothing at all: what is counted as it is written.
    fn asks_only_state(&self) -> bool {
        *self == Self { severity: self.severity.clone(), status: self.status.clone(), ..Self::default() }
    }

    /// How a page in this order is read, where so many findings are of the wanted severities and states.
    fn way(&self, order: &str, of_state: u64) -> Way {
        let any_state = self.severity.is_empty() && self.status.is_empty();
        let by_state = if self.status.is_empty() { "findings_severity" } else { "findings_state" };
        let (index, in_ranges) = match order {
            _ if self.asset_id.is_some() => (Some("findings_asset"), false),
            // The run's own findings are looked up one by one, and sorted.
            _ if self.scan_id.is_some() || self.run_id.is_some() => (None, false),
            "severity" if matches!(self.owner, Some(OwnerFilter::User(_))) => (Some("findings_owner"), false),
            "severity" => (Some(by_state), true),
            _ if !any_state && of_state <= FEW => (Some(by_state), false),
            "last_seen_at" => (Some("findings_last_seen"), false),
            "first_seen_at" => (Some("findings_first_seen"), false),
            _ => (Some("findings_title"), false),
        };
        Way { index, ranges: if in_ranges { self.ranges() } else { Vec::new() } }
    }

    /// One for each severity and state that is wanted.
    fn ranges(&self) -> Vec<String> {
        let severities: Vec<String> = match self.severity.as_slice() {
            [] => vec![String::new()],
            wanted => wanted.iter().map(|severity| format!("findings.severity = {}", severity.rank())).collect(),
        };
        let states: Vec<String> = match self.status.as_slice() {
            [] => vec![String::new()],
            wanted => wanted.iter().map(|state| format!("findings.status = '{state}'")).collect(),
        };
        let mut ranges: Vec<String> = states
            .iter()
            .flat_map(|state| severities.iter().map(move |severity| (state, severity)))
            .map(|(state, severity)| match (state.as_str(), severity.as_str()) {
                ("", one) | (one, "") => one.to_owned(),
                (state, severity) => format!("{state} AND {severity}"),
            })
            .filter(|range| !range.is_empty())
            .collect();
        // Asked for twice it is still listed once.
        ranges.sort_unstable();
        ranges.dedup();
        ranges
    }

    fn add_state(&self, sql: &mut Sql) {
        if !self.severity.is_empty() {
            let ranks: Vec<_> = self.severity.iter().map(|severity| severity.rank().to_string()).collect();
            sql.push(&format!(" AND findings.severity IN ({})", ranks.join(", ")));
        }
        if !self.status.is_empty() {
            sql.push(" AND").among("findings.status", self.status.iter().map(ToString::to_string));
        }
    }

    pub(crate) fn add(&self, company: CompanyId, sql: &mut Sql) {
        sql.add(" findings.company_id = ?", values![company]);
        self.add_state(sql);
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
    /// Sorts by `severity` (the newest first of equals), `last_seen_at`, `first_seen_at` or `title`; an unset sort field
    /// (the page's default `created_at`) means severity. The first page carries the total.
    pub async fn list_findings(
        &self,
        company: CompanyId,
        filter: &FindingFilter,
        page: &PageRequest,
    ) -> Result<Page<Finding>> {
        let mut page = page.clone();
        if page.sort == Sort::default() {
            page.sort = Sort::parse("-severity");
        }
        let of_state = self.findings_by_severity(company, filter).await?.total();
        let way = filter.way(&page.sort.field, of_state);
        let tables = match (self.connection().backend(), way.index) {
            (Backend::Sqlite, Some(index)) => format!("findings INDEXED BY {index}"),
            _ => "findings".to_owned(),
        };
        let counted = filter.asks_only_state();
        let (id, ranges) = ("findings.id", way.ranges.as_slice());
        let listing = Listing { columns: COLUMNS, tables: &tables, id, orders: &ORDERS, total: !counted, ranges };
        let is_first = page.cursor.is_none();
        let mut listed = listing.page(self.connection(), &page, |sql| filter.add(company, sql), read).await?;
        if counted && is_first {
            listed.total = Some(Total::Exactly(of_state));
        }
        Ok(listed)
    }

    /// The ids that match, in their order, at most so many.
    pub async fn finding_ids(&self, company: CompanyId, filter: &FindingFilter, limit: u32) -> Result<Vec<FindingId>> {
        let mut sql = self.sql("SELECT findings.id AS id FROM findings WHERE", values![]);
        filter.add(company, &mut sql);
        sql.add(" ORDER BY findings.id LIMIT ?", values![i64::from(limit)]);
        self.connection().all(sql, |row| row.parsed("id")).await
    }

    pub async fn finding_counts(&self, company: CompanyId, filter: &FindingFilter) -> Result<SeverityCounts> {
        if filter.asks_only_state() {
            return self.findings_by_severity(company, filter).await;
        }
        let mut sql = self.sql("SELECT severity, count(*) AS findings FROM findings WHERE", values![]);
        filter.add(company, &mut sql);
        sql.push(" GROUP BY severity");
        self.severity_counts(sql).await
    }

    /// As the database keeps them with every write: what the filter says of severity and status, and nothing else.
    async fn findings_by_severity(&self, company: CompanyId, filter: &FindingFilter) -> Result<SeverityCounts> {
        let mut sql = self.sql(
            "SELECT severity, CAST(sum(findings) AS BIGINT) AS findings FROM finding_counts findings \
             WHERE findings.company_id = ?",
            values![company],
        );
        filter.add_state(&mut sql);
        sql.push(" GROUP BY severity");
        self.severity_counts(sql).await
    }

    async fn severity_counts(&self, sql: Sql) -> Result<SeverityCounts> {
        let mut counts = SeverityCounts::default();
        for (severity, findings) in
            self.connection().all(sql, |row| Ok((row.severity("severity")?, row.count("findings")?))).await?
        {
            counts.add(severity, findings);
        }
        Ok(counts)
    }
}
