//! `observe()`: what one look at the vendor means for a scan.
//!
//! The vendor owns the truth, so there is no table of allowed transitions: completed may become running again. Four
//! rules keep it sound all the same. An older look never overwrites a newer one. An unknown word never moves the
//! state. `started_at` is stamped once a run. And "completed and not imported" is derived from the state each time,
//! not from having seen the transition, so that a crash in between loses nothing (traps S1, S10, S12).

use std::time::Duration;

use serde_json::{Map, Value};

use super::Scan;
use crate::status::{ImportState, VendorState};
use crate::{SeverityCounts, Timestamp};

/// What a connector saw of one vendor scan at one instant. `None` means "this look did not tell".
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub external_scan_id: String,
    pub name: String,
    /// `None`: the vendor's word is not in the connector's status map.
    pub state: Option<VendorState>,
    /// The vendor's word as it came.
    pub raw_status: String,
    /// The vendor's id of the latest run.
    pub external_run_id: Option<String>,
    /// Percent, 0 to 100.
    pub progress: Option<f64>,
    pub counts: Option<SeverityCounts>,
    pub asset_count: Option<u64>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub targets: Option<Vec<String>>,
    pub scan_type: Option<String>,
    /// The vendor's id of the child appliance that runs it.
    pub sub_scanner: Option<String>,
    /// Further facts for the Config tab (policy, owner, folder, schedule, ...), by name.
    pub details: Map<String, Value>,
    /// Text in which the connector carries our client token, if it found one.
    pub client_token: Option<String>,
    /// When the request that brought this was sent.
    pub observed_at: Timestamp,
}

impl Observation {
    #[must_use]
    pub fn new(external_scan_id: impl Into<String>, name: impl Into<String>, observed_at: Timestamp) -> Self {
        Self {
            external_scan_id: external_scan_id.into(),
            name: name.into(),
            state: None,
            raw_status: String::new(),
            external_run_id: None,
            progress: None,
            counts: None,
            asset_count: None,
            started_at: None,
            finished_at: None,
            targets: None,
            scan_type: None,
            sub_scanner: None,
            details: Map::new(),
            client_token: None,
            observed_at,
        }
    }
}

/// One consequence of an observation. [`Scan::apply`] carries it out on the row; the hub writes the feed from it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The look itself: the row is fresh as of then.
    Seen {
        at: Timestamp,
    },
    /// The vendor has a run we did not know: the run's fields start afresh.
    NewRun {
        external_run_id: Option<String>,
    },
    State {
        from: VendorState,
        to: VendorState,
    },
    RawStatus {
        raw: String,
    },
    /// A word the connector's status map does not hold; the state stays.
    UnknownWord {
        raw: String,
    },
    Started {
        at: Timestamp,
    },
    Finished {
        at: Timestamp,
        vendor_at: Option<Timestamp>,
    },
    Progress {
        percent: f64,
    },
    Counts {
        counts: SeverityCounts,
    },
    AssetCount {
        count: u64,
    },
    Renamed {
        name: String,
    },
    Targets {
        targets: Vec<String>,
    },
    ScanType {
        scan_type: String,
    },
    Details {
        details: Map<String, Value>,
    },
    /// It is in the vendor's list again after having been missing.
    Reappeared,
    /// Completed and not imported.
    ImportDue,
}

/// Decides what `observation` changes about `scan`. Pure and idempotent: observing the same thing again yields only
/// [`Change::Seen`]. `now` stamps what the vendor does not date.
#[must_use]
pub fn observe(scan: &Scan, observation: &Observation, now: Timestamp) -> Vec<Change> {
    if scan.last_observed_at.is_some_and(|last| observation.observed_at < last) {
        return Vec::new();
    }
    let mut changes = vec![Change::Seen { at: observation.observed_at }];
    if scan.vendor_missing_since.is_some() {
        changes.push(Change::Reappeared);
    }
    let mut after = scan.clone();
    if is_new_run(scan, observation) {
        push(&mut changes, &mut after, Change::NewRun { external_run_id: observation.external_run_id.clone() });
    }
    observe_state(&mut changes, &mut after, observation, now);
    observe_facts(&mut changes, &mut after, observation);
    if after.vendor_state == VendorState::Completed && after.import_state == ImportState::None {
        changes.push(Change::ImportDue);
    }
    changes
}

fn push(changes: &mut Vec<Change>, after: &mut Scan, change: Change) {
    after.apply(&change);
    changes.push(change);
}

fn is_new_run(scan: &Scan, observation: &Observation) -> bool {
    match (&scan.external_run_id, &observation.external_run_id) {
        (Some(known), Some(seen)) => known != seen,
        (None, Some(_)) => true,
        // A vendor without run ids: not ended after the end, or started after it, can only be another run.
        (None, None) => {
            let first = scan.run_number == 0 && observation.state.is_some_and(|state| state != VendorState::Queued);
            let again = observation.state.is_some_and(|state| !state.is_terminal());
            first || (scan.vendor_state.is_terminal() && (again || began_after_the_end(scan, observation)))
        }
        (Some(_), None) => false,
    }
}

/// One that ends before it begins contradicts itself, and proves no other run.
fn began_after_the_end(scan: &Scan, observation: &Observation) -> bool {
    let (Some(start), Some(end)) = (observation.started_at, scan.vendor_finished_at) else {
        return false;
    };
    start > end && observation.finished_at.is_none_or(|finished| finished >= start)
}

fn observe_state(changes: &mut Vec<Change>, after: &mut Scan, observation: &Observation, now: Timestamp) {
    if after.vendor_status_raw.as_deref() != Some(observation.raw_status.as_str()) {
        push(changes, after, Change::RawStatus { raw: observation.raw_status.clone() });
        if observation.state.is_none() {
            changes.push(Change::UnknownWord { raw: observation.raw_status.clone() });
        }
    }
    let state = observation.state.unwrap_or(after.vendor_state);
    if state != after.vendor_state {
        push(changes, after, Change::State { from: after.vendor_state, to: state });
    }
    let has_run = state.is_active() || state.is_terminal();
    if has_run && after.started_at.is_none() {
        let at = observation.started_at.or_else(|| state.is_active().then_some(now));
        if let Some(at) = at {
            push(changes, after, Change::Started { at });
        }
    }
    if state.is_terminal() {
        // No end before the start, whatever the two clocks say and whichever is learnt first.
        let not_before = |at: Timestamp| after.started_at.map_or(at, |start| at.max(start));
        let at = not_before(after.finished_at.unwrap_or(now));
        let vendor_at = observation.finished_at.or(after.vendor_finished_at).map(not_before);
        if (after.finished_at, after.vendor_finished_at) != (Some(at), vendor_at) {
            push(changes, after, Change::Finished { at, vendor_at });
        }
    }
}

fn observe_facts(changes: &mut Vec<Change>, after: &mut Scan, observation: &Observation) {
    let complete = after.vendor_state == VendorState::Completed;
    let progress = if complete { Some(100.0) } else { observation.progress.map(|percent| percent.clamp(0.0, 100.0)) };
    if let Some(percent) = progress.filter(|percent| after.progress != Some(*percent)) {
        push(changes, after, Change::Progress { percent });
    }
    if let Some(counts) = observation.counts.filter(|counts| !after.counts_known || after.counts != *counts) {
        push(changes, after, Change::Counts { counts });
    }
    if let Some(count) = observation.asset_count.filter(|count| after.asset_count != Some(*count)) {
        push(changes, after, Change::AssetCount { count });
    }
    if !after.origin.has_unique_name() && !observation.name.is_empty() && after.name != observation.name {
        push(changes, after, Change::Renamed { name: observation.name.clone() });
    }
    if let Some(targets) = observation.targets.as_ref().filter(|targets| after.targets != **targets) {
        push(changes, after, Change::Targets { targets: targets.clone() });
    }
    if let Some(scan_type) = observation.scan_type.as_ref().filter(|scan_type| after.scan_type != **scan_type) {
        push(changes, after, Change::ScanType { scan_type: scan_type.clone() });
    }
    let news: Map<String, Value> = observation
        .details
        .iter()
        .filter(|(name, value)| after.config.get(name.as_str()) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !news.is_empty() {
        push(changes, after, Change::Details { details: news });
    }
}

impl Scan {
    /// Carries out one change on the row. Total: every change can be applied to every row.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Seen { at } => self.last_observed_at = Some(*at),
            Change::NewRun { external_run_id } => {
                self.external_run_id.clone_from(external_run_id);
                self.run_number += 1;
                self.run_id = None;
                // Whatever the run before ended as; a word that we do not know must not leave this one ended.
                self.vendor_state = VendorState::Queued;
                self.started_at = None;
                self.finished_at = None;
                self.vendor_finished_at = None;
                self.progress = None;
                self.counts = SeverityCounts::default();
                self.counts_known = false;
                self.imported_findings = 0;
                self.import_state = ImportState::None;
                self.error = None;
            }
            Change::State { to, .. } => {
                self.vendor_state = *to;
                if !to.is_terminal() {
                    self.finished_at = None;
                    self.vendor_finished_at = None;
                }
            }
            Change::RawStatus { raw } => self.vendor_status_raw = Some(raw.clone()),
            Change::UnknownWord { .. } => {}
            Change::Started { at } => self.started_at = Some(*at),
            Change::Finished { at, vendor_at } => {
                self.finished_at = Some(*at);
                self.vendor_finished_at = *vendor_at;
            }
            Change::Progress { percent } => self.progress = Some(*percent),
            Change::Counts { counts } => {
                self.counts = *counts;
                self.counts_known = true;
            }
            Change::AssetCount { count } => self.asset_count = Some(*count),
            Change::Renamed { name } => self.name.clone_from(name),
            Change::Targets { targets } => self.targets.clone_from(targets),
            Change::ScanType { scan_type } => self.scan_type.clone_from(scan_type),
            Change::Details { details } => match &mut self.config {
                Value::Object(config) => config.extend(details.clone()),
                other => *other = Value::Object(details.clone()),
            },
            Change::Reappeared => self.vendor_missing_since = None,
            Change::ImportDue => self.import_state = ImportState::Pending,
        }
    }
}

/// When a live integration should be looked at again.
///
/// `status_interval` is a ceiling for anything that moves. A run is looked at when it is expected to end, but not more
/// than three times as often; an estate at rest only as often as adoption would anyway. Where a run tells no progress,
/// its end is always a surprise, and such vendors tell it as a start and a duration, both cut to whole seconds: a fifth
/// is kept back for that, so that it is known within the interval all the same. Failures back off outside this function.
#[must_use]
pub fn next_poll(scans: &[&Scan], now: Timestamp, status_interval: Duration, idle_interval: Duration) -> Duration {
    let live = scans.iter().filter(|scan| !scan.vendor_state.is_terminal() && scan.vendor_missing_since.is_none());
    let soonest = status_interval / 3;
    let unforeseen = status_interval / 5 * 4;
    live.map(|scan| match expected_end(scan, now) {
        Some(end) => end.clamp(soonest, status_interval),
        None if scan.vendor_state == VendorState::Running && scan.progress.is_none() => unforeseen,
        None => status_interval,
    })
    .fold(idle_interval, Duration::min)
}

/// The earliest that a running scan may end, if it goes on as it did until it was last seen.
fn expected_end(scan: &Scan, now: Timestamp) -> Option<Duration> {
    /// Vendors tell whole percents, rounded down.
    const MAY_BE_FURTHER: f64 = 1.0;
    /// Without a start to reckon from, this is near the end.
    const NEARLY: f64 = 90.0;
    let done = scan.progress.filter(|_| scan.vendor_state == VendorState::Running)?;
    let seen = scan.last_observed_at?;
    // None as well when the vendor's clock is ahead of ours.
    let lasted = scan.started_at.map(|started| seen.since(started)).filter(|lasted| !lasted.is_zero());
    let Some(lasted) = lasted else {
        return (done >= NEARLY).then_some(Duration::ZERO);
    };
    let done = (done + MAY_BE_FURTHER).min(100.0);
    let left_then = lasted.as_secs_f64() * (100.0 - done) / done;
    Duration::try_from_secs_f64(left_then).ok().map(|left| left.saturating_sub(now.since(seen)))
}

#[cfg(test)]
mod tests;
