//! From a report file to records, through the reader in `formats`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_formats::{ReadError, ReadOptions, ReportItem};

use crate::files::{Place, is_looked_at};
use crate::message;
use crate::target::Target;

#[derive(Debug, Default)]
pub(crate) struct Read {
    pub records: Vec<FindingRecord>,
    /// The scanner ran and looked at nothing.
    pub blind: bool,
    /// What it says went wrong, and what could not be taken of its report.
    pub problems: Vec<String>,
}

impl Read {
    /// A scanner can look further than it should, and a hostile tree can make it do so. What lies in folders that are
    /// left out is left out here too; what lies outside of the target is a problem.
    pub(crate) fn leave_out_what_is_not_the_targets(&mut self, target: &Target) {
        let mut outside = 0_u64;
        self.records.retain(|record| {
            let path = match &record.location {
                Location::Code { path, .. } | Location::Package { path: Some(path), .. } => Path::new(path),
                _ => return true,
            };
            let place = match is_looked_at(path) {
                // Readers make an absolute path relative by cutting what is in front: then there is no such file.
                Place::LookedAt if !is_there(target, path) => Place::Outside,
                place => place,
            };
            outside += u64::from(place == Place::Outside);
            place == Place::LookedAt
        });
        if outside > 0 {
            self.problems.push(format!("{outside} findings on files that are not in the target were left out"));
        }
    }
}

/// By its name as text: of a name that is not Unicode a report holds what can be shown of it.
fn is_there(target: &Target, path: &Path) -> bool {
    let same = |file: &PathBuf| file.to_string_lossy() == path.to_string_lossy();
    target.root().join(path).symlink_metadata().is_ok() || target.files().iter().any(same)
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
            // Most formats do not tell what was looked at. Here it is known: the target, to the end, with this exit code.
            ReportItem::Footer { blind, problems, .. } => {
                ended = true;
                read.blind = blind;
                read.problems.extend(problems.iter().map(|problem| message::shown(problem)));
            }
            ReportItem::Header(_) | ReportItem::Asset(_) => {}
        }
    }
    if ended { Ok(read) } else { Err(ReportError::Endless) }
}
