//! Fingerprint v1: what makes two records the same finding.
//!
//! `company + asset identity + weakness identity + location`, hashed. Nothing that a scanner rewords between two
//! versions takes part: no title, description, severity, plugin output, line number, absolute path or scan id. The
//! parts are kept readable ([`Identity`]) so that the API can explain why two findings are or are not the same.
//!
//! Two records of one report can agree in all parts: the same dangerous call on two identical lines, or one plugin
//! reporting twice on a port. They are two findings, told apart by an *ordinal among equals*. It follows from what
//! they are and say, never from where in the report they stand: another order must not swap a judged finding with one
//! that nobody has looked at.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{FindingRecord, Location};
use crate::ids::CompanyId;
use crate::local::suppression::without_comments;

/// Raised when the rule changes; old fingerprints are then migrated, never guessed.
pub const VERSION: u32 = 1;

/// The readable parts of a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    pub version: u32,
    pub asset: String,
    pub weakness: String,
    pub location: String,
    /// 0 for the first among equals.
    pub ordinal: u32,
}

impl Identity {
    #[must_use]
    pub fn of(record: &FindingRecord, ordinal: u32) -> Self {
        Self {
            version: VERSION,
            asset: record.asset.identity(),
            weakness: weakness(record),
            location: location(&record.location),
            ordinal,
        }
    }

    /// Lower-case hex SHA-256 over length-prefixed parts, so that no two different lists of parts can collide by
    /// where one ends and the next begins.
    #[must_use]
    pub fn fingerprint(&self, company: CompanyId) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("scanhelm-fingerprint-v{}", self.version).as_bytes());
        let ordinal = self.ordinal.to_string();
        for part in [&company.to_string(), &self.asset, &self.weakness, &self.location, &ordinal] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(hash.finalize())
    }

    /// The same on every machine and for every company: weakness and place, not the asset's name.
    #[must_use]
    pub fn portable_fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"scanhelm-partial-fingerprint-v1");
        let ordinal = self.ordinal.to_string();
        for part in [&self.weakness, &self.location, &ordinal] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// The sorted CVE set if there is one, else scanner and rule; with the check where a rule holds many.
#[must_use]
pub fn weakness(record: &FindingRecord) -> String {
    let mut cves: Vec<String> = record.cves.iter().map(|cve| cve.trim().to_ascii_uppercase()).collect();
    cves.sort_unstable();
    cves.dedup();
    let base = if cves.is_empty() {
        format!("rule:{}:{}", record.scanner.to_ascii_lowercase(), record.rule_id.trim())
    } else {
        format!("cve:{}", cves.join(","))
    };
    match &record.check {
        Some(check) => format!("{base}#{}", normalised_text(check)),
        None => base,
    }
}

/// Only what identifies a place. The service name is a guess of the scanner and the line number moves with every
/// edit above it, so neither takes part.
#[must_use]
pub fn location(location: &Location) -> String {
    match location {
        Location::Asset => "asset".to_owned(),
        Location::Network { port, protocol, .. } => format!("port:{port}/{}", protocol.to_ascii_lowercase()),
        Location::Web { url, method, parameter } => format!(
            "web:{} {} {}",
            method.as_deref().unwrap_or("").to_ascii_uppercase(),
            url,
            parameter.as_deref().unwrap_or("")
        ),
        Location::Code { path, source, .. } => {
            let source = source.as_deref().map(|source| normalised_text(&without_comments(path, source)));
            format!("code:{}\n{}", normalised_path(path), source.unwrap_or_default())
        }
        Location::Package { purl, path } => {
            format!("package:{purl}\n{}", path.as_deref().map(normalised_path).unwrap_or_default())
        }
    }
}

/// One blank for every run of white space, none at the ends: re-indenting or re-wrapping is no change.
fn normalised_text(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn normalised_path(path: &str) -> String {
    let slashed = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in slashed.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// The reference under which one source knows a record: with the source it is the key of a sighting. Scanner and
/// rule, not CVEs: the scanner may learn a CVE tomorrow and it is still the same plugin speaking.
#[must_use]
pub fn scanner_ref(record: &FindingRecord, ordinal: u32) -> String {
    let check = record.check.as_deref().map(normalised_text).unwrap_or_default();
    let readable = format!(
        "{}|{}|{}|{}|{}|{ordinal}",
        record.scanner.to_ascii_lowercase(),
        record.rule_id.trim(),
        check,
        record.asset.identity(),
        location(&record.location)
    );
    // Bounded, so that it fits an index: long ones (source lines, audit checks) are hashed.
    if readable.len() <= 160 && !readable.contains('\n') {
        return readable;
    }
    format!("sha256:{}", hex::encode(Sha256::digest(readable.as_bytes())))
}

/// Records of one report that agree in everything but their ordinal.
type Key = [u8; 16];

fn key(record: &FindingRecord) -> Key {
    let digest = Sha256::digest(scanner_ref(record, 0).as_bytes());
    let mut key = Key::default();
    for (to, from) in key.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    key
}

/// Which of two equals is first: the one further up in its file, then the worse one, then what they say decides, so
/// that no order of the report shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Rank {
    line: Option<u32>,
    severity: Reverse<u8>,
    words: u64,
}

impl Rank {
    fn of(record: &FindingRecord) -> Self {
        let line = match &record.location {
            Location::Code { line, .. } => *line,
            _ => None,
        };
        let mut words = Sha256::new();
        for text in [&record.title, record.evidence.as_deref().unwrap_or_default()] {
            words.update((text.len() as u64).to_be_bytes());
            words.update(text.as_bytes());
        }
        let words = words.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        Self { line, severity: Reverse(record.severity.rank()), words }
    }
}

/// The records of one report, told from a first reading of it: who is equal to whom can only be known at its end.
#[derive(Debug, Default)]
pub struct Census(Vec<(Key, Rank)>);

impl Census {
    pub fn add(&mut self, record: &FindingRecord) {
        self.0.push((key(record), Rank::of(record)));
    }

    /// Keeps only what has equals, which is little.
    #[must_use]
    pub fn ordinals(mut self) -> Ordinals {
        self.0.sort_unstable();
        let equals = self.0.chunk_by(|(one, _), (other, _)| one == other).filter(|equals| equals.len() > 1);
        let ranks = |equals: &[(Key, Rank)]| equals.iter().map(|(_, rank)| *rank).collect::<Vec<_>>();
        let equals = equals.filter_map(|equals| Some((equals.first()?.0, ranks(equals)))).collect();
        Ordinals { equals, given: HashMap::new() }
    }
}

/// Numbers the equals of one report, whatever order they stand in. Feed it every record from the first: a resumed
/// import replays the records it skips.
#[derive(Clone, Debug, Default)]
pub struct Ordinals {
    /// In their order; of each key two or more.
    equals: HashMap<Key, Vec<Rank>>,
    /// To records that nothing tells apart.
    given: HashMap<(Key, Rank), u32>,
}

impl Ordinals {
    pub fn of<'report>(records: impl IntoIterator<Item = &'report FindingRecord>) -> Self {
        let mut census = Census::default();
        records.into_iter().for_each(|record| census.add(record));
        census.ordinals()
    }

    /// The place of this record among its equals.
    pub fn next(&mut self, record: &FindingRecord) -> u32 {
        if self.equals.is_empty() {
            return 0;
        }
        let key = key(record);
        let Some(equals) = self.equals.get(&key) else {
            return 0;
        };
        let rank = Rank::of(record);
        let before = equals.partition_point(|other| *other < rank);
        let given = self.given.entry((key, rank)).or_insert(0);
        let ordinal = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(*given);
        *given += 1;
        ordinal
    }
}

#[cfg(test)]
mod tests;
