//! Puts a scan with a past into the state it was asked for. The name of a seeded scan becomes the description of its
//! target, since scans have no name here.

use super::profiles::FULL;
use super::schedule::Schedule;
use super::state::State;
use crate::clock::Moment;
use crate::past::Past;
use crate::sites::Site;
use crate::vendor::{ScanSeed, SeedError, SeedState};

const CRITICALITIES: [u8; 4] = [10, 20, 30, 0];

pub(super) fn add(state: &mut State, mut seed: ScanSeed, now: Moment) -> Result<String, SeedError> {
    if seed.state == SeedState::Imported {
        seed.state = SeedState::Completed;
    }
    let past = Past::of(&seed, state.haste, now)?;
    let address = match seed.targets.as_slice() {
        [] => state.sites.address(state.scans.len()),
        [address] => address.clone(),
        _ => return Err(SeedError("a scan of Acunetix has one target".to_owned())),
    };
    let site = Site::at(&address).ok_or_else(|| SeedError(format!("`{address}` is not the address of a web site")))?;
    let known = state.targets.values().find(|target| target.address == address).map(|target| target.id.clone());
    let target = known.unwrap_or_else(|| {
        let criticality = state.draw.of("criticality").of(&address).pick(&CRITICALITIES).copied().unwrap_or(10);
        state.add_target(&address, site, &seed.name, criticality)
    });
    let schedule = match (seed.relaunch_every_s, seed.state) {
        (Some(every), _) => Schedule::every(every, now.plus(every as f64)),
        (None, SeedState::Empty) => Schedule::disabled(),
        (None, _) => Schedule::on_demand(),
    };
    let id = state.add_scan(&target, FULL, schedule, past.made);
    if let Some(scan) = state.scan_mut(&id) {
        scan.findings = seed.findings;
        scan.pace = past.pace;
    }
    for execution in past.runs {
        state.launch(&id, execution.created);
        if let Some(result) = state.scan_mut(&id).and_then(|scan| scan.results.last_mut()) {
            result.execution = execution;
        }
    }
    Ok(id)
}
