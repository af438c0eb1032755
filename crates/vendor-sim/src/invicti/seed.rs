//! Puts a scan with a past into the state it was asked for.
//!
//! A scan is one run here, so earlier runs are scans of their own, and a seed that launches itself becomes a scheduled
//! scan. A scan that never ran waits in `Delayed`; the name is kept as comment.

use super::state::{Order, Scheduled, State};
use crate::clock::Moment;
use crate::past::Past;
use crate::recurrence::Recurrence;
use crate::sites::Site;
use crate::vendor::{ScanSeed, SeedError, SeedState};

/// The id of the latest scan.
pub(super) fn add(state: &mut State, mut seed: ScanSeed, now: Moment) -> Result<String, SeedError> {
    if seed.state == SeedState::Imported {
        seed.state = SeedState::Completed;
    }
    let delayed = seed.state == SeedState::Empty;
    let mut past = Past::of(&seed, state.haste, now)?;
    let address = match seed.targets.as_slice() {
        [] => {
            state.invented += 1;
            state.sites.address(state.invented - 1)
        }
        [address] => address.clone(),
        _ => return Err(SeedError("a scan of Invicti has one target".to_owned())),
    };
    let site = Site::at(&address).ok_or_else(|| SeedError(format!("`{address}` is not the address of a web site")))?;
    let order =
        Order { comments: seed.name.clone(), pace: past.pace, findings: seed.findings, ..Order::new(&address, site) };
    if let Some(every) = seed.relaunch_every_s {
        let every = every.max(1) as f64;
        let (_, id) = state.next_id("scheduled");
        state.scheduled.push(Scheduled {
            order: Order { schedule: Some(id.clone()), ..order.clone() },
            id,
            name: seed.name.clone(),
            run_type: "Custom".to_owned(),
            fires: Recurrence::new(now.plus(every), Some(every)),
            launched: 0,
            last: None,
        });
    }
    if delayed {
        past.runs.push(crate::lifecycle::Execution::launch(past.made, past.pace));
    }
    let mut latest = Err(SeedError("a scan without a run".to_owned()));
    let count = past.runs.len();
    for (index, execution) in past.runs.into_iter().enumerate() {
        let id = state.launch(order.clone(), execution.created);
        if let Some(scan) = state.scan_mut(&id) {
            scan.execution = execution;
            scan.delayed = delayed && index + 1 == count;
            scan.announced = scan.is_over(now);
        }
        latest = Ok(id);
    }
    latest
}
