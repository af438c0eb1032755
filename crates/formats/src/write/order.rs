//! The one order of all outputs.

use std::cmp::Ordering;

use scanhelm_core::finding::identity::{self, Ordinals};
use scanhelm_core::finding::{FindingRecord, Location};
use sha2::{Digest, Sha256};

/// A finding with its number among equals: the same line twice is two findings.
pub(super) struct Ordered<'a> {
    pub(super) record: &'a FindingRecord,
    ordinal: u32,
}

pub(super) fn ordered(records: &[FindingRecord]) -> Vec<Ordered<'_>> {
    let mut sorted: Vec<&FindingRecord> = records.iter().collect();
    sorted.sort_by(|one, other| compare(one, other));
    let mut ordinals = Ordinals::of(sorted.iter().copied());
    sorted.into_iter().map(|record| Ordered { record, ordinal: ordinals.next(record) }).collect()
}

fn compare(one: &FindingRecord, other: &FindingRecord) -> Ordering {
    let place = |record: &FindingRecord| match &record.location {
        Location::Code { path, line, column, .. } => (path.clone(), *line, *column),
        location => (identity::location(location), None, None),
    };
    let readable = other
        .severity
        .rank()
        .cmp(&one.severity.rank())
        .then_with(|| one.scanner.cmp(&other.scanner))
        .then_with(|| one.rule_id.cmp(&other.rule_id))
        .then_with(|| one.asset.identity().cmp(&other.asset.identity()))
        .then_with(|| place(one).cmp(&place(other)))
        .then_with(|| one.title.cmp(&other.title));
    // Whatever else differs decides last, so that no order of the input shows.
    readable.then_with(|| serde_json::to_string(one).ok().cmp(&serde_json::to_string(other).ok()))
}

impl Ordered<'_> {
    /// A fingerprint that is the same on every machine and for every company: weakness and place, not the asset's name.
    pub(super) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"scanhelm-partial-fingerprint-v1");
        let ordinal = self.ordinal.to_string();
        for part in [&identity::weakness(self.record), &identity::location(&self.record.location), &ordinal] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}
