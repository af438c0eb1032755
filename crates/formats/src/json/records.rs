//! Records out of a JSON document of any shape.
//!
//! What describes a record (its target, its image, when the scan ran) stands around it, in front of it or behind it.
//! So a document is walked twice in the same way: the first walk keeps the facts of every object on the way to records,
//! the second hands out the records one by one with the facts around them. A format only says which path leads where.

use std::collections::{HashSet, VecDeque};

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::{Map, Value};
use tempfile::SpooledTempFile;

use super::Cursor;
use crate::error::ReadError;
use crate::inventory::Inventory;
use crate::json::Captured;
use crate::options::Limits;
use crate::report::{CoveredAsset, Problems, Reader, ReportHeader, ReportItem, rejected};
use crate::spool::Spool;

/// What to do with the value at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Look into an object or list.
    Enter,
    /// Look into an object whose keys are data: each member is at `path{}`.
    Members,
    /// Keep it for the records within the object that it belongs to.
    Keep,
    /// Show it to [`Layout::note`] in the first walk.
    Note,
    /// It is a record.
    Record,
    Skip,
}

/// A format whose reports are JSON documents. Paths are written as `Results[].Vulnerabilities[]`; the document itself is
/// the empty path, and `[]` where it is a list.
pub(crate) trait Layout: Send {
    fn step(&self, path: &str) -> Step;

    /// What the first walk met on a path that is to be noted.
    ///
    /// # Errors
    /// In words, when the report cannot be read without it.
    fn note(&mut self, _path: &str, _raw: &[u8]) -> Result<(), String> {
        Ok(())
    }

    /// Between the walks: what comes before the records, and how the report will end.
    ///
    /// # Errors
    /// In words, when the document is not what it was taken for.
    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String>;

    /// Of a format that is an inventory.
    fn inventory(&mut self) -> Option<&mut Inventory> {
        None
    }

    /// The findings of a record; none when it stands for no open finding.
    ///
    /// # Errors
    /// Why the record is rejected.
    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String>;
}

#[derive(Default)]
pub(crate) struct Beginning {
    pub(crate) header: ReportHeader,
    /// One of the same identity is reported once.
    pub(crate) covered: Vec<CoveredAsset>,
    pub(crate) complete: bool,
    pub(crate) blind: bool,
    pub(crate) problems: Problems,
}

impl Beginning {
    /// Of a document that tells nothing of its scan, such as a page of what an API was asked for.
    pub(crate) fn by(scanner: &str) -> Self {
        Self { header: ReportHeader { scanner: scanner.to_owned(), ..ReportHeader::default() }, ..Self::default() }
    }

    pub(crate) fn cover(&mut self, asset: AssetRecord) {
        let (started_at, finished_at) = (self.header.started_at, self.header.finished_at);
        self.covered.push(CoveredAsset { asset, started_at, finished_at, authenticated: None });
    }
}

/// The objects on the way to records, in the order of the document.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    met: Vec<Section>,
    /// How many records the document holds.
    pub(crate) records: u64,
}

#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) path: String,
    parent: Option<usize>,
    facts: Map<String, Value>,
}

impl Sections {
    pub(crate) fn at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = Around<'a>> {
        let found = self.met.iter().enumerate().filter(move |(_, section)| section.path == path);
        found.map(|(place, _)| Around { sections: self, place: Some(place) })
    }

    /// The document itself, or the first of its list.
    pub(crate) fn first(&self) -> Around<'_> {
        Around { sections: self, place: Some(0) }
    }
}

/// A place in the document: what is known there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    sections: &'a Sections,
    place: Option<usize>,
}

impl<'a> Around<'a> {
    /// A kept value of this name in the innermost object that has one.
    pub(crate) fn fact(&self, name: &str) -> Option<&'a Value> {
        let mut place = self.place;
        while let Some(section) = place.and_then(|place| self.sections.met.get(place)) {
            if let Some(value) = section.facts.get(name) {
                return Some(value);
            }
            place = section.parent;
        }
        None
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.fact(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }
}

pub(crate) struct Record<'a> {
    pub(crate) path: &'a str,
    /// Of the member, where the record is one of an object whose keys are data.
    pub(crate) key: &'a str,
    pub(crate) raw: &'a [u8],
    pub(crate) around: Around<'a>,
}

impl Record<'_> {
    pub(crate) fn value(&self) -> Result<Value, String> {
        let value: Value = serde_json::from_slice(self.raw).map_err(|error| error.to_string())?;
        if value.is_object() { Ok(value) } else { Err("it is no object".to_owned()) }
    }
}

enum Frame {
    List { path: usize },
    Object { path: usize, section: usize },
    Members { path: usize },
}

/// Where a walk is. Both walks make the same steps, so that an object has the same number in both.
#[derive(Default)]
struct Walk {
    path: String,
    frames: Vec<Frame>,
    sections_met: usize,
    begun: bool,
    key: String,
}

impl Walk {
    /// The next value to keep, note or read, with the cursor at it; `None` at the end.
    fn next<R: std::io::Read>(
        &mut self,
        cursor: &mut Cursor<R>,
        step: impl Fn(&str) -> Step,
        mut met: impl FnMut(&str, Option<usize>),
    ) -> Result<Option<Step>, ReadError> {
        loop {
            let (length, more) = match self.frames.last() {
                None if self.begun => {
                    cursor.end()?;
                    return Ok(None);
                }
                None => {
                    self.begun = true;
                    (0, true)
                }
                Some(Frame::List { path }) => {
                    let path = *path;
                    self.path.truncate(path);
                    self.path.push_str("[]");
                    (path, cursor.next_element()?)
                }
                Some(Frame::Object { path, .. } | Frame::Members { path }) => {
                    let path = *path;
                    let key = cursor.next_key()?;
                    self.path.truncate(path);
                    let more = key.is_some();
                    self.key = key.unwrap_or_default();
                    if matches!(self.frames.last(), Some(Frame::Members { .. })) {
                        self.path.push_str("{}");
                    } else {
                        if path > 0 {
                            self.path.push('.');
                        }
                        self.path.push_str(&self.key);
                    }
                    (path, more)
                }
            };
            if !more {
                self.frames.pop();
                self.path.truncate(length);
                continue;
            }
            let path = self.path.len();
            match (step(&self.path), cursor.peek()?) {
                (Step::Enter, Some(b'[')) => {
                    cursor.begin_array()?;
                    self.frames.push(Frame::List { path });
                }
                (Step::Enter, Some(b'{')) => {
                    cursor.begin_object()?;
                    met(&self.path, self.section());
                    self.frames.push(Frame::Object { path, section: self.sections_met });
                    self.sections_met += 1;
                }
                (Step::Members, Some(b'{')) => {
                    cursor.begin_object()?;
                    self.frames.push(Frame::Members { path });
                }
                (Step::Enter | Step::Members | Step::Skip, _) => cursor.skip_value()?,
                (step, _) => return Ok(Some(step)),
            }
        }
    }

    /// Number of the innermost object.
    fn section(&self) -> Option<usize> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Object { section, .. } => Some(*section),
            _ => None,
        })
    }
}

pub(crate) struct Records<L> {
    layout: L,
    cursor: Cursor<SpooledTempFile>,
    walk: Walk,
    sections: Sections,
    ready: VecDeque<ReportItem>,
    footer: Option<ReportItem>,
    announced: HashSet<String>,
    record: u64,
    raw: Vec<u8>,
}

/// The reader of a report in this layout.
pub(crate) fn reader(
    content: impl std::io::Read,
    layout: impl Layout + 'static,
    limits: &Limits,
) -> Result<Box<dyn Reader>, ReadError> {
    Ok(Box::new(Records::open(Spool::fill(content)?, layout, limits)?))
}

impl<L: Layout> Records<L> {
    pub(crate) fn open(mut document: Spool, mut layout: L, limits: &Limits) -> Result<Self, ReadError> {
        let sections = survey(&mut document.cursor(limits)?, &mut layout, limits)?;
        let cursor = document.into_cursor(limits)?;
        let mut beginning = layout.begin(&sections).map_err(|reason| cursor.malformed(reason))?;
        let mut announced = HashSet::new();
        let footer = ReportItem::Footer {
            finished_at: beginning.header.finished_at,
            complete: beginning.complete,
            blind: beginning.blind,
            problems: beginning.problems.take(),
        };
        let mut ready = VecDeque::from([ReportItem::Header(beginning.header)]);
        let new = beginning.covered.into_iter().filter(|covered| announced.insert(covered.asset.identity()));
        ready.extend(new.map(ReportItem::Asset));
        Ok(Self {
            layout,
            cursor,
            walk: Walk::default(),
            sections,
            ready,
            footer: Some(footer),
            announced,
            record: 0,
            raw: Vec::new(),
        })
    }

    fn read_record(&mut self) -> Result<(), ReadError> {
        if self.cursor.capture(&mut self.raw)? == Captured::TooLong {
            let item = rejected(self.record, "the record is too long", &String::from_utf8_lossy(&self.raw));
            self.ready.push_back(item);
            self.record += 1;
            return Ok(());
        }
        let record = Record {
            path: &self.walk.path,
            key: &self.walk.key,
            raw: &self.raw,
            around: Around { sections: &self.sections, place: self.walk.section() },
        };
        match self.layout.read(&record) {
            Ok(findings) => {
                for finding in findings {
                    // Only a record names it, so nothing says that it was looked at as a whole.
                    if !self.announced.contains(&finding.asset.identity()) {
                        self.announced.insert(finding.asset.identity());
                        self.ready.push_back(ReportItem::Asset(named_by(&finding)));
                    }
                    self.ready.push_back(ReportItem::Finding(Box::new(finding)));
                    self.record += 1;
                }
            }
            Err(reason) => {
                self.ready.push_back(rejected(self.record, reason, &String::from_utf8_lossy(&self.raw)));
                self.record += 1;
            }
        }
        Ok(())
    }
}

fn named_by(finding: &FindingRecord) -> CoveredAsset {
    CoveredAsset {
        asset: finding.asset.clone(),
        started_at: None,
        finished_at: finding.seen_at,
        authenticated: finding.asset.authenticated.then_some(true),
    }
}

fn survey<L: Layout>(
    cursor: &mut Cursor<&mut SpooledTempFile>,
    layout: &mut L,
    limits: &Limits,
) -> Result<Sections, ReadError> {
    let (mut walk, mut sections) = (Walk::default(), Sections::default());
    let (mut raw, mut kept) = (Vec::new(), 0);
    loop {
        let met = |path: &str, parent| {
            sections.met.push(Section { path: path.to_owned(), parent, facts: Map::new() });
        };
        let Some(step) = walk.next(cursor, |path| layout.step(path), met)? else { return Ok(sections) };
        if step == Step::Record {
            cursor.skip_value()?;
            sections.records += 1;
            continue;
        }
        let captured = cursor.capture_within(&mut raw, limits.max_context)?;
        kept += raw.len() + walk.key.len();
        if captured == Captured::TooLong || kept + sections.met.len() * size_of::<Section>() > limits.max_context {
            let detail = format!("what describes its records is longer than {} bytes", limits.max_context);
            return Err(ReadError::Hostile { detail });
        }
        if step == Step::Note {
            layout.note(&walk.path, &raw).map_err(|reason| cursor.malformed(reason))?;
        } else if let Some(section) = walk.section().and_then(|section| sections.met.get_mut(section)) {
            let value = serde_json::from_slice(&raw)
                .map_err(|error| cursor.malformed(format!("`{}` is broken: {error}", walk.key)))?;
            section.facts.insert(walk.key.clone(), value);
        }
    }
}

impl<L: Layout> Reader for Records<L> {
    fn inventory(&mut self) -> Option<&mut Inventory> {
        self.layout.inventory()
    }

    fn next_item(&mut self) -> Result<Option<ReportItem>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.footer.is_none() {
                return Ok(None);
            }
            match self.walk.next(&mut self.cursor, |path| self.layout.step(path), |_, _| {})? {
                Some(Step::Record) => self.read_record()?,
                Some(_) => self.cursor.skip_value()?,
                None => return Ok(self.footer.take()),
            }
        }
    }
}
