//! Which CVEs belong to one finding.
//!
//! Nessus repeats a finding's row for each of its CVEs. The CVEs are the finding's identity, so none may be missed,
//! also where somebody sorted the table by another column. Rows belong together when they agree in plugin, host,
//! port, protocol, name and plugin output. A plugin can report twice on one port in the very same words; then each
//! CVE stands there twice, and the n-th row of a CVE belongs to the n-th finding. This is the same in any order of
//! the rows.
//!
//! Tenable Security Center writes all CVEs into one cell; such a row, as one without CVE, is a finding by itself.

use std::collections::{HashMap, HashSet};

use scanhelm_core::finding::FindingRecord;
use sha2::{Digest, Sha256};

use super::super::item::Child;
use super::columns::{Column, Columns};
use crate::error::ReadError;
use crate::table::Row;
use crate::weakness::cves_in;

type Key = [u8; 16];

/// First all rows are added, then each is asked about.
pub(super) struct Cves {
    /// Those of each finding, by what its rows agree in and the position among equals; taken out when given.
    findings: HashMap<(Key, u32), Vec<Box<str>>>,
    /// How often each CVE was met in rows that agree.
    met: HashMap<Key, u32>,
    hosts: HashSet<Key>,
    kept: usize,
    limit: usize,
}

/// What a row is.
pub(super) enum Standing {
    /// A finding, with all its CVEs.
    Finding(Vec<String>),
    /// A further row of a finding that was given.
    Given,
}

impl Cves {
    pub(super) fn new(limit: usize) -> Self {
        Self { findings: HashMap::new(), met: HashMap::new(), hosts: HashSet::new(), kept: 0, limit }
    }

    pub(super) fn add(&mut self, columns: &Columns, row: &Row) -> Result<(), ReadError> {
        if let [cve] = named(columns, row).as_slice() {
            let place = self.place(columns, row, cve);
            self.findings.entry(place).or_default().push(cve.as_str().into());
            self.keep(size_of::<(Key, u32, Vec<Box<str>>, Key, u32)>() + 4 * size_of::<Box<str>>() + cve.len())?;
        }
        Ok(())
    }

    pub(super) fn all_added(&mut self) {
        self.met.clear();
    }

    pub(super) fn take(&mut self, columns: &Columns, row: &Row) -> Standing {
        let cves = named(columns, row);
        let [cve] = cves.as_slice() else {
            return Standing::Finding(cves);
        };
        let place = self.place(columns, row, cve);
        match self.findings.remove(&place) {
            Some(cves) => Standing::Finding(cves.into_iter().map(String::from).collect()),
            None => Standing::Given,
        }
    }

    /// Whether the finding's host was not seen before.
    pub(super) fn is_new_host(&mut self, finding: &FindingRecord) -> Result<bool, ReadError> {
        let keys: Vec<String> = finding.asset.keys.iter().map(ToString::to_string).collect();
        let mut parts = vec![finding.asset.name.as_str()];
        parts.extend(keys.iter().map(String::as_str));
        let is_new = self.hosts.insert(digest(&parts));
        if is_new {
            self.keep(2 * size_of::<Key>())?;
        }
        Ok(is_new)
    }

    fn place(&mut self, columns: &Columns, row: &Row, cve: &str) -> (Key, u32) {
        let protocol = columns.get(row, Column::Protocol).to_ascii_lowercase();
        let mut parts = [
            Column::PluginId,
            Column::Host,
            Column::Ip,
            Column::Fqdn,
            Column::NetBios,
            Column::Uuid,
            Column::Port,
            Column::PluginName,
            Column::Body(Child::PluginOutput),
        ]
        .map(|column| columns.get(row, column))
        .to_vec();
        parts.push(&protocol);
        let key = digest(&parts);
        parts.push(cve);
        let met = self.met.entry(digest(&parts)).or_default();
        let position = *met;
        *met += 1;
        (key, position)
    }

    fn keep(&mut self, bytes: usize) -> Result<(), ReadError> {
        self.kept += bytes;
        if self.kept > self.limit {
            return Err(ReadError::Hostile { detail: "it names too many CVEs and hosts".to_owned() });
        }
        Ok(())
    }
}

fn named(columns: &Columns, row: &Row) -> Vec<String> {
    let mut cves = vec![];
    cves_in(columns.get(row, Column::Body(Child::Cve)), &mut cves);
    cves
}

/// Over length-prefixed parts. Nobody can make two lists of parts that agree in it.
fn digest(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut key = Key::default();
    for (to, from) in key.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    key
}
