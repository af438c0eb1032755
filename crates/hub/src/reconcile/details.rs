//! What a list does not tell: progress, counts, targets, policy. Asked for one scan at a time, within a budget: first
//! those that move, then rows that are still incomplete.

use std::collections::HashMap;
use std::sync::Mutex;

use scanhelm_connectors::contract::{CallError, Session};
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

pub(super) async fn complete(
    hub: &Hub,
    integration: &Integration,
    session: &dyn Session,
    scans: Vec<Scan>,
) -> Result<(), Trouble> {
    if trap::on(Trap::S11) {
        for link in scans.iter().filter_map(|scan| scan.link.as_ref()) {
            session.scan(&link.external_scan_id).await?;
        }
    }
    let now = hub.now();
    let again = hub.settings().sync.backfill_interval;
    let (moving, rest): (Vec<Scan>, Vec<Scan>) = scans
        .into_iter()
        .filter(|scan| scan.vendor_missing_since.is_none())
        .partition(|scan| scan.vendor_state.is_active());
    let asked = &hub.0.asked;
    let incomplete =
        rest.into_iter().filter(is_incomplete).filter(|scan| asked.at(scan).is_none_or(|at| now.since(at) >= again));
    for scan in moving.into_iter().chain(incomplete).take(hub.settings().sync.details_per_look) {
        let Some(link) = scan.link.clone() else {
            continue;
        };
        asked.note(&scan, now);
        match session.scan(&link.external_scan_id).await {
            Ok(Some(observation)) => {
                hub.apply_observation(scan, &observation).await?;
            }
            // Gone between list and detail, or not to be read: the next list tells.
            Ok(None) | Err(CallError::Gone { .. } | CallError::Refused { .. }) => {}
            Err(error) => {
                tracing::info!(integration = %integration.id, scan = %scan.id, %error, "detail not read");
                return Err(Trouble::Vendor(error));
            }
        }
    }
    Ok(())
}

/// A row of which only the list is known.
fn is_incomplete(scan: &Scan) -> bool {
    let ended = scan.run_number > 0 && scan.vendor_state.is_terminal();
    // The end is in the detail: without it, the numbers are still those of the last look at a run that moved.
    scan.targets.is_empty() || (ended && (!scan.counts_known || scan.vendor_finished_at.is_none()))
}
