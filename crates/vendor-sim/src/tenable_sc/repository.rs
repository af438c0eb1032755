//! What the repositories know, from the imported results.

use std::collections::BTreeSet;

use super::state::{ScanResult, State};
use super::status::Import;
use crate::clock::Moment;
use crate::estate::knowledge::{self, Known, Look};

/// Everything known, patched or not, by repository, address and plugin.
pub(super) fn cumulative(state: &State, now: Moment) -> Vec<Known> {
    knowledge::after(state.results.values().filter_map(|result| look(result, now)).collect())
}

/// What the import of one result has brought in so far.
pub(super) fn individual(result: &ScanResult, now: Moment) -> Vec<Known> {
    knowledge::after(look(result, now).into_iter().collect())
}

fn look(result: &ScanResult, now: Moment) -> Option<Look> {
    let import = result.import(now);
    let known = import.known(result.finding_count(now));
    if known == 0 {
        return None;
    }
    let progress = result.execution.progress(now);
    let finished = |index: &usize| result.survey.host_progress(*index, progress) >= 1.0;
    let looked_at: BTreeSet<String> = match import {
        Import::Finished { .. } => {
            let hosts = result.survey.hosts.iter().enumerate();
            hosts.filter(|(index, _)| finished(index)).map(|(_, host)| host.ip.clone()).collect()
        }
        _ => BTreeSet::new(),
    };
    let found = result.found(now);
    let all = found.all(result.began());
    let all = all.flat_map(|(_, host, findings)| findings.into_iter().map(|finding| (host.clone(), finding)));
    Some(Look {
        at: result.execution.ended.unwrap_or(now),
        scan: result.subject(),
        run: result.id.to_string(),
        group: result.repository,
        looked_at,
        found: all.take(known).collect(),
    })
}
