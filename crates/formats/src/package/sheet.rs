//! A table of findings: a header that names the columns, and a row for each finding. Rows are read as they come, so an asset is
//! announced with its first row; a table has no end mark and proves nothing.

use std::collections::{HashSet, VecDeque};
use std::io::Read;

use scanhelm_core::finding::FindingRecord;

use crate::error::ReadError;
use crate::options::ReadOptions;
use crate::report::{CoveredAsset, Reader, ReportHeader, ReportItem, rejected};
use crate::sample::Sample;
use crate::table::{Row, Rows};

/// The names of the columns, as they are written.
pub(crate) struct Columns(Vec<String>);

impl Columns {
    /// The cell of the first column of these names that has something in it.
    pub(crate) fn first<'row>(&self, row: &'row Row, names: &[&str]) -> Option<&'row str> {
        names.iter().find_map(|name| self.of(row, name))
    }

    /// The cell of this column, the last one if there are two; `None` if it is empty.
    pub(crate) fn of<'row>(&self, row: &'row Row, name: &str) -> Option<&'row str> {
        let at = self.0.iter().rposition(|known| known.eq_ignore_ascii_case(name))?;
        Some(row.cell(at).trim()).filter(|cell| !cell.is_empty())
    }

    fn missing<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().find(|name| !self.0.iter().any(|known| known.eq_ignore_ascii_case(name))).copied()
    }
}

/// A vendor's table.
pub(crate) struct Sheet {
    pub(crate) scanner: &'static str,
    /// Columns without which nothing can be read.
    pub(crate) needed: &'static [&'static str],
    /// The findings of a row; none when it stands for nothing that is open.
    pub(crate) read: fn(&Columns, &Row, &ReadOptions) -> Result<Vec<FindingRecord>, String>,
}

/// Whether the first row names all of these columns.
pub(crate) fn has_columns(sample: &Sample, names: &[&str]) -> bool {
    let header = sample.text().lines().next().unwrap_or_default();
    let columns: Vec<&str> = header.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
    names.iter().all(|name| columns.iter().any(|column| column.eq_ignore_ascii_case(name)))
}

impl Sheet {
    pub(crate) fn open<R: Read + Send + 'static>(
        &'static self,
        content: R,
        options: &ReadOptions,
    ) -> Result<Box<dyn Reader>, ReadError> {
        let mut rows = Rows::new(content, &options.limits);
        let Some(header) = rows.next()? else { return Err(rows.truncated("it has no header")) };
        let columns = Columns(header.cells().map(|cell| cell.trim().to_owned()).collect());
        if let Some(missing) = columns.missing(self.needed) {
            return Err(rows.malformed(format!("it has no column `{missing}`; export it with all columns")));
        }
        let header = ReportHeader { scanner: self.scanner.to_owned(), ..ReportHeader::default() };
        Ok(Box::new(SheetReader {
            sheet: self,
            columns,
            rows,
            options: options.clone(),
            ready: VecDeque::from([ReportItem::Header(header)]),
            announced: HashSet::new(),
            record: 0,
            ended: false,
        }))
    }
}

struct SheetReader<R> {
    sheet: &'static Sheet,
    columns: Columns,
    rows: Rows<R>,
    options: ReadOptions,
    ready: VecDeque<ReportItem>,
    announced: HashSet<String>,
    record: u64,
    ended: bool,
}

impl<R: Read + Send> Reader for SheetReader<R> {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            let Some(row) = self.rows.next()? else {
                self.ended = true;
                let footer = ReportItem::Footer { finished_at: None, complete: false, blind: false, problems: vec![] };
                return Ok(Some(footer));
            };
            if row.is_blank() {
                continue;
            }
            match (self.sheet.read)(&self.columns, &row, &self.options) {
                Ok(findings) => findings.into_iter().for_each(|finding| self.push(finding)),
                Err(reason) => {
                    let excerpt = row.cells().collect::<Vec<_>>().join(",");
                    self.ready.push_back(rejected(self.record, reason, &excerpt));
                    self.record += 1;
                }
            }
        }
    }
}

impl<R> SheetReader<R> {
    fn push(&mut self, finding: FindingRecord) {
        if self.announced.insert(finding.asset.identity()) {
            self.ready.push_back(ReportItem::Asset(CoveredAsset {
                asset: finding.asset.clone(),
                started_at: None,
                finished_at: finding.seen_at,
                authenticated: finding.asset.authenticated.then_some(true),
            }));
        }
        self.ready.push_back(ReportItem::Finding(Box::new(finding)));
        self.record += 1;
    }
}
