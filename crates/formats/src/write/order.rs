//! The one order of all outputs: worst first, then scanner, rule, asset, place, title. What follows from the order is
//! decided here and not by a database, whose idea of an order may differ from another's.

use std::io;
use std::path::PathBuf;

use scanhelm_core::SeverityCounts;
use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::finding::{FindingRecord, Location};
use serde::de::DeserializeOwned;

use super::entry::Entry;
use super::sorted::{Sorted, Sorter};

/// Takes the findings of an output in any order.
#[derive(Debug)]
pub struct Gathering {
    folder: PathBuf,
    sorter: Sorter,
    counts: SeverityCounts,
}

impl Gathering {
    /// `folder` is for what does not fit into memory; nothing stays in it.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { sorter: Sorter::new(folder.clone()), folder, counts: SeverityCounts::default() }
    }

    /// # Errors
    /// When the folder cannot be written to.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        self.counts.add(entry.record.severity, 1);
        self.sorter.push(key(&entry.record, &entry.identity), serde_json::to_vec(entry)?)
    }

    /// # Errors
    /// When the folder cannot be written to.
    pub fn finish(self) -> io::Result<Findings> {
        Ok(Findings { folder: self.folder, sorted: self.sorter.sorted()?, counts: self.counts })
    }
}

/// The findings of an output in their order, to be written in any format.
#[derive(Debug)]
pub struct Findings {
    pub(super) folder: PathBuf,
    sorted: Sorted,
    counts: SeverityCounts,
}

impl Findings {
    /// Of records that no hub has seen.
    ///
    /// # Errors
    /// When they do not fit into memory and the folder for temporary files cannot be written to.
    pub fn of_report(records: &[FindingRecord]) -> io::Result<Self> {
        let keyed = |record| (key(record, &Identity::of(record, 0)), record);
        let mut sorted: Vec<(Vec<u8>, &FindingRecord)> = records.iter().map(keyed).collect();
        // Whatever else differs decides last, so that no order of the input shows.
        let all = |record: &FindingRecord| serde_json::to_string(record).ok();
        sorted.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| all(a).cmp(&all(b))));
        let mut ordinals = Ordinals::of(sorted.iter().map(|(_, record)| *record));
        let mut gathering = Gathering::new(std::env::temp_dir());
        for (_, record) in sorted {
            let identity = Identity::of(record, ordinals.next(record));
            gathering.add(&Entry::of_report(record.clone(), identity))?;
        }
        gathering.finish()
    }

    /// Of findings whose identities are known.
    ///
    /// # Errors
    /// As [`Findings::of_report`].
    pub fn of_entries<'scan>(entries: impl IntoIterator<Item = &'scan Entry>) -> io::Result<Self> {
        let mut gathering = Gathering::new(std::env::temp_dir());
        entries.into_iter().try_for_each(|entry| gathering.add(entry))?;
        gathering.finish()
    }

    #[must_use]
    pub const fn counts(&self) -> &SeverityCounts {
        &self.counts
    }

    /// Calls `take` with each finding in its order.
    pub(super) fn each(&self, take: impl FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        self.each_as(take)
    }

    /// The same with a part of each, for a look that needs no more.
    pub(super) fn each_as<T: DeserializeOwned>(&self, mut take: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
        self.sorted.each(|_, entry| take(serde_json::from_slice(entry)?))
    }
}

/// Bytes that sort as findings do.
fn key(record: &FindingRecord, identity: &Identity) -> Vec<u8> {
    let mut key = vec![u8::MAX - record.severity.rank()];
    for part in [&record.scanner, &record.rule_id, &identity.asset] {
        text(&mut key, part);
    }
    match &record.location {
        Location::Code { path, line, column, .. } => {
            text(&mut key, path);
            number(&mut key, *line);
            number(&mut key, *column);
        }
        _ => {
            text(&mut key, &identity.location);
            number(&mut key, None);
            number(&mut key, None);
        }
    }
    text(&mut key, &record.title);
    key
}

/// Ended so that a text sorts before all that begin with it, and no text can look like two.
pub(super) fn text(key: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        key.push(byte);
        if byte == 0 {
            key.push(u8::MAX);
        }
    }
    key.extend([0, 0]);
}

/// Nothing comes first.
fn number(key: &mut Vec<u8>, number: Option<u32>) {
    match number {
        Some(number) => {
            key.push(1);
            key.extend(number.to_be_bytes());
        }
        None => key.push(0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_sort_as_the_texts_that_they_are_made_of(
            one in prop::collection::vec("[a\0\u{1}\u{ff}é]{0,3}", 2),
            other in prop::collection::vec("[a\0\u{1}\u{ff}é]{0,3}", 2),
        ) {
            let keyed = |texts: &[String]| {
                let mut key = Vec::new();
                texts.iter().for_each(|part| text(&mut key, part));
                key
            };
            prop_assert_eq!(keyed(&one).cmp(&keyed(&other)), one.cmp(&other));
        }
    }
}
