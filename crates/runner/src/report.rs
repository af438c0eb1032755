//! From a report file to records, through the reader in `formats`.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::component::{ComponentRecord, components_in_words};
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::findings_in_words;
use scanhelm_formats::{Mapping, ReadError, ReadOptions, ReportItem, read_mapped};
use serde::{Deserialize, Serialize};

use crate::files::{Place, is_looked_at};
use crate::message;
use crate::scanner::Scanner;
use crate::target::{Site, SourceTree};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Read {
    pub records: Vec<Box<FindingRecord>>,
    pub components: Vec<ComponentRecord>,
    /// What the report says was looked at.
    pub assets: Vec<AssetRecord>,
    /// What it was asked to look for.
    pub policy: Option<String>,
    /// The report says that it looked at all of `assets`.
    pub complete: bool,
    /// The scanner ran and looked at nothing.
    pub blind: bool,
    /// What it says went wrong, and what could not be taken of its report.
    pub problems: Vec<String>,
    /// Findings that could not be taken.
    #[serde(skip)]
    pub rejected: usize,
}

impl Read {
    /// Adds what another start brought. Packages are those of its lock file, and not of what a report calls it, which has
    /// no folder.
    pub(crate) fn append(&mut self, mut other: Self, lock_file: Option<&Path>) {
        for record in &mut other.records {
            if let (Location::Package { path, .. }, Some(file)) = (&mut record.location, lock_file) {
                *path = Some(file.to_string_lossy().into_owned());
            }
        }
        self.records.append(&mut other.records);
        self.components.append(&mut other.components);
        self.assets.append(&mut other.assets);
        self.problems.append(&mut other.problems);
        self.policy = other.policy;
        self.complete = other.complete;
    }

    /// A crawler follows links, and a site can link anywhere. What is on another host is a problem.
    pub(crate) fn leave_out_what_is_not_of_site(&mut self, site: &Site) {
        let before = self.records.len();
        self.records.retain(|record| match &record.location {
            Location::Web { url, .. } => url::Url::parse(url).map_or(true, |url| {
                url.host_str().is_none_or(|host| host.trim_matches(['[', ']']).eq_ignore_ascii_case(site.host()))
            }),
            _ => true,
        });
        self.tell_left_out((before - self.records.len()) as u64, "on another host than the target's");
    }

    fn tell_left_out(&mut self, count: u64, where_from: &str) {
        self.tell(findings_in_words(count), count, where_from);
    }

    fn tell(&mut self, what: String, count: u64, where_from: &str) {
        if count > 0 {
            let were = if count == 1 { "was" } else { "were" };
            self.problems.push(format!("{what} {where_from} {were} left out"));
        }
    }

    /// A scanner can look further than it should, and a hostile tree can make it do so. What lies in folders that are
    /// left out is left out here too; what lies outside of the target is a problem.
    pub(crate) fn leave_out_what_is_not_of_tree(&mut self, target: &SourceTree) {
        let (mut outside, mut places) = (0_u64, HashMap::<String, Place>::new());
        self.records.retain(|record| {
            let path = match &record.location {
                Location::Code { path, .. } | Location::Package { path: Some(path), .. } => path,
                _ => return true,
            };
            let place = places.get(path).copied().unwrap_or_else(|| {
                let place = match is_looked_at(Path::new(path)) {
                    // Readers make an absolute path relative by cutting what is in front: then there is no such file.
                    Place::LookedAt if !is_there(target, Path::new(path)) => Place::Outside,
                    place => place,
                };
                places.insert(path.clone(), place);
                place
            });
            outside += u64::from(place == Place::Outside);
            place == Place::LookedAt
        });
        self.tell_left_out(outside, "on files that are not in the target");
    }
}

impl Read {
    /// The same for components. Where they are said to be is relative to the target, also with a `/` in front; one that
    /// is said to be nowhere stays.
    pub(crate) fn leave_out_components_not_of_tree(&mut self, target: &SourceTree) {
        let mut outside = HashSet::new();
        self.components.retain_mut(|component| {
            let told = std::mem::take(&mut component.locations);
            let place = |place: &String| match is_looked_at(Path::new(within(place))) {
                Place::LookedAt if !is_there(target, Path::new(within(place))) => Place::Outside,
                known => known,
            };
            let of_place = |wanted| told.iter().filter(move |told| place(told) == wanted);
            component.locations = of_place(Place::LookedAt).map(|place| within(place).to_owned()).collect();
            let stays = told.is_empty() || !component.locations.is_empty();
            if !stays && of_place(Place::LeftOut).next().is_none() {
                outside.insert(component.identity());
            }
            stays
        });
        for component in &self.components {
            outside.remove(&component.identity());
        }
        let count = outside.len() as u64;
        self.tell(components_in_words(count), count, "on files that are not in the target");
    }

    /// It was started because of these files. An empty list is no knowledge that there is nothing in them.
    pub(crate) fn says_something(&self, scanner: &Scanner, files: &[&Path]) -> Result<(), String> {
        if !self.components.is_empty() {
            return Ok(());
        }
        let first = files.first().map(|path| message::shown(&path.to_string_lossy())).unwrap_or_default();
        let more = match files.len().saturating_sub(1) {
            0 => String::new(),
            1 => " and 1 more file".to_owned(),
            more => format!(" and {more} more files"),
        };
        let left_out = self.problems.iter().map(|problem| format!(" ({problem})")).collect::<String>();
        Err(format!(
            "it lists no component of {first}{more}{left_out}; run it by hand to see what {} reads there",
            scanner.name
        ))
    }
}

fn within(place: &str) -> &str {
    place.trim_start_matches("./").trim_start_matches('/')
}

/// By its name as text: of a name that is not Unicode a report holds what can be shown of it.
fn is_there(target: &SourceTree, path: &Path) -> bool {
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
    #[error("its report is no list of components")]
    NoInventory,
    #[error("its report has no end")]
    Endless,
    #[error("none of its {0} findings could be read ({1}); correct the definition of the scanner")]
    Unmapped(usize, String),
}

/// Reads the whole report. A report that is not whole gives no record at all.
pub(crate) fn read(path: &Path, options: &ReadOptions, may_be_empty: bool) -> Result<Read, ReportError> {
    match opened(path) {
        Err(ReportError::Missing) if may_be_empty && path.exists() => Ok(Read::default()),
        file => whole(scanhelm_formats::open(Box::new(file?), options)?),
    }
}

/// The same for JSON of a scanner that Scanhelm does not know. One of which nothing could be read does not fit its mapping.
pub(crate) fn read_by(mapping: &Mapping, path: &Path, options: &ReadOptions) -> Result<Read, ReportError> {
    let read = whole(read_mapped(Box::new(opened(path)?), mapping, options)?)?;
    match read.problems.first() {
        Some(first) if read.records.is_empty() && read.rejected > 0 => {
            Err(ReportError::Unmapped(read.rejected, first.clone()))
        }
        _ => Ok(read),
    }
}

fn opened(path: &Path) -> Result<File, ReportError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReportError::Missing,
        _ => ReportError::Unopened(error),
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.len() == 0) { Err(ReportError::Missing) } else { Ok(file) }
}

/// The components that the whole report lists, each once.
pub(crate) fn read_components(path: &Path, options: &ReadOptions) -> Result<Read, ReportError> {
    let components = scanhelm_formats::components(Box::new(opened(path)?), options)?;
    Ok(Read { components: components.ok_or(ReportError::NoInventory)?, complete: true, ..Read::default() })
}

fn whole(items: impl Iterator<Item = Result<ReportItem, ReadError>>) -> Result<Read, ReportError> {
    let mut read = Read::default();
    let mut ended = false;
    for item in items {
        match item? {
            ReportItem::Finding(record) => read.records.push(record),
            ReportItem::Rejected(rejected) => {
                read.rejected += 1;
                let problem = format!("record {} of its report was left out: {}", rejected.record, rejected.reason);
                read.problems.push(message::shown(&problem));
            }
            ReportItem::Footer { blind, problems, complete, .. } => {
                ended = true;
                read.complete = complete;
                read.blind = blind;
                read.problems.extend(problems.iter().map(|problem| message::shown(problem)));
            }
            ReportItem::Header(header) => read.policy = header.policy,
            ReportItem::Asset(covered) => read.assets.push(covered.asset),
            ReportItem::Suppressed(_) => {}
        }
    }
    if ended { Ok(read) } else { Err(ReportError::Endless) }
}
