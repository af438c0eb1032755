//! The one order of all outputs: worst first, then scanner, rule, asset, place, title. What follows from the order is
//! decided here and not by a database, whose idea of an order may differ from another's.

use std::cmp::Reverse;
use std::io;
use std::path::PathBuf;

use scanhelm_core::SeverityCounts;
use scanhelm_core::finding::identity::{Identity, Ordinals};
use scanhelm_core::finding::{FindingRecord, Location};
use serde::Deserialize;

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
        self.sorter.push(key(parts(&entry.record, &entry.identity)), serde_json::to_vec(entry)?)
    }

    /// # Errors
    /// When the folder cannot be written to.
    pub fn finish(self) -> io::Result<Findings<'static>> {
        Ok(Findings { folder: self.folder, ordered: Ordered::Apart(self.sorter.sorted()?), counts: self.counts })
    }
}

/// The findings of an output in their order, to be written in any format.
#[derive(Debug)]
pub struct Findings<'entries> {
    pub(super) folder: PathBuf,
    ordered: Ordered<'entries>,
    counts: SeverityCounts,
}

#[derive(Debug)]
enum Ordered<'entries> {
    /// The caller has them all in memory.
    Here(Vec<&'entries Entry>),
    Apart(Sorted),
}

/// What names a rule.
#[derive(Deserialize)]
struct Named {
    record: Rule,
}

#[derive(Deserialize)]
struct Rule {
    scanner: String,
    rule_id: String,
}

impl<'entries> Findings<'entries> {
    /// Of records that no hub has seen.
    ///
    /// # Errors
    /// When they do not fit into memory and the folder for temporary files cannot be written to.
    pub fn of_report(records: &[FindingRecord]) -> io::Result<Self> {
        let keyed = |record| (key(parts(record, &Identity::of(record, 0))), record);
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
    #[must_use]
    pub fn of_entries(entries: impl IntoIterator<Item = &'entries Entry>) -> Self {
        let mut entries: Vec<&Entry> = entries.into_iter().collect();
        let of = |entry: &'entries Entry| parts(&entry.record, &entry.identity);
        // As a Gathering does it: whatever else differs decides last.
        let all = |entry: &Entry| serde_json::to_vec(entry).ok();
        entries.sort_by(|one, other| of(one).cmp(&of(other)).then_with(|| all(one).cmp(&all(other))));
        let counts = entries.iter().map(|entry| entry.record.severity).collect();
        Self { folder: std::env::temp_dir(), ordered: Ordered::Here(entries), counts }
    }

    #[must_use]
    pub const fn counts(&self) -> &SeverityCounts {
        &self.counts
    }

    /// Calls `take` with each finding in its order.
    pub(super) fn each(&self, mut take: impl FnMut(&Entry) -> io::Result<()>) -> io::Result<()> {
        match &self.ordered {
            Ordered::Here(entries) => entries.iter().try_for_each(|entry| take(entry)),
            Ordered::Apart(sorted) => sorted.each(|_, entry| take(&serde_json::from_slice(entry)?)),
        }
    }

    /// Calls `take` with scanner and rule of each finding in its order.
    pub(super) fn each_rule(&self, mut take: impl FnMut(&str, &str) -> io::Result<()>) -> io::Result<()> {
        match &self.ordered {
            Ordered::Here(entries) => {
                entries.iter().try_for_each(|entry| take(&entry.record.scanner, &entry.record.rule_id))
            }
            Ordered::Apart(sorted) => sorted.each(|_, entry| {
                let Named { record } = serde_json::from_slice(entry)?;
                take(&record.scanner, &record.rule_id)
            }),
        }
    }
}

/// What findings are sorted by, one after the other.
type Parts<'entry> = (Reverse<u8>, [&'entry str; 4], [Option<u32>; 2], &'entry str);

fn parts<'entry>(record: &'entry FindingRecord, identity: &'entry Identity) -> Parts<'entry> {
    let (place, numbers): (&str, _) = match &record.location {
        Location::Code { path, line, column, .. } => (path, [*line, *column]),
        _ => (&identity.location, [None; 2]),
    };
    (
        Reverse(record.severity.rank()),
        [&record.scanner, &record.rule_id, &identity.asset, place],
        numbers,
        &record.title,
    )
}

/// Bytes that sort as the parts do.
fn key((severity, texts, numbers, title): Parts<'_>) -> Vec<u8> {
    let mut key = vec![u8::MAX - severity.0];
    texts.into_iter().for_each(|part| text(&mut key, part));
    numbers.into_iter().for_each(|part| number(&mut key, part));
    text(&mut key, title);
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

        #[test]
        fn keys_sort_as_their_parts(
            one in (0..5_u8, prop::array::uniform4("[a\0\u{1}é]{0,2}"), prop::array::uniform2(prop::option::of(0..300_u32)), "[ab]{0,2}"),
            other in (0..5_u8, prop::array::uniform4("[a\0\u{1}é]{0,2}"), prop::array::uniform2(prop::option::of(0..300_u32)), "[ab]{0,2}"),
        ) {
            fn of((severity, texts, numbers, title): &(u8, [String; 4], [Option<u32>; 2], String)) -> Parts<'_> {
                (Reverse(*severity), texts.each_ref().map(String::as_str), *numbers, title)
            }
            prop_assert_eq!(key(of(&one)).cmp(&key(of(&other))), of(&one).cmp(&of(&other)));
        }
    }
}
