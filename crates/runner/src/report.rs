//! From a report file to records, through the reader in `formats`.

use std::fs::File;
use std::io;
use std::path::Path;

use scanhelm_core::finding::FindingRecord;
use scanhelm_formats::{ReadError, ReadOptions, ReportItem};

use crate::message;

#[derive(Debug)]
pub(crate) struct Read {
    pub records: Vec<FindingRecord>,
    /// The scanner ran and looked at nothing.
    pub blind: bool,
    /// What it says went wrong, and what could not be taken of its report.
    pub problems: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("it wrote no report")]
    Missing,
    #[error("its report cannot be opened: {0}")]
    Unopened(io::Error),
    #[error("{0}")]
    Unreadable(#[from] ReadError),
    #[error("its report has no end")]
    Endless,
}

/// Reads the whole report. A report that is not whole gives no record at all.
pub(crate) fn read(path: &Path, options: &ReadOptions) -> Result<Read, ReportError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReportError::Missing,
        _ => ReportError::Unopened(error),
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        return Err(ReportError::Missing);
    }
    let mut read = Read { records: Vec::new(), blind: false, problems: Vec::new() };
    let mut ended = false;
    for item in scanhelm_formats::open(Box::new(file), options)? {
        match item? {
            ReportItem::Finding(record) => read.records.push(*record),
            ReportItem::Rejected(rejected) => {
                let problem = format!("record {} of its report was left out: {}", rejected.record, rejected.reason);
                read.problems.push(message::shown(&problem));
            }
            ReportItem::Footer { blind, problems, complete, .. } => {
                ended = true;
                read.blind = blind;
                if !complete && problems.is_empty() {
                    read.problems.push("it says that it did not look at everything".to_owned());
                }
                read.problems.extend(problems.iter().map(|problem| message::shown(problem)));
            }
            ReportItem::Header(_) | ReportItem::Asset(_) => {}
        }
    }
    if ended { Ok(read) } else { Err(ReportError::Endless) }
}
