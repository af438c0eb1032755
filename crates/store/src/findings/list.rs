//! The filters and orders of `GET /findings`, and counts over the same filters. By which index they are read is decided
//! in [`way`](super::way).

use scanhelm_core::compliance::Tag;
use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::ids::{AssetId, CompanyId, FindingId, RunId, ScanId, UserId};
use scanhelm_core::page::{Page, PageRequest, Sort, Total};
use scanhelm_core::{Result, Severity, SeverityCounts, Timestamp};

use super::compliance::add_tagged;
use super::texts::{Wanted, add_beginning, add_saying};
use super::{COLUMNS, read, relation};
use crate::paging::{Kind, Listing, Order};
use crate::sql::{Sql, values};
use crate::store::Reader;

/// What is due at no time comes last. In the words of the index `findings_due`.
const DUE: &str = "COALESCE(findings.due_at, 9000000000000000)";

const ORDERS: [Order; 6] = [
    // Of equals the newest first: ids rise with time. The time last seen changes with every import, and an index that
    // held it would have to be written for each finding that is only seen again.
    Order { name: "severity", keys: &[("findings.severity", Kind::Number)] },
    Order { name: "last_seen_at", keys: &[("findings.last_seen_at", Kind::Number)] },
    Order { name: "first_seen_at", keys: &[("findings.first_seen_at", Kind::Number)] },
    // Of equal titles in the order of the index over texts.
    Order {
        name: "title",
        keys: &[("texts.title", Kind::Text), ("texts.id", Kind::Number), ("findings.severity", Kind::Number)],
    },
    Order { name: "risk", keys: &[("findings.risk", Kind::Number)] },
    Order { name: "due_at", keys: &[(DUE, Kind::Number)] },
];

/// A shorter text is none of a fingerprint.
const FINGERPRINT: usize = 16;

/// The latest run of a scan, of the company and the scan.
pub(super) const RUN_OF_SCAN: &str = "(SELECT scans.run_id FROM scans WHERE scans.company_id = ? AND scans.id = ?)";

/// Whose findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerFilter {
    User(UserId),
    Nobody,
    /// Somebody who is no longer a member of the company.
    Gone,
}

/// Whether a due date still counts: what is gone or waived has none.
pub(super) const fn is_due(state: FindingState) -> bool {
    matches!(state, FindingState::Open | FindingState::InProgress | FindingState::NotSeen)
}

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
    /// Carries this tag, by what its scanners tell or by their rules.
    pub compliance: Option<Tag>,
    /// One of these weaknesses; nothing is asked when there are none.
    pub any_cwe: &'static [u32],
    /// A text in the title, the CVEs or the location, or the first 16 or more digits of the fingerprint.
    pub q: Option<String>,
    pub first_seen_after: Option<Timestamp>,
    pub first_seen_before: Option<Timestamp>,
    pub last_seen_after: Option<Timestamp>,
    pub last_seen_before: Option<Timestamp>,
    /// Of findings that are one weakness to several scanners only the strongest that matches.
    pub grouped: bool,
    /// At least this risk score.
    pub risk_min: Option<u8>,
    /// At least this probability, 0 to 1.
    pub epss_min: Option<f64>,
    /// Known to be exploited, or not known to be.
    pub kev: Option<bool>,
    /// Due, and not waived nor gone, before this time.
    pub due_before: Option<Timestamp>,
    /// The same before now; whoever has a clock turns it into `due_before`, see [`FindingFilter::at`].
    pub overdue: bool,
}

impl FindingFilter {
    /// With its relative conditions at a time.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let mut filter = self.clone();
        if std::mem::take(&mut filter.overdue) {
            filter.due_before = Some(filter.due_before.map_or(now, |before| before.min(now)));
        }
        filter
    }

    /// Nothing but severity and status, or nothing at all: what is counted as it is written.
    pub(super) fn asks_only_state(&self) -> bool {
        *self == Self { severity: self.severity.clone(), status: self.status.clone(), ..Self::default() }
    }

    /// What the texts of the findings have to say.
    pub(super) fn wanted_texts(&self) -> Vec<Wanted<'_>> {
        let words = self.q.as_deref().filter(|q| !q.trim().is_empty()).map(Wanted::Words);
        let any = Some(Wanted::AnyCwe(self.any_cwe)).filter(|_| !self.any_cwe.is_empty());
        [words, self.cve.as_deref().map(Wanted::Cve), self.cwe.map(Wanted::Cwe), any].into_iter().flatten().collect()
    }

    /// The text that is searched for, where it may be the beginning of a fingerprint.
    pub(super) fn wanted_fingerprint(&self) -> Option<String> {
        let q = self.q.as_deref()?.trim().to_ascii_lowercase();
        (q.len() >= FINGERPRINT && q.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(q)
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
        self.add_with(company, "findings.company_id = ?", sql);
    }

    /// Says in these words whose findings they are.
    pub(super) fn add_with(&self, company: CompanyId, of_company: &str, sql: &mut Sql) {
        sql.add(&format!(" {of_company}"), values![company]);
        self.add_state(sql);
        if let Some(scanner) = &self.scanner {
            let test = " AND EXISTS (SELECT 1 FROM sightings s WHERE s.finding_id = findings.id AND s.scanner = ?)";
            sql.add(test, values![scanner]);
        }
        if let Some(scan) = self.scan_id {
            add_seen_by(sql, RUN_OF_SCAN, &|| values![company, scan]);
        }
        if let Some(run) = self.run_id {
            add_seen_by(sql, "?", &|| values![run]);
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
        let texts = self.wanted_texts();
        match self.wanted_fingerprint() {
            None if texts.is_empty() => {}
            None => {
                sql.push(" AND");
                add_saying(sql, "findings.text_id", company, &texts);
            }
            Some(fingerprint) => {
                sql.push(" AND (");
                add_saying(sql, "findings.text_id", company, &texts);
                sql.push(" OR");
                add_beginning(sql, "findings.fingerprint", &fingerprint);
                sql.push(")");
            }
        }
        if let Some(tag) = self.compliance {
            add_tagged(sql, company, tag);
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
        if let Some(before) = self.due_before {
            let states = FindingState::ALL.into_iter().filter(|state| is_due(*state)).map(|state| state.to_string());
            sql.push(" AND").among("findings.status", states);
            sql.add(&format!(" AND {DUE} < ?"), values![before]);
        }
        if let Some(risk) = self.risk_min {
            if self.status.is_empty() {
                // For the index of the states, which is then sought and not walked.
                sql.push(" AND").among("findings.status", FindingState::ALL.iter().map(ToString::to_string));
            }
            sql.add(" AND findings.risk >= ?", values![u32::from(risk)]);
        }
        if let Some(epss) = self.epss_min {
            sql.add(" AND findings.epss >= ?", values![epss]);
        }
        if let Some(kev) = self.kev {
            sql.push(if kev { " AND findings.kev = 1" } else { " AND findings.kev = 0" });
        }
        if self.grouped {
            relation::add_strongest(sql, |sql| Self { grouped: false, ..self.clone() }.add(company, sql));
        }
    }
}

/// Most findings of a run came in with it or with an earlier run of the same things, so they stand close together in
/// the order of ids: outside of it none is looked at.
fn add_seen_by(sql: &mut Sql, run: &str, values: &dyn Fn() -> Vec<sea_orm::Value>) {
    let seen = format!("FROM run_sightings l WHERE l.run_id = {run}");
    sql.add(&format!(" AND findings.id >= (SELECT min(l.finding_id) {seen})"), values());
    sql.add(&format!(" AND findings.id <= (SELECT max(l.finding_id) {seen})"), values());
    sql.add(&format!(" AND EXISTS (SELECT 1 {seen} AND l.finding_id = findings.id)"), values());
}

impl Reader {
    /// Sorts by `severity` (the newest first of equals), `last_seen_at`, `first_seen_at`, `title`, `risk` or `due_at`
    /// (what is due at no time last); an unset sort field
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
        let filter = &self.by_what_is_told(company, filter).await?;
        let of_state = self.findings_by_severity(company, filter).await?.total();
        let few = self.narrowest(company, filter, Some(&page.sort.field)).await?;
        let way = filter.way(self.connection().backend(), &page.sort.field, of_state, few);
        let counted = filter.asks_only_state();
        let counted_by = filter.counted_by(self.connection().backend(), few);
        let listing = Listing {
            columns: COLUMNS,
            tables: &way.tables,
            id: "findings.id",
            orders: &ORDERS,
            total: !counted && counted_by.is_none(),
            ranges: &way.ranges,
        };
        let is_first = page.cursor.is_none();
        let conditions = |sql: &mut Sql| {
            filter.add_by(company, few, sql);
            way.add_join(company, sql);
        };
        let mut listed = listing.page(self.connection(), &page, conditions, read).await?;
        match counted_by {
            _ if !is_first => {}
            _ if counted => listed.total = Some(Total::Exactly(of_state)),
            Some(index) => {
                let tables = format!("findings INDEXED BY {index}");
                let listing = Listing { tables: &tables, ranges: &[], ..listing };
                listed.total = Some(listing.count(self.connection(), &|sql| filter.add(company, sql)).await?);
            }
            None => {}
        }
        Ok(listed)
    }

    /// The ids that match, in their order, at most so many.
    pub async fn finding_ids(&self, company: CompanyId, filter: &FindingFilter, limit: u32) -> Result<Vec<FindingId>> {
        let filter = &self.by_what_is_told(company, filter).await?;
        let few = self.narrowest(company, filter, None).await?;
        let tables = match few {
            Some(_) => filter.way(self.connection().backend(), "severity", u64::MAX, few).tables,
            None => "findings".to_owned(),
        };
        let mut sql = self.sql(&format!("SELECT findings.id AS id FROM {tables} WHERE"), values![]);
        filter.add_by(company, few, &mut sql);
        sql.add(" ORDER BY findings.id LIMIT ?", values![i64::from(limit)]);
        self.connection().all(sql, |row| row.parsed("id")).await
    }

    pub async fn finding_counts(&self, company: CompanyId, filter: &FindingFilter) -> Result<SeverityCounts> {
        if filter.asks_only_state() {
            return self.findings_by_severity(company, filter).await;
        }
        let filter = &self.by_what_is_told(company, filter).await?;
        let few = self.narrowest(company, filter, None).await?;
        let way = filter.way(self.connection().backend(), "severity", u64::MAX, few);
        let text = format!("SELECT severity, count(*) AS findings FROM {} WHERE", way.tables);
        let mut sql = self.sql(&text, values![]);
        filter.add_by(company, few, &mut sql);
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
