//! What a list does not tell: progress, counts, targets, policy, and when exactly a run ended. Asked for one scan at a
//! time, within a budget: in turns one that moves and one that has ended since it was asked, then rows that are still
//! incomplete. Where the list itself tells how far a scan is, its details are asked for only now and then.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use scanhelm_connectors::contract::{CallError, ScanList, Session};
use scanhelm_core::Timestamp;
use scanhelm_core::ids::ScanId;
use scanhelm_core::integration::Integration;
use scanhelm_core::scan::Scan;

use super::look::Trouble;
use crate::Hub;
use crate::trap::{self, Trap};

/// When an incomplete row was last asked for (before and after its end), so that a vendor without the detail is not
/// asked at every tick. Losing this only costs one more question.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<HashMap<(ScanId, bool), Timestamp>>);

impl Asked {
    fn at(&self, scan: &Scan) -> Option<Timestamp> {
        super::lock(&self.0).get(&(scan.id, scan.vendor_state.is_terminal())).copied()
    }

    fn note(&self, scan: &Scan, now: Timestamp) {
        super::lock(&self.0).insert((scan.id, scan.vendor_state.is_terminal()), now);
    }
}

/// Asks for the details of as many as a look may, and gives all scans as they are now.
pub(super) async fn complete(
    hub: &Hub,
    integration: &Integration,
    session: &dyn Session,
    list: &ScanList,
    mut scans: Vec<Scan>,
) -> Result<Vec<Scan>, Trouble> {
    if trap::on(Trap::S11) {
        for link in scans.iter().filter_map(|scan| scan.link.as_ref()) {
            session.scan(&link.external_scan_id).await?;
        }
    }
    if session.list_tells_all() {
        return Ok(scans);
    }
    let now = hub.now();
    for place in worth_asking(hub, list, &scans, now) {
        let Some(scan) = scans.get_mut(place) else { continue };
        let Some(link) = scan.link.clone() else { continue };
        hub.0.asked.note(scan, now);
        match session.scan(&link.external_scan_id).await {
            Ok(Some(observation)) => *scan = hub.apply_observation(scan.clone(), &observation).await?,
            // Gone between list and detail, or not to be read: the next list tells.
            Ok(None) | Err(CallError::Gone { .. } | CallError::Refused { .. }) => {}
            Err(error) => {
                tracing::info!(integration = %integration.id, scan = %scan.id, %error, "detail not read");
                return Err(Trouble::Vendor(error));
            }
        }
    }
    Ok(scans)
}

/// The places of those to ask for, in turns one that moves and one that was never asked since it ended (many that move
/// would keep its end from being known), then the incomplete; among them first those that were not asked for the longest,
/// so that each has its turn.
fn worth_asking(hub: &Hub, list: &ScanList, scans: &[Scan], now: Timestamp) -> Vec<usize> {
    let again = hub.settings().sync.backfill_interval;
    let followed_by_list: HashSet<&str> = list
        .scans
        .iter()
        .filter(|observation| observation.progress.is_some())
        .map(|observation| observation.external_scan_id.as_str())
        .collect();
    let (mut moving, mut ended, mut incomplete) = (Vec::new(), Vec::new(), Vec::new());
    for (place, scan) in scans.iter().enumerate().filter(|(_, scan)| scan.vendor_missing_since.is_none()) {
        let asked = hub.0.asked.at(scan);
        let waited = asked.is_none_or(|at| now.since(at) >= again);
        if scan.vendor_state.is_active() {
            let listed =
                scan.link.as_ref().is_some_and(|link| followed_by_list.contains(link.external_scan_id.as_str()));
            if waited || !listed {
                moving.push((asked, place));
            }
        } else if waited && is_incomplete(scan) {
            let news = asked.is_none() && scan.vendor_state.is_terminal();
            if news { &mut ended } else { &mut incomplete }.push((asked, place));
        }
    }
    for each in [&mut moving, &mut ended, &mut incomplete] {
        each.sort_unstable();
    }
    let mut in_turns: Vec<_> = moving.into_iter().enumerate().chain(ended.into_iter().enumerate()).collect();
    in_turns.sort_by_key(|(turn, _)| *turn);
    let in_turns = in_turns.into_iter().map(|(_, asked)| asked);
    in_turns.chain(incomplete).map(|(_, place)| place).take(hub.settings().sync.details_per_look).collect()
}

/// A row of which only the list is known.
fn is_incomplete(scan: &Scan) -> bool {
    let ended = scan.run_number > 0 && scan.vendor_state.is_terminal();
    // The end is in the detail: without it, the numbers are still those of the last look at a run that moved.
    scan.targets.is_empty() || (ended && (!scan.counts_known || scan.vendor_finished_at.is_none()))
}
