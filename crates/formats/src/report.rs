//! What reading a report gives.

use std::borrow::Cow;
use std::fmt;

use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::import::Quarantined;

use crate::error::ReadError;
use crate::format::Format;
use crate::inventory::Inventory;

/// A report being read. Iterating gives its parts in this order: a header, then assets each before the findings on
/// them, then the footer. A SARIF file of several runs has a header for each run; it has none when it holds no run.
///
/// An error ends the iteration and means that the file is broken: keep nothing that came before it. Only the
/// [`ReportItem::Footer`] says that the report was read to its end.
pub struct Report {
    pub format: &'static Format,
    reader: Box<dyn Reader>,
    ended: bool,
}

/// A part of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum ReportItem {
    Header(ReportHeader),
    Asset(CoveredAsset),
    Finding(Box<FindingRecord>),
    /// A finding that whoever keeps the code does not want counted. It is there all the same.
    Suppressed(Box<FindingRecord>),
    /// A record that could not be taken. Its position counts findings, suppressed ones too, and rejected records from 0.
    Rejected(Quarantined),
    Footer {
        finished_at: Option<Timestamp>,
        /// The scanner reports no trouble. When false, what the report lacks must not be called fixed.
        complete: bool,
        /// The scanner ran and looked at nothing, such as on a folder that is not there: no result, not a clean one.
        blind: bool,
        /// What the scanner says went wrong; the first ones.
        problems: Vec<String>,
    },
}

/// What a report says about the scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportHeader {
    /// Lower-case product name.
    pub scanner: String,
    pub scanner_version: Option<String>,
    pub scan_name: Option<String>,
    /// Policy, template or rule set.
    pub policy: Option<String>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub targets: Vec<String>,
    /// What whoever reads the report has to know and what is no fault of it: that nobody looked for flaws.
    pub note: Option<String>,
}

/// An asset that the scan covered, with or without findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredAsset {
    pub asset: AssetRecord,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// Whether the scanner logged in on it; `None` where the report does not tell.
    pub authenticated: Option<bool>,
}

/// What a format implements: the next part, or `None` after the footer.
pub(crate) trait Reader: Send {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError>;

    /// What it has met of an inventory so far; `None` for a format that is none.
    fn inventory(&mut self) -> Option<&mut Inventory> {
        None
    }
}

impl Report {
    pub(crate) fn new(format: &'static Format, reader: Box<dyn Reader>) -> Self {
        Self { format, reader, ended: false }
    }

    pub(crate) fn inventory(&mut self) -> Option<&mut Inventory> {
        self.reader.inventory()
    }
}

impl Iterator for Report {
    type Item = Result<ReportItem, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.reader.next_item().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Report").field("format", &self.format).field("ended", &self.ended).finish()
    }
}

/// A rejected record with a readable cut of it.
pub(crate) fn rejected(record: u64, reason: impl Into<String>, excerpt: &str) -> ReportItem {
    ReportItem::Rejected(Quarantined {
        record,
        reason: reason.into(),
        excerpt: scanhelm_core::text::single_line(excerpt, 300),
    })
}

/// Text beyond the limit is dropped and marked, as the parser of XML does it.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return text.into();
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{} […]", text.get(..end).unwrap_or_default()).into()
}

/// Collects what a scanner says went wrong, the first ones only.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    const KEPT: usize = 50;

    pub(crate) fn add(&mut self, problem: &str) {
        if self.0.len() < Self::KEPT {
            self.0.push(scanhelm_core::text::single_line(problem, 500));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.0)
    }
}
