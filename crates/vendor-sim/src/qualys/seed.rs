//! Puts a scan with a past into the state it was asked for.
//!
//! Earlier runs become scans of their own with the same title, as here every run is one. What never ran is a schedule
//! that is switched off, and what was imported elsewhere, which this vendor cannot do, is a finished scan.

use super::holdings::APPLIANCES;
use super::state::{Order, Scheduled, State, TURN};
use crate::clock::Moment;
use crate::estate::hosts::invent_targets;
use crate::past::Past;
use crate::schedule::Schedule;
use crate::vendor::{ScanSeed, SeedError, SeedState};

const DAY: u64 = 86_400;

/// What was made: the reference of the latest scan, or the id of a schedule.
#[derive(Debug)]
pub(super) enum Made {
    Scan(String),
    Schedule(u32),
}

pub(super) fn add(state: &mut State, mut seed: ScanSeed, number: u64, now: Moment) -> Result<Made, SeedError> {
    let never_ran = seed.state == SeedState::Empty;
    if seed.state == SeedState::Imported {
        seed.state = SeedState::Completed;
    }
    let past = Past::at_a_turn_of(TURN, &seed, state.haste, now)?;
    let target = if seed.targets.is_empty() {
        invent_targets(seed.hosts, state.estate.of("targets").with(number))
    } else {
        seed.targets.join(",")
    };
    let user = seed.owner.clone().unwrap_or_else(|| state.access.username().to_owned());
    let mut order = Order::new(&seed.name, &user, &target);
    order.kind = if seed.relaunch_every_s.is_some() { "Scheduled" } else { "On-Demand" };
    order.findings = Some(seed.findings);
    order.pace = Some(past.pace);
    if let Some(appliance) = state.draw.of("appliance-of").with(number).pick(&APPLIANCES) {
        order.appliance = appliance.name;
    }
    let mut latest = None;
    for execution in past.runs {
        let reference = state.launch(order.clone(), execution.created);
        if let Some(scan) = state.scans.get_mut(&reference) {
            scan.execution = execution;
        }
        latest = Some(reference);
    }
    let mut made = latest.map(Made::Scan);
    if never_ran || seed.relaunch_every_s.is_some() {
        let every = seed.relaunch_every_s.unwrap_or(DAY);
        let mut schedule = Schedule::every(every, now.max(state.started).plus(every as f64));
        schedule.enable(seed.relaunch_every_s.is_some(), now);
        let id = state.next_number();
        state.schedules.push(Scheduled { id, order: Order { kind: "Scheduled", ..order }, schedule });
        made = made.or(Some(Made::Schedule(id)));
    }
    made.ok_or_else(|| SeedError("nothing was made".to_owned()))
}
