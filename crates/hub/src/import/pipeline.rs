//! From a report to committed batches.
//!
//! Reading happens on a blocking thread, which makes one batch while another is written: however large the report,
//! memory holds two batches. The first reading keeps no record; it proves that the report is whole, and learns what
//! stands only at its end and which records are equal.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::identity::{Census, Ordinals};
use scanhelm_core::finding::{FindingRecord, SightingSource};
use scanhelm_core::import::{Import, Quarantined};
use scanhelm_core::local::suppression::Suppressed;
use scanhelm_core::scan::Scan;
use scanhelm_core::status::ImportState;
use scanhelm_core::{Error, ErrorCode, Result, SeverityCounts, Timestamp};
use scanhelm_formats::{CoveredAsset, ReadOptions, ReportHeader, ReportItem};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::batch::BatchWriter;
use super::prepared::{Batch, Preparation, Record};
use crate::Hub;
use crate::failpoint;
use crate::jobs::JobContext;

/// Where the records come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    File {
        path: PathBuf,
        options: ReadOptions,
    },
    /// What one scanner found, of a file that holds what several found, on what it covered.
    Part {
        path: PathBuf,
        options: ReadOptions,
        scanner: String,
        covered: Vec<CoveredAsset>,
        /// With the records that could not be read, whose scanner nobody knows.
        with_rejected: bool,
    },
    /// Read already; for local scans.
    Memory {
        looked_at: Vec<CoveredAsset>,
        records: Vec<Box<FindingRecord>>,
    },
}

/// What the first reading learnt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    pub(crate) header: Option<ReportHeader>,
    pub(crate) finished_at: Option<Timestamp>,
    /// The scanner reports no trouble of its own.
    pub(crate) complete: bool,
    pub(crate) blind: bool,
    pub(crate) problems: Vec<String>,
    pub(crate) records: u64,
    pub(crate) assets: u64,
    /// The first of them: what an inventory is of.
    pub(crate) subject: Option<AssetRecord>,
    pub(crate) counts: SeverityCounts,
    /// Numbers the records that are equal.
    pub(crate) ordinals: Ordinals,
    /// When the newest of its assets was covered.
    pub(crate) last_covered: Option<Timestamp>,
}

/// How the writing ended.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Everything is committed; finalise.
    Complete,
    /// Cut at a checkpoint: the attempt is over or the hub stops.
    Parked,
    Cancelled,
}

/// Everything the batches share.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) source: SightingSource,
    /// Stamps what the report does not date.
    pub(crate) seen_at: Timestamp,
    pub(crate) policy: Option<String>,
    /// The source tells what it covered; only then absence may mean something.
    pub(crate) covers: bool,
    /// What the scanned project suppresses, by the scanner's reference.
    pub(crate) suppressed: Arc<HashMap<String, Suppressed>>,
}

fn unreadable(error: &scanhelm_formats::ReadError) -> Error {
    let code = match error {
        scanhelm_formats::ReadError::UnknownFormat { .. } => ErrorCode::UnknownFormat,
        _ => ErrorCode::UnreadableReport,
    };
    Error::new(code, format!("{}.", error.to_string().trim_end_matches('.')))
}

/// Reads the whole report, keeping no record of it.
pub(crate) async fn survey(source: Source) -> Result<Survey> {
    tokio::task::spawn_blocking(move || {
        let mut survey = Survey::default();
        let mut census = Census::default();
        let mut ended = false;
        for item in items(source)? {
            match item? {
                ReportItem::Header(header) => {
                    survey.header.get_or_insert(header);
                }
                ReportItem::Asset(asset) => {
                    survey.assets += 1;
                    survey.last_covered = survey.last_covered.max(asset.finished_at);
                    survey.subject.get_or_insert(asset.asset);
                }
                ReportItem::Finding(record) => {
                    survey.records += 1;
                    survey.counts.add(record.severity, 1);
                    census.add(&record);
                }
                ReportItem::Suppressed(record) => {
                    survey.records += 1;
                    census.add(&record);
                }
                ReportItem::Rejected(_) => survey.records += 1,
                ReportItem::Footer { finished_at, complete, blind, problems } => {
                    ended = true;
                    survey.finished_at = finished_at;
                    survey.complete = complete;
                    survey.blind = blind;
                    survey.problems = problems;
                }
            }
        }
        if !ended {
            return Err(Error::new(ErrorCode::UnreadableReport, "The report has no end; export or download it again."));
        }
        survey.ordinals = census.ordinals();
        Ok(survey)
    })
    .await
    .map_err(Error::internal)?
}

type Items = Box<dyn Iterator<Item = Result<ReportItem>> + Send>;

fn items(source: Source) -> Result<Items> {
    match source {
        Source::Memory { looked_at, records } => {
            let looked_at = looked_at.into_iter().map(ReportItem::Asset);
            Ok(Box::new(looked_at.chain(records.into_iter().map(ReportItem::Finding)).map(Ok)))
        }
        Source::Part { path, options, scanner, covered, with_rejected } => {
            let whole = items(Source::File { path, options })?;
            let own = whole.filter(move |item| match item {
                Ok(ReportItem::Finding(record) | ReportItem::Suppressed(record)) => record.scanner == scanner,
                Ok(ReportItem::Rejected(_)) => with_rejected,
                Ok(ReportItem::Asset(_)) => false,
                _ => true,
            });
            Ok(Box::new(covered.into_iter().map(|covered| Ok(ReportItem::Asset(covered))).chain(own)))
        }
        Source::File { path, options } => {
            let file = std::fs::File::open(&path)
                .map_err(|error| Error::internal(format!("cannot open {}: {error}", path.display())))?;
            let report = scanhelm_formats::open(Box::new(file), &options).map_err(|error| unreadable(&error))?;
            Ok(Box::new(report.map(|item| item.map_err(|error| unreadable(&error)))))
        }
    }
}

/// The second reading, cut into batches. Everything that needs no database is done here.
struct Batches {
    items: Items,
    preparation: Preparation,
    /// Behind it stands what an earlier attempt stored.
    checkpoint: u64,
    position: u64,
    rows: usize,
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        let mut assets: Vec<CoveredAsset> = Vec::new();
        let mut records: Vec<Record> = Vec::new();
        let mut rejected: Vec<Quarantined> = Vec::new();
        while records.len() + rejected.len() < self.rows && assets.len() < self.rows {
            let item = match self.items.next() {
                Some(Ok(item)) => item,
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            };
            match item {
                ReportItem::Asset(asset) => {
                    self.preparation.cover(&asset);
                    // One behind the checkpoint is only remembered, so that no batch can end there.
                    if self.position >= self.checkpoint {
                        assets.push(asset);
                    }
                }
                ReportItem::Finding(record) => self.take(*record, false, &mut records),
                ReportItem::Suppressed(record) => self.take(*record, true, &mut records),
                ReportItem::Rejected(quarantined) => {
                    if self.position >= self.checkpoint {
                        rejected.push(quarantined);
                    }
                    self.position += 1;
                }
                ReportItem::Header(_) | ReportItem::Footer { .. } => {}
            }
        }
        if assets.is_empty() && records.is_empty() && rejected.is_empty() {
            return None;
        }
        // Only now: a report may name the asset of a record after it.
        let records: Result<Vec<_>> = records.into_iter().map(|record| self.preparation.prepare(record)).collect();
        Some(records.map(|records| Batch { assets, records, rejected, position: self.position }))
    }
}

impl Batches {
    /// Every record has its number, also one that does not count or is stored already.
    fn take(&mut self, record: FindingRecord, suppressed: bool, records: &mut Vec<Record>) {
        let ordinal = self.preparation.ordinal(&record);
        if self.position >= self.checkpoint {
            records.push(Record { record, ordinal, suppressed });
        }
        self.position += 1;
    }
}

/// Starts the second reading. While one batch is written the next is made, and no third.
fn read(source: Source, preparation: Preparation, checkpoint: u64, rows: usize) -> mpsc::Receiver<Result<Batch>> {
    let (sender, receiver) = mpsc::channel(1);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut batches = match items(source) {
            Ok(items) => Batches { items, preparation, checkpoint, position: 0, rows },
            Err(error) => {
                // A gone receiver means that the import ended.
                let _ = sender.blocking_send(Err(error));
                return;
            }
        };
        while let Ok(room) = runtime.block_on(sender.reserve()) {
            match batches.next() {
                Some(batch) => room.send(batch),
                None => return,
            }
        }
    });
    receiver
}

/// Writes everything behind the checkpoint in batches. The caller finalises.
pub(crate) async fn import_records(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    import: &mut Import,
    frame: &Frame,
    source: Source,
    surveyed: &Survey,
) -> Result<Progress> {
    let rows = hub.settings().import.batch_rows.max(1);
    let preparation = Preparation::new(hub, scan.company_id, frame, surveyed.ordinals.clone());
    let writer = BatchWriter::new(hub, context, scan, frame);
    let mut batches = read(source, preparation, import.checkpoint, rows);
    while let Some(batch) = batches.recv().await {
        writer.write(import, batch?, surveyed.records).await?;
        if import.checkpoint >= surveyed.records {
            continue;
        }
        if context.cancelled.is_cancelled() {
            return Ok(Progress::Cancelled);
        }
        if context.stopping.is_cancelled() || hub.now() >= context.park_at {
            return Ok(Progress::Parked);
        }
    }
    // What is missing would count as gone.
    if import.checkpoint != surveyed.records {
        let text = format!("only {} of {} records could be read again", import.checkpoint, surveyed.records);
        return Err(Error::internal(text));
    }
    failpoint::hit("import.batches_done").await;
    Ok(Progress::Complete)
}

/// What an import's end is called: partial when records were set aside, or when the scanner itself says that its
/// results are not all.
pub(crate) fn finished_state(quarantined: u64, problems: &[String]) -> ImportState {
    if quarantined > 0 || !problems.is_empty() { ImportState::Partial } else { ImportState::Done }
}
