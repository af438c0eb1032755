//! By which index a list of findings is read. A company may have a million of them, so a page is read in the order of an
//! index until it is full, or, where one condition leaves few findings, those are looked up and sorted.
//!
//! This is decided here and not by SQLite, which keeps no statistics: it prefers the index with most conditions, however
//! many rows that gives, and then sorts all of them. PostgreSQL has statistics and decides for itself, but for what it
//! has no statistics of: how many texts hold a word. There it is told.

use scanhelm_core::finding::FindingState;
use scanhelm_core::ids::CompanyId;
use scanhelm_core::{Result, Severity};

use super::compliance::{add_findings_telling, add_sightings_by_rules};
use super::list::{FindingFilter, OwnerFilter, RUN_OF_SCAN, is_due};
use super::texts::{add_beginning, add_findings_saying};
use crate::connection::Backend;
use crate::sql::{Sql, values};
use crate::store::Reader;

/// So many rows are sorted faster than found one by one in another order.
const FEW: u64 = 10_000;

/// The same where what is sorted by stands in the index that they are found by.
const FEW_IN_ORDER: u64 = 200_000;

/// The same of what carries a tag: past it each is found by a look at its sightings.
const FEW_TAGGED: u64 = 50_000;

/// The condition that leaves few findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Narrowest {
    pub(super) by: By,
    /// Far more than it leaves, of the same magnitude.
    at_most: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By an index over texts.
    Texts,
    /// Looked up one by one: those with the texts, and those whose fingerprint it may be.
    Words,
    /// Looked up one by one: those that tell a tag's CWEs, and those that its rules saw.
    Compliance,
    Scanner,
    Run,
    /// By this index, over when findings were seen or what they are rated by.
    Index(&'static str),
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
        let owned = matches!(self.owner, Some(OwnerFilter::User(_)));
        let whole = Vec::new;
        let (index, ranges) = match (order, few.map(|few| few.by)) {
            _ if self.asset_id.is_some() => (Some("findings_asset"), whole()),
            (_, Some(By::Texts)) => (Some("findings_text"), whole()),
            // Looked up one by one.
            (_, Some(By::Words | By::Compliance | By::Scanner | By::Run)) => (None, whole()),
            ("severity" | "risk" | "due_at", None) if owned => (Some("findings_owner"), whole()),
            (_, Some(By::Index(index))) => (Some(index), whole()),
            ("severity", None) => (Some(by_state), self.ranges()),
            ("risk", None) if self.kev == Some(true) => (Some("findings_kev"), whole()),
            ("risk", None) => (Some("findings_risk"), self.ranges_by_state()),
            ("due_at", None) => (Some("findings_due"), self.ranges_by_state()),
            _ if few_of_state => (Some(by_state), whole()),
            ("last_seen_at", None) => (Some("findings_last_seen"), whole()),
            ("first_seen_at", None) => (Some("findings_first_seen"), whole()),
            // Text by text.
            _ => (Some("findings_text"), whole()),
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
        Way { tables, texts, ranges }
    }

    /// The conditions on when a finding was seen and what it is rated by, each alone, with the index that tells it; the
    /// strictest first.
    fn indexed(&self) -> Vec<(&'static str, Self)> {
        let Self { kev, due_before, epss_min, risk_min, .. } = *self;
        let Self { first_seen_after, first_seen_before, last_seen_after, last_seen_before, .. } = *self;
        let all = [
            (kev == Some(true), "findings_kev", Self { kev, ..Self::default() }),
            (due_before.is_some(), "findings_due", Self { due_before, ..Self::default() }),
            (epss_min.is_some(), "findings_epss", Self { epss_min, ..Self::default() }),
            (
                first_seen_after.is_some() || first_seen_before.is_some(),
                "findings_first_seen",
                Self { first_seen_after, first_seen_before, ..Self::default() },
            ),
            (
                last_seen_after.is_some() || last_seen_before.is_some(),
                "findings_last_seen",
                Self { last_seen_after, last_seen_before, ..Self::default() },
            ),
            (risk_min.is_some(), "findings_risk", Self { risk_min, status: self.status.clone(), ..Self::default() }),
        ];
        all.into_iter().filter(|(asked, ..)| *asked).map(|(_, index, condition)| (index, condition)).collect()
    }

    /// The states that are wanted, where risk or due date decide within each.
    fn ranges_by_state(&self) -> Vec<String> {
        let wanted = |state: &FindingState| {
            (self.status.is_empty() || self.status.contains(state)) && (self.due_before.is_none() || is_due(*state))
        };
        let ranges: Vec<String> = FindingState::ALL
            .iter()
            .filter(|state| wanted(state))
            .map(|state| format!("findings.status = '{state}'"))
            .collect();
        // What is gone or waived is not due.
        if ranges.is_empty() { vec!["1 = 0".to_owned()] } else { ranges }
    }

    /// By which index the total of a page is counted where that is not the one it is read by: what is counted needs no
    /// order.
    pub(super) fn counted_by(&self, backend: Backend, few: Option<Narrowest>) -> Option<&'static str> {
        let of_run = self.run_id.is_some() || self.scan_id.is_some();
        let other = backend == Backend::Sqlite && few.is_none() && !of_run && self.asset_id.is_none();
        self.indexed().first().filter(|_| other).map(|(index, _)| *index)
    }

    /// Of all that match, for a single statement. What leaves few findings is counted in one before it, so it has no say
    /// here: nothing that comes in between may be left out.
    pub(super) fn way_of_all(&self, backend: Backend) -> Way {
        let by_texts =
            backend == Backend::Sqlite && !self.wanted_texts().is_empty() && self.wanted_fingerprint().is_none();
        let few = by_texts.then_some(Narrowest { by: By::Texts, at_most: u64::MAX });
        self.way(backend, "severity", u64::MAX, few)
    }

    /// One for each severity and state that is wanted. What a run saw is a range of ids, which an index has within each
    /// severity.
    fn ranges(&self) -> Vec<String> {
        let of = |wanted: &[Severity]| -> Vec<String> {
            wanted.iter().map(|severity| format!("findings.severity = {}", severity.rank())).collect()
        };
        let severities = match self.severity.as_slice() {
            [] if self.scan_id.is_some() || self.run_id.is_some() => of(&Severity::ALL),
            [] => vec![String::new()],
            wanted => of(wanted),
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
        let Some(Narrowest { by: by @ (By::Words | By::Compliance | By::Scanner | By::Run), at_most }) = few else {
            return self.add(company, sql);
        };
        // SQLite would rather walk all of a company's findings than look these up, so the company is told as something
        // that no index holds.
        self.besides(by).add_with(company, "findings.company_id || '' = ?", sql);
        sql.push(" AND findings.id IN (SELECT few.id FROM (SELECT ");
        match by {
            By::Scanner => {
                sql.push("s.finding_id AS id FROM sightings s WHERE");
                self.add_scanner(company, sql);
            }
            By::Run => {
                sql.push("l.finding_id AS id FROM run_sightings l WHERE");
                self.add_run(company, sql);
            }
            By::Compliance => {
                sql.push("f.id FROM");
                self.compliance.into_iter().for_each(|tag| add_findings_telling(sql, company, tag));
            }
            By::Words | By::Texts | By::Index(_) => {
                sql.push("f.id FROM");
                add_findings_saying(sql, company, &self.wanted_texts());
            }
        }
        // Leaves nothing out; PostgreSQL knows by it how many there are.
        sql.push(&format!(" LIMIT {at_most}) few"));
        if let Some(fingerprint) = self.wanted_fingerprint().filter(|_| by == By::Words) {
            sql.add(" UNION ALL SELECT f.id FROM findings f WHERE f.company_id = ? AND", values![company]);
            add_beginning(sql, "f.fingerprint", &fingerprint);
        }
        if let Some(tag) = self.compliance.filter(|_| by == By::Compliance) {
            sql.push(" UNION ALL SELECT ruled.id FROM (SELECT s.finding_id AS id FROM");
            add_sightings_by_rules(sql, company, tag);
            sql.push(&format!(" LIMIT {at_most}) ruled"));
        }
        sql.push(")");
    }

    /// What the look-up does not say. Said twice it would be joined twice; in a group the stronger ones meet all of it.
    fn besides(&self, by: By) -> Self {
        match by {
            _ if self.grouped => self.clone(),
            By::Scanner => Self { scanner: None, ..self.clone() },
            By::Compliance => Self { compliance: None, ..self.clone() },
            By::Run if self.run_id.is_some() => Self { run_id: None, ..self.clone() },
            By::Run => Self { scan_id: None, ..self.clone() },
            By::Words | By::Texts | By::Index(_) => self.clone(),
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
    /// The condition that leaves few findings for this order, or for being counted, if there is one.
    pub(super) async fn narrowest(
        &self,
        company: CompanyId,
        filter: &FindingFilter,
        order: Option<&str>,
    ) -> Result<Option<Narrowest>> {
        let run = |sql: &mut Sql| {
            sql.push("run_sightings l WHERE");
            filter.add_run(company, sql);
        };
        // However many are counted: the others need not be looked at.
        let looked_up = if order.is_none() { u64::from(u32::MAX) } else { FEW };
        if (filter.run_id.is_some() || filter.scan_id.is_some())
            && let Some(few) = self.few(By::Run, looked_up, run).await?
        {
            return Ok(Some(few));
        }
        let texts = filter.wanted_texts();
        let saying = |sql: &mut Sql| add_findings_saying(sql, company, &texts);
        let in_order = self.connection().backend() == Backend::Sqlite && filter.wanted_fingerprint().is_none();
        let (by, most) = match (in_order, order) {
            // However many there are: to count them first would be to count them twice.
            (true, None) if !texts.is_empty() => return Ok(Some(Narrowest { by: By::Texts, at_most: u64::MAX })),
            (true, Some("severity")) => (By::Texts, FEW_IN_ORDER),
            (true, _) => (By::Texts, FEW),
            (false, _) => (By::Words, FEW),
        };
        if !texts.is_empty()
            && let Some(few) = self.few(by, most, saying).await?
        {
            return Ok(Some(few));
        }
        if let Some(few) = self.few_tagged(company, filter, looked_up.max(FEW_TAGGED)).await? {
            return Ok(Some(few));
        }
        let scanner = |sql: &mut Sql| {
            sql.push("sightings s WHERE");
            filter.add_scanner(company, sql);
        };
        if filter.scanner.is_some()
            && let Some(few) = self.few(By::Scanner, FEW, scanner).await?
        {
            return Ok(Some(few));
        }
        if self.connection().backend() == Backend::Postgres {
            return Ok(None);
        }
        for (index, condition) in filter.indexed() {
            let meeting = |sql: &mut Sql| {
                sql.push(&format!("findings INDEXED BY {index} WHERE"));
                condition.add(company, sql);
            };
            if let Some(few) = self.few(By::Index(index), looked_up, meeting).await? {
                return Ok(Some(few));
            }
        }
        Ok(None)
    }

    /// Both ways to carry the filter's tag.
    async fn few_tagged(&self, company: CompanyId, filter: &FindingFilter, most: u64) -> Result<Option<Narrowest>> {
        let Some(tag) = filter.compliance else { return Ok(None) };
        let telling = |sql: &mut Sql| add_findings_telling(sql, company, tag);
        let ruled = |sql: &mut Sql| add_sightings_by_rules(sql, company, tag);
        let Some(telling) = self.few(By::Compliance, most, telling).await? else { return Ok(None) };
        let ruled = self.few(By::Compliance, most, ruled).await?;
        Ok(ruled.map(|ruled| Narrowest { at_most: ruled.at_most.max(telling.at_most), ..ruled }))
    }

    async fn few(&self, by: By, most: u64, rows: impl FnOnce(&mut Sql)) -> Result<Option<Narrowest>> {
        let mut sql = self.sql("SELECT count(*) AS value FROM (SELECT 1 AS one FROM ", values![]);
        rows(&mut sql);
        sql.add(" LIMIT ?) counted", values![most + 1]);
        let counted = self.connection().number(sql).await?;
        // Some may come in before the list is read. In few different numbers, as each is a statement of its own.
        let at_most = (2 * counted).max(1_024).next_power_of_two();
        Ok((counted <= most).then_some(Narrowest { by, at_most }))
    }
}
