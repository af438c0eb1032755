//! What the repositories know: the findings of all imported results, laid over each other.
//!
//! A later result replaces what an earlier one said of the same host. What it no longer finds there counts as
//! patched. Everything is worked out when it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{ScanResult, State};
use super::status::Import;
use crate::clock::Moment;
use crate::estate::hosts::Host;
use crate::estate::plugin::Finding;

/// Repository, address, plugin, port, protocol.
type Key = (i64, String, u32, u16, String);

#[derive(Debug, Clone)]
pub(super) struct Weakness {
    pub(super) repository: i64,
    pub(super) host: Host,
    pub(super) finding: Finding,
    pub(super) first_seen: Moment,
    pub(super) last_seen: Moment,
    pub(super) patched: bool,
    /// The scan and the result that saw it last.
    pub(super) scan: String,
    pub(super) result: i64,
}

/// Everything known, patched or not, by address and plugin.
pub(super) fn cumulative(state: &State, now: Moment) -> Vec<Weakness> {
    let mut known: BTreeMap<Key, Weakness> = BTreeMap::new();
    let mut imported: Vec<&ScanResult> =
        state.results.values().filter(|result| result.import(now).known(1000) > 0).collect();
    imported.sort_by_key(|result| (result.execution.ended, result.id));
    for result in imported {
        let mut here = BTreeSet::new();
        for mut weakness in individual(result, now) {
            let key = key(&weakness);
            if let Some(before) = known.get(&key) {
                weakness.first_seen = before.first_seen;
            }
            here.insert(key.clone());
            known.insert(key, weakness);
        }
        if !matches!(result.import(now), Import::Finished { .. }) {
            continue;
        }
        let progress = result.execution.progress(now);
        let looked_at: BTreeSet<&str> = result
            .survey
            .hosts
            .iter()
            .enumerate()
            .filter(|(index, _)| result.survey.host_progress(*index, progress) >= 1.0)
            .map(|(_, host)| host.ip.as_str())
            .collect();
        for (key, weakness) in &mut known {
            if key.0 == result.repository && looked_at.contains(key.1.as_str()) && !here.contains(key) {
                weakness.patched = true;
            }
        }
    }
    known.into_values().collect()
}

/// What the import of one result has brought in so far.
pub(super) fn individual(result: &ScanResult, now: Moment) -> Vec<Weakness> {
    let known = result.import(now).known(result.finding_count(now));
    if known == 0 {
        return Vec::new();
    }
    let seen = result.execution.ended.unwrap_or(now);
    let found = result.found(now);
    let mut all: Vec<Weakness> = found
        .all(result.began())
        .flat_map(|(_, host, findings)| {
            findings.into_iter().map(|finding| Weakness {
                repository: result.repository,
                host: host.clone(),
                finding,
                first_seen: seen,
                last_seen: seen,
                patched: false,
                scan: result.subject(),
                result: result.id,
            })
        })
        .take(known)
        .collect();
    all.sort_by_key(key);
    all
}

fn key(weakness: &Weakness) -> Key {
    let finding = &weakness.finding;
    let protocol = finding.protocol.to_string();
    (weakness.repository, weakness.host.ip.clone(), finding.plugin.id, finding.port, protocol)
}
