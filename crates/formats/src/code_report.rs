//! What the JSON reports of code scanners have in common: one object, findings in `results[]`, everything else about
//! the run. A first walk reads the run, a second hands out the findings.

use std::collections::VecDeque;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use tempfile::SpooledTempFile;

use crate::error::ReadError;
use crate::json::{Captured, Cursor, Spool};
use crate::options::{Limits, ReadOptions};
use crate::report::{CoveredAsset, Reader, ReportHeader, ReportItem, rejected};
use crate::source_tree::{CommonFolder, SourceTree};

/// What the first walk found.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) header: ReportHeader,
    pub(crate) problems: crate::report::Problems,
    /// The scanner looked at nothing.
    pub(crate) blind: bool,
    /// Of the findings' files.
    pub(crate) folder: CommonFolder,
    pub(crate) results: u64,
}

/// Turns the bytes of one element of `results[]` into a record, or says why not.
pub(crate) type ReadRecord = fn(&[u8], &mut Place) -> Result<FindingRecord, String>;

/// Where the findings of a run are.
pub(crate) struct Place {
    pub(crate) asset: AssetRecord,
    pub(crate) tree: SourceTree,
}

pub(crate) struct CodeReport {
    cursor: Cursor<SpooledTempFile>,
    read_record: ReadRecord,
    place: Place,
    before: VecDeque<ReportItem>,
    footer: Option<ReportItem>,
    in_results: bool,
    record: u64,
    raw: Vec<u8>,
}

/// The asset of code findings. A report that does not name its repository and is read without a name for it belongs
/// to the one called "unknown repository": visible, and never mixed with a real one.
pub(crate) fn repository(named: Option<&str>) -> AssetRecord {
    AssetRecord::repository(named.filter(|name| !name.trim().is_empty()).unwrap_or("unknown repository"))
}

impl CodeReport {
    /// `document` stands at its beginning; `run` is what a first walk over it gave.
    pub(crate) fn new(
        document: Spool,
        mut run: Run,
        read_record: ReadRecord,
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        let mut cursor = document.into_cursor(&options.limits)?;
        cursor.begin_object()?;
        let asset = repository(options.repository.as_deref());
        let covered = CoveredAsset {
            asset: asset.clone(),
            started_at: run.header.started_at,
            finished_at: run.header.finished_at,
            authenticated: None,
        };
        let footer = ReportItem::Footer {
            finished_at: run.header.finished_at,
            complete: run.problems.is_empty(),
            blind: run.blind,
            problems: run.problems.take(),
        };
        Ok(Self {
            cursor,
            read_record,
            place: Place { asset, tree: SourceTree::new(options.source_root.as_deref(), [], run.folder.path()) },
            before: VecDeque::from([ReportItem::Header(run.header), ReportItem::Asset(covered)]),
            footer: Some(footer),
            in_results: false,
            record: 0,
            raw: Vec::new(),
        })
    }

    fn next_record(&mut self) -> Result<ReportItem, ReadError> {
        let captured = self.cursor.capture(&mut self.raw)?;
        let record = self.record;
        self.record += 1;
        if captured == Captured::TooLong {
            return Ok(rejected(record, "the record is too long", &String::from_utf8_lossy(&self.raw)));
        }
        Ok(match (self.read_record)(&self.raw, &mut self.place) {
            Ok(finding) => ReportItem::Finding(Box::new(finding)),
            Err(reason) => rejected(record, reason, &String::from_utf8_lossy(&self.raw)),
        })
    }
}

impl Reader for CodeReport {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        if let Some(item) = self.before.pop_front() {
            return Ok(Some(item));
        }
        if self.footer.is_none() {
            return Ok(None);
        }
        loop {
            if self.in_results {
                if self.cursor.next_element()? {
                    return self.next_record().map(Some);
                }
                self.in_results = false;
            }
            match self.cursor.next_key()? {
                Some(key) if key == "results" && self.cursor.peek()? == Some(b'[') => {
                    self.cursor.begin_array()?;
                    self.in_results = true;
                }
                Some(_) => self.cursor.skip_value()?,
                None => {
                    self.cursor.end()?;
                    return Ok(self.footer.take());
                }
            }
        }
    }
}

/// The first walk over `document`: calls `other` at each key but `results`, and `result` with each finding.
pub(crate) fn walk(
    document: &mut Spool,
    limits: &Limits,
    run: &mut Run,
    mut other: impl FnMut(&str, &mut Cursor<&mut SpooledTempFile>, &mut Run) -> Result<(), ReadError>,
    mut result: impl FnMut(&[u8], &mut Run),
) -> Result<(), ReadError> {
    let mut cursor = document.cursor(limits)?;
    let mut raw = Vec::new();
    let mut has_results = false;
    cursor.begin_object()?;
    while let Some(key) = cursor.next_key()? {
        if key == "results" {
            has_results = true;
            cursor.begin_array()?;
            while cursor.next_element()? {
                cursor.capture(&mut raw)?;
                run.results += 1;
                result(&raw, run);
            }
        } else {
            other(&key, &mut cursor, run)?;
        }
    }
    cursor.end()?;
    if has_results { Ok(()) } else { Err(cursor.malformed("it holds no list `results`")) }
}
