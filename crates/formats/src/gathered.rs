//! Reports in which one part describes another: a rule its findings, the end of the report how the scan went. One
//! walk over the document keeps its records aside (in memory, or in a file without a name) and learns the rest; when
//! the walk is over, and with it certain that nothing is cut off, the records are turned into findings one by one.

use std::collections::{HashSet, VecDeque};
use std::io::{BufReader, BufWriter, Read, Seek, Write};

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::{Severity, Timestamp};
use serde::Serialize;
use tempfile::SpooledTempFile;

use crate::code_report::{Place, repository};
use crate::error::ReadError;
use crate::input::Input;
use crate::json::{Captured, Cursor};
use crate::options::ReadOptions;
use crate::report::{CoveredAsset, Problems, Reader, ReportHeader, ReportItem, rejected};
use crate::source_tree::{CommonFolder, SourceTree};

/// One record of the report becomes no finding, one, or several; or a reason why not.
pub(crate) type Outcome = Result<FindingRecord, String>;
/// Turns a kept record of this kind into findings.
pub(crate) type Turn = Box<dyn FnMut(u8, &[u8], &mut Place) -> Vec<Outcome> + Send>;

/// The kind of a record that was too long to keep.
const TOO_LONG: u8 = u8::MAX;

pub(crate) struct Gathered {
    pub(crate) header: ReportHeader,
    pub(crate) problems: Problems,
    /// The report itself says that the scan ended well and looked at everything. Most do not.
    pub(crate) complete: bool,
    pub(crate) blind: bool,
    /// Of the findings' files.
    pub(crate) folder: CommonFolder,
    /// Folders that the report names as what was scanned.
    pub(crate) roots: Vec<String>,
    /// What was scanned, where the report says it better than the caller's name of the repository.
    pub(crate) asset: Option<AssetRecord>,
    /// Each finding names its own asset; there is no other.
    pub(crate) assets_of_findings_only: bool,
    /// Rejected records are shown without their content, because it can be a secret.
    pub(crate) conceal: bool,
    records: BufWriter<SpooledTempFile>,
    kept: u64,
}

impl Gathered {
    const IN_MEMORY: usize = 4 << 20;

    pub(crate) fn of(scanner: &str) -> Self {
        Self {
            header: ReportHeader { scanner: scanner.to_owned(), ..ReportHeader::default() },
            problems: Problems::default(),
            complete: false,
            blind: false,
            folder: CommonFolder::default(),
            roots: Vec::new(),
            asset: None,
            assets_of_findings_only: false,
            conceal: false,
            records: BufWriter::new(SpooledTempFile::new(Self::IN_MEMORY)),
            kept: 0,
        }
    }

    /// How many records were kept.
    pub(crate) const fn kept(&self) -> u64 {
        self.kept
    }

    pub(crate) fn keep(&mut self, kind: u8, bytes: &[u8]) -> Result<(), ReadError> {
        self.kept += 1;
        let length = (bytes.len() as u64).to_be_bytes();
        let parts = [&[kind][..], &length, bytes];
        parts.iter().try_for_each(|part| self.records.write_all(part)).map_err(ReadError::Io)
    }

    /// Keeps the value at which the cursor stands.
    pub(crate) fn keep_next<R: Read>(&mut self, kind: u8, cursor: &mut Cursor<R>) -> Result<(), ReadError> {
        self.keep_next_noting(kind, cursor, |_, _| {})
    }

    /// Keeps the value at which the cursor stands, after `note` looked at it.
    pub(crate) fn keep_next_noting<R: Read>(
        &mut self,
        kind: u8,
        cursor: &mut Cursor<R>,
        note: impl FnOnce(&[u8], &mut Self),
    ) -> Result<(), ReadError> {
        let mut raw = Vec::new();
        match cursor.capture(&mut raw)? {
            Captured::TooLong => {
                raw.truncate(300);
                self.keep(TOO_LONG, &raw)
            }
            Captured::Whole => {
                note(&raw, self);
                self.keep(kind, &raw)
            }
        }
    }

    pub(crate) fn keep_value(&mut self, kind: u8, value: &impl Serialize) -> Result<(), ReadError> {
        let bytes = serde_json::to_vec(value).map_err(|error| ReadError::Io(error.into()))?;
        self.keep(kind, &bytes)
    }

    /// The walk is over.
    pub(crate) fn into_reader(self, options: &ReadOptions, turn: Turn) -> Result<Box<dyn Reader>, ReadError> {
        self.into_suppressing_reader(options, turn, |_| false)
    }

    /// The same where the report marks what does not count.
    pub(crate) fn into_suppressing_reader(
        mut self,
        options: &ReadOptions,
        turn: Turn,
        is_suppressed: fn(&[u8]) -> bool,
    ) -> Result<Box<dyn Reader>, ReadError> {
        let asset = self.asset.unwrap_or_else(|| repository(options.repository.as_deref()));
        let mut records = self.records.into_inner().map_err(|error| ReadError::Io(error.into_error()))?;
        records.rewind().map_err(ReadError::Io)?;
        let mut reader = Findings {
            times: (self.header.started_at, self.header.finished_at),
            footer: Some(ReportItem::Footer {
                finished_at: self.header.finished_at,
                complete: self.complete && self.problems.is_empty(),
                blind: self.blind,
                problems: self.problems.take(),
            }),
            ready: VecDeque::from([ReportItem::Header(self.header)]),
            named: HashSet::new(),
            place: Place {
                asset: asset.clone(),
                tree: SourceTree::new(options.source_root.as_deref(), self.roots, self.folder.path()),
            },
            records: BufReader::new(records),
            left: self.kept,
            raw: Vec::new(),
            conceal: self.conceal,
            given: 0,
            turn,
            is_suppressed,
        };
        if !self.assets_of_findings_only {
            reader.name(&asset);
        }
        Ok(Box::new(reader))
    }
}

struct Findings {
    times: (Option<Timestamp>, Option<Timestamp>),
    footer: Option<ReportItem>,
    ready: VecDeque<ReportItem>,
    /// Assets that were handed out.
    named: HashSet<String>,
    place: Place,
    records: BufReader<SpooledTempFile>,
    left: u64,
    raw: Vec<u8>,
    conceal: bool,
    given: u64,
    turn: Turn,
    is_suppressed: fn(&[u8]) -> bool,
}

impl Findings {
    fn name(&mut self, asset: &AssetRecord) {
        if self.named.insert(asset.identity()) {
            let (started_at, finished_at) = self.times;
            let authenticated = asset.authenticated.then_some(true);
            let covered = CoveredAsset { asset: asset.clone(), started_at, finished_at, authenticated };
            self.ready.push_back(ReportItem::Asset(covered));
        }
    }

    /// The next kept record and its kind, in `raw`.
    fn next_record(&mut self) -> Result<u8, ReadError> {
        let mut head = [0; 9];
        self.records.read_exact(&mut head).map_err(ReadError::Io)?;
        let [kind, length @ ..] = head;
        self.raw.clear();
        let length = u64::from_be_bytes(length);
        let read = (&mut self.records).take(length).read_to_end(&mut self.raw).map_err(ReadError::Io)?;
        if read as u64 != length {
            return Err(ReadError::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
        self.left -= 1;
        Ok(kind)
    }

    fn turn_next(&mut self) -> Result<(), ReadError> {
        let outcomes = match self.next_record()? {
            TOO_LONG => vec![Err("the record is too long".to_owned())],
            kind => (self.turn)(kind, &self.raw, &mut self.place),
        };
        for outcome in outcomes {
            match outcome {
                Ok(finding) => {
                    self.name(&finding.asset);
                    let finding = Box::new(finding);
                    self.ready.push_back(match (self.is_suppressed)(&self.raw) {
                        true => ReportItem::Suppressed(finding),
                        false => ReportItem::Finding(finding),
                    });
                }
                Err(reason) => {
                    let excerpt = match self.conceal {
                        true => "not shown: it can hold a secret".into(),
                        false => String::from_utf8_lossy(self.raw.get(..2000).unwrap_or(&self.raw)),
                    };
                    self.ready.push_back(rejected(self.given, reason, &excerpt));
                }
            }
            self.given += 1;
        }
        Ok(())
    }
}

impl Reader for Findings {
    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.left == 0 {
                return Ok(self.footer.take());
            }
            self.turn_next()?;
        }
    }
}

/// What every finding has; the rest is empty, for `..bare(..)`.
pub(crate) fn bare(
    scanner: &str,
    rule_id: impl Into<String>,
    title: impl Into<String>,
    severity: Severity,
    asset: &AssetRecord,
    location: Location,
) -> FindingRecord {
    FindingRecord {
        scanner: scanner.to_owned(),
        rule_id: rule_id.into(),
        title: title.into(),
        severity,
        vendor_severity: None,
        asset: asset.clone(),
        location,
        check: None,
        cves: vec![],
        cwes: vec![],
        cvss: vec![],
        family: None,
        description: None,
        solution: None,
        evidence: None,
        references: vec![],
        seen_at: None,
    }
}

/// Each key of the object at which the cursor stands.
pub(crate) fn each_key<R: Read>(
    cursor: &mut Cursor<R>,
    mut found: impl FnMut(&str, &mut Cursor<R>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    cursor.begin_object()?;
    while let Some(key) = cursor.next_key()? {
        found(&key, cursor)?;
    }
    Ok(())
}

/// Each element of the list at which the cursor stands; a `null` is an empty list.
pub(crate) fn each_element<R: Read>(
    cursor: &mut Cursor<R>,
    mut found: impl FnMut(&mut Cursor<R>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    if cursor.peek()? == Some(b'n') {
        return cursor.value::<()>("an empty list");
    }
    cursor.begin_array()?;
    while cursor.next_element()? {
        found(cursor)?;
    }
    Ok(())
}

/// A text of the report, unless it is empty.
pub(crate) fn filled(text: impl Into<String>) -> Option<String> {
    Some(text.into()).filter(|text: &String| !text.trim().is_empty())
}

/// A record as its `T`, or the reason why it is none.
pub(crate) fn parsed<'raw, T: serde::Deserialize<'raw>>(raw: &'raw [u8]) -> Result<T, String> {
    serde_json::from_slice(raw).map_err(|error| error.to_string())
}

/// Reads a report that is nothing but a list of records. `path_of` gives the file that a record is in, to find the folder
/// that absolute paths share.
pub(crate) fn read_list(
    mut report: Gathered,
    input: Input,
    options: &ReadOptions,
    path_of: fn(&[u8]) -> Option<String>,
    turn: Turn,
) -> Result<Box<dyn Reader>, ReadError> {
    let mut cursor = Cursor::new(input.content, &options.limits);
    keep_list(&mut report, &mut cursor, path_of)?;
    cursor.end()?;
    report.into_reader(options, turn)
}

/// Keeps each record of the list at which the cursor stands.
pub(crate) fn keep_list<R: Read>(
    report: &mut Gathered,
    cursor: &mut Cursor<R>,
    path_of: fn(&[u8]) -> Option<String>,
) -> Result<(), ReadError> {
    each_element(cursor, |cursor| {
        report.keep_next_noting(0, cursor, |raw, report| {
            if let Some(path) = path_of(raw) {
                report.folder.add(&path);
            }
        })
    })
}
