//! By which index a list of findings is read. A company may have a million of them, so a page is read in the order of an
//! index until it is full, or, where one condition leaves few findings, those are looked up and sorted.
//!
//! This is decided here and not by SQLite, which keeps no statistics: it prefers the index with most conditions, however
//! many rows that gives, and then sorts all of them. PostgreSQL has statistics and decides for itself.

use scanhelm_core::Result;
use scanhelm_core::ids::CompanyId;

use super::list::{FindingFilter, OwnerFilter, RUN_OF_SCAN};
use super::texts::{add_beginning, add_saying};
use crate::connection::Backend;
use crate::sql::{Sql, values};
use crate::store::Reader;

/// So many rows are sorted faster than found one by one in another order.
const FEW: u64 = 20_000;

/// The same where what is sorted by stands in the index that they are found by.
const FEW_IN_ORDER: u64 = 200_000;

/// Which condition leaves few findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Narrowest {
    Texts,
    /// Texts or a fingerprint.
    Words,
    Scanner,
    Run,
}

/// What a page is read from.
pub(super) struct Way {
    pub(super) tables: String,
    /// Reads the texts too.
    texts: bool,
    pub(super) ranges: Vec<String>,
}

impl Way {
    /// How the tables belong together.
    pub(super) fn add_join(&self, company: CompanyId, sql: &mut Sql) {
        if self.texts {
            sql.add(" AND texts.id = findings.text_id AND texts.company_id = ?", values![company]);
        }
    }
}

impl FindingFilter {
    /// Of a page in this order, where so many findings are of the wanted severities and states.
    pub(super) fn way(&self, backend: Backend, order: &str, of_state: u64, few: Option<Narrowest>) -> Way {
        let by_state = if self.status.is_empty() { "findings_severity" } else { "findings_state" };
        let few_of_state = of_state <= FEW && !(self.severity.is_empty() && self.status.is_empty());
        let (index, in_ranges) = match (order, few) {
            _ if self.asset_id.is_some() => (Some("findings_asset"), false),
            (_, Some(Narrowest::Texts)) => (Some("findings_text"), false),
            // Looked up one by one.
            (_, Some(Narrowest::Words | Narrowest::Scanner | Narrowest::Run)) => (None, false),
            ("severity", None) if matches!(self.owner, Some(OwnerFilter::User(_))) => (Some("findings_owner"), false),
            ("severity", None) => (Some(by_state), true),
            _ if few_of_state => (Some(by_state), false),
            ("last_seen_at", None) => (Some("findings_last_seen"), false),
            ("first_seen_at", None) => (Some("findings_first_seen"), false),
            // Text by text.
            _ => (Some("findings_text"), false),
        };
        let findings = match (backend, index) {
            (Backend::Sqlite, Some(index)) => format!("findings INDEXED BY {index}"),
            _ => "findings".to_owned(),
        };
        // SQLite reads the tables of a CROSS JOIN in the order in which they stand.
        let texts = order == "title";
        let text_by_text = few.is_none() && index == Some("findings_text");
        let tables = match (texts, text_by_text) {
            (false, _) => findings,
            (true, true) => format!("finding_texts texts CROSS JOIN {findings}"),
            (true, false) => format!("{findings} CROSS JOIN finding_texts texts"),
        };
        Way { tables, texts, ranges: if in_ranges { self.ranges() } else { Vec::new() } }
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

    /// All conditions, and where findings are looked up one by one, whence.
    pub(super) fn add_by(&self, company: CompanyId, few: Option<Narrowest>, sql: &mut Sql) {
        let Some(by @ (Narrowest::Words | Narrowest::Scanner | Narrowest::Run)) = few else {
            return self.add(company, sql);
        };
        // SQLite would rather walk all of a company's findings than look these up, so the company is told as something
        // that no index holds.
        self.add_with(company, "findings.company_id || '' = ?", sql);
        sql.push(" AND findings.id IN (SELECT ");
        match by {
            Narrowest::Words => self.add_ids_of_words(company, sql),
            Narrowest::Scanner => {
                sql.push("s.finding_id FROM sightings s WHERE");
                self.add_scanner(company, sql);
            }
            _ => {
                sql.push("s.finding_id FROM run_sightings l JOIN sightings s ON s.id = l.sighting_id WHERE");
                self.add_run(company, sql);
            }
        }
        sql.push(")");
    }

    /// Those with the text, and those whose fingerprint begins with it.
    fn add_ids_of_words(&self, company: CompanyId, sql: &mut Sql) {
        sql.add("f.id FROM findings f WHERE f.company_id = ? AND", values![company]);
        add_saying(sql, "f.text_id", company, &self.wanted_texts());
        if let Some(fingerprint) = self.wanted_fingerprint() {
            sql.add(" UNION ALL SELECT f.id FROM findings f WHERE f.company_id = ? AND", values![company]);
            add_beginning(sql, "f.fingerprint", &fingerprint);
        }
    }

    fn add_scanner(&self, company: CompanyId, sql: &mut Sql) {
        sql.add(" s.company_id = ? AND s.scanner = ?", values![company, self.scanner.as_deref()]);
    }

    fn add_run(&self, company: CompanyId, sql: &mut Sql) {
        match (self.run_id, self.scan_id) {
            (None, scan) => sql.add(&format!(" l.run_id = {RUN_OF_SCAN}"), values![company, scan]),
            (run, _) => sql.add(" l.run_id = ?", values![run]),
        };
    }
}

impl Reader {
    /// The condition that leaves few findings for this order, if there is one.
    pub(super) async fn narrowest(
        &self,
        company: CompanyId,
        filter: &FindingFilter,
        order: &str,
    ) -> Result<Option<Narrowest>> {
        let one_by_one = filter.run_id.is_some() || filter.scan_id.is_some();
        if one_by_one && self.are_few(FEW, "run_sightings l", |sql| filter.add_run(company, sql)).await? {
            return Ok(Some(Narrowest::Run));
        }
        let texts = filter.wanted_texts();
        let saying = |sql: &mut Sql| {
            sql.add(" findings.company_id = ? AND", values![company]);
            add_saying(sql, "findings.text_id", company, &texts);
        };
        let findings = match self.connection().backend() {
            Backend::Sqlite => "findings INDEXED BY findings_text",
            Backend::Postgres => "findings",
        };
        let few = if order == "severity" { FEW_IN_ORDER } else { FEW };
        if !texts.is_empty() && self.are_few(few, findings, saying).await? {
            let words = filter.wanted_fingerprint().is_some();
            return Ok(Some(if words { Narrowest::Words } else { Narrowest::Texts }));
        }
        let scanner = |sql: &mut Sql| filter.add_scanner(company, sql);
        if filter.scanner.is_some() && self.are_few(FEW, "sightings s", scanner).await? {
            return Ok(Some(Narrowest::Scanner));
        }
        Ok(None)
    }

    async fn are_few(&self, few: u64, tables: &str, filter: impl FnOnce(&mut Sql)) -> Result<bool> {
        let mut sql = self.sql("SELECT count(*) AS value FROM (SELECT 1 AS one FROM ", values![]);
        sql.push(tables).push(" WHERE");
        filter(&mut sql);
        sql.add(" LIMIT ?) counted", values![few + 1]);
        Ok(self.connection().number(sql).await? <= few)
    }
}
