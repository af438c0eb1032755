//! I6 and the "gone" half of I9: what no row may show at any time, looked at after every step.

use std::collections::HashMap;

use scanhelm_core::Timestamp;
use scanhelm_core::ids::ScanId;
use scanhelm_core::scan::Scan;

use super::Invariant;
use crate::simulation::vendor::State;
use crate::simulation::world::World;

/// What a row showed last.
#[derive(Clone, Debug)]
struct Shown {
    run_number: u32,
    started_at: Option<Timestamp>,
    last_observed_at: Option<Timestamp>,
    missing: bool,
}

#[derive(Debug, Default)]
pub(crate) struct History(HashMap<ScanId, Shown>);

impl World {
    pub(crate) async fn check_history(&mut self) {
        for company in 0..self.companies.len() {
            for (connected, scans) in self.scans_of(company).await {
                let vendor = self.vendors[connected.vendor].clone();
                for scan in scans {
                    let newly_missing = self.history.became_missing(&scan);
                    let wrong = wrong_now(&vendor.state(), &scan, newly_missing);
                    let wrong = self.history.wrong_since(&scan).or(wrong);
                    if let Some((invariant, what)) = wrong {
                        let link =
                            scan.link.as_ref().map(|link| format!("{}/{}", link.incarnation, link.external_scan_id));
                        self.broken(invariant, format!("scan {} ({link:?}): {what}", scan.id));
                    }
                }
            }
        }
    }
}

/// What its vendor contradicts.
fn wrong_now(state: &State, scan: &Scan, newly_missing: bool) -> Option<(Invariant, String)> {
    if let (Some(started), Some(finished)) = (scan.started_at, scan.finished_at)
        && finished < started
    {
        return Some((Invariant::I6, format!("ended at {finished}, before it started at {started}")));
    }
    let link = scan.link.as_ref()?;
    let mut all = state.scans.values().chain(&state.gone);
    let truth = all.find(|truth| truth.incarnation == link.incarnation && truth.id == link.external_scan_id)?;
    if newly_missing && state.scans.get(&truth.id).is_some_and(|present| present.uid == truth.uid) {
        return Some((Invariant::I9, "is shown as gone from the vendor, where it is".to_owned()));
    }
    if scan.vendor_state.is_terminal() {
        let over = truth
            .runs
            .iter()
            .any(|run| run.was_terminal && scan.external_run_id.as_ref().is_none_or(|id| run.id == *id));
        if !over {
            let what = format!("is {} ({:?}), but that run was never over", scan.vendor_state, scan.vendor_status_raw);
            return Some((Invariant::I6, what));
        }
    }
    None
}

impl History {
    /// What its own past contradicts.
    fn wrong_since(&mut self, scan: &Scan) -> Option<(Invariant, String)> {
        let shown = Shown {
            run_number: scan.run_number,
            started_at: scan.started_at,
            last_observed_at: scan.last_observed_at,
            missing: scan.vendor_missing_since.is_some(),
        };
        let before = self.0.insert(scan.id, shown.clone())?;
        if shown.run_number < before.run_number {
            return Some((Invariant::I6, format!("run {} after run {}", shown.run_number, before.run_number)));
        }
        let same_run = shown.run_number == before.run_number;
        if same_run && before.started_at.is_some() && shown.started_at != before.started_at {
            let what = format!("started_at was {:?}, is {:?}", before.started_at, shown.started_at);
            return Some((Invariant::I6, what));
        }
        if shown.last_observed_at < before.last_observed_at {
            return Some((Invariant::I6, "an older look overwrote a newer one".to_owned()));
        }
        None
    }

    pub(super) fn became_missing(&self, scan: &Scan) -> bool {
        scan.vendor_missing_since.is_some() && self.0.get(&scan.id).is_some_and(|shown| !shown.missing)
    }
}
