//! Tables that people download: CSV reports of scans and hosts, and the vulnerability list of VMDR with one row for
//! each QID or each CVE.
//!
//! - **Never complete**: a table has no end mark, and whoever downloads it filters it.
//! - Lines about the report may stand before the header; one of them names the zone of the times.
//! - The table by CVE repeats a finding for each of its CVEs; what agrees in all but the CVE is one finding. Which CVEs a
//!   finding has is known only at the end, so the table is kept and read twice.

mod columns;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Read;

use jiff::tz::Offset;
use scanhelm_core::Timestamp;
use tempfile::SpooledTempFile;

use self::columns::{Columns, Key};
use super::finding::Detection;
use super::host::Host;
use super::knowledge::Knowledge;
use super::{SCANNER, time};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::Spool;
use crate::options::{Limits, ReadOptions};
use crate::report::{Reader, ReportHeader, ReportItem, cut, rejected};
use crate::sample::Sample;
use crate::table::{Row, Rows};
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "qualys-csv", name: "Qualys CSV report", extensions: &["csv"], sniff: recognises, open };

/// Lines that may stand before the header.
const MOST_LINES_BEFORE: usize = 20;

fn recognises(sample: &Sample) -> bool {
    let mut rows = Rows::new(sample.text().as_bytes(), &Limits::default());
    let table_like = sample.text().trim_start().starts_with(|c: char| c == '"' || c.is_ascii_alphabetic());
    table_like && Columns::find(&mut rows).is_ok_and(|found| found.is_some())
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let mut document = Spool::fill(input.content)?;
    let mut by_finding = ByFinding { limit: options.limits.max_context, ..ByFinding::default() };
    let mut rows = Rows::new(document.content()?, &options.limits);
    let (columns, _) = header(&mut rows)?;
    columns.check(&rows)?;
    while let Some(row) = next_row(&columns, &mut rows)? {
        by_finding.add(&columns, &row)?;
    }
    let mut rows = Rows::new(document.into_content()?, &options.limits);
    let (columns, zone) = header(&mut rows)?;
    Ok(Box::new(TableReader {
        rows,
        columns,
        zone,
        by_finding,
        ready: VecDeque::from([ReportItem::Header(ReportHeader {
            scanner: SCANNER.to_owned(),
            ..ReportHeader::default()
        })]),
        hosts: HashSet::new(),
        record: 0,
        finished_at: None,
        longest_text: options.limits.max_text,
        footer_given: false,
    }))
}

fn header<R: Read>(rows: &mut Rows<R>) -> Result<(Columns, Offset), ReadError> {
    let found = Columns::find(rows)?;
    found.ok_or_else(|| rows.malformed("no row in its beginning names the columns QID and Title"))
}

/// The next row that says something.
fn next_row<R: Read>(columns: &Columns, rows: &mut Rows<R>) -> Result<Option<Row>, ReadError> {
    while let Some(row) = rows.next()? {
        if !row.is_blank() {
            columns.fit(&row, rows)?;
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The CVEs of findings whose rows are repeated for each.
#[derive(Default)]
struct ByFinding {
    cves: HashMap<Key, Vec<String>>,
    kept: usize,
    limit: usize,
}

impl ByFinding {
    fn add(&mut self, columns: &Columns, row: &Row) -> Result<(), ReadError> {
        let Some(key) = columns.repeated(row) else { return Ok(()) };
        let cves = self.cves.entry(key).or_default();
        let before = cves.len();
        cves_in(columns.get(row, "cve"), cves);
        self.kept += size_of::<(Key, Vec<String>)>() + (cves.len() - before) * 48;
        if self.kept > self.limit {
            return Err(ReadError::Hostile { detail: "it names too many CVEs".to_owned() });
        }
        Ok(())
    }
}

struct TableReader {
    rows: Rows<SpooledTempFile>,
    columns: Columns,
    zone: Offset,
    by_finding: ByFinding,
    ready: VecDeque<ReportItem>,
    /// Identities of those that were handed out.
    hosts: HashSet<String>,
    record: u64,
    finished_at: Option<Timestamp>,
    longest_text: usize,
    footer_given: bool,
}

impl Reader for TableReader {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.footer_given {
                return Ok(None);
            }
            self.advance()?;
        }
    }
}

impl TableReader {
    fn advance(&mut self) -> Result<(), ReadError> {
        let Some(row) = next_row(&self.columns, &mut self.rows)? else {
            self.footer_given = true;
            self.ready.push_back(ReportItem::Footer {
                finished_at: self.finished_at,
                complete: false,
                blind: self.hosts.is_empty(),
                problems: vec![],
            });
            return Ok(());
        };
        let mut knowledge = Knowledge::default();
        let (mut detection, mut host) = (Detection::default(), Host::default());
        for (column, cell) in self.columns.cells(&row) {
            let cell = cut(cell, self.longest_text);
            detection.set(column, &cell);
            host.set(column, &cell);
            knowledge.set(column, &cell);
        }
        if let Some(key) = self.columns.repeated(&row) {
            match self.by_finding.cves.remove(&key) {
                Some(cves) => knowledge.cves = cves,
                None => return Ok(()),
            }
        }
        let seen = ["lastdetected", "lastfound", "lastfounddatetime"].map(|name| self.columns.get(&row, name));
        detection.seen_at = seen.into_iter().find_map(|text| time::any(text, self.zone));
        if detection.is_fixed() {
            return Ok(());
        }
        self.finished_at = self.finished_at.max(detection.seen_at);
        let covered = host.covered();
        match detection.finding(&knowledge, &host) {
            Ok(finding) => {
                if self.hosts.insert(covered.asset.identity()) {
                    self.ready.push_back(ReportItem::Asset(covered));
                }
                self.ready.push_back(ReportItem::Finding(Box::new(finding)));
            }
            Err(reason) => {
                let cells = row.cells().filter(|cell| !cell.is_empty()).take(20).collect::<Vec<_>>().join(", ");
                self.ready.push_back(rejected(self.record, reason, &cells));
            }
        }
        self.record += 1;
        Ok(())
    }
}
