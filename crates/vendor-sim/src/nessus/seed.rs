//! Puts a scan with a past into the state it was asked for.
//!
//! The past is not written down but lived: runs are launched at earlier moments and steered by the same machine that
//! serves the API, so that a seeded scan cannot differ from one that got there by itself.

use super::hosts::{discover, invent_targets};
use super::schedule::Schedule;
use super::state::{Scan, State};
use super::survey::Survey;
use crate::clock::Moment;
use crate::lifecycle::Pace;
use crate::vendor::{ScanSeed, SeedError, SeedState};

/// Between the runs of a seeded history.
const BETWEEN_RUNS: f64 = 86_400.0;

pub(super) fn add(state: &mut State, seed: ScanSeed, now: Moment) -> Result<i64, SeedError> {
    if seed.name.trim().is_empty() {
        return Err(SeedError("the name is empty".to_owned()));
    }
    if seed.progress_percent > 100 || seed.aborts_at_percent.is_some_and(|percent| percent > 100) {
        return Err(SeedError("a share is given in percent, 0 to 100".to_owned()));
    }
    let pace = Pace {
        queue: seed.queue_s as f64,
        work: seed.duration_s as f64,
        turn: 4.0,
        aborts_at: seed.aborts_at_percent.map(|percent| f64::from(percent) / 100.0),
    };
    let age = seed.age_s as f64;
    let whole_run = pace.queue + pace.work;
    let made = now.plus(-(age + (f64::from(seed.earlier_runs) + 1.0) * (whole_run + BETWEEN_RUNS)));
    let scan = prepare(state, &seed, pace, made, now);
    let id = scan.id;
    if seed.state == SeedState::Imported {
        let hosts = discover(&scan.targets, state.draw);
        let survey = Survey::generated(hosts, state.draw.of("scan").of(&scan.uuid), seed.findings, 1);
        state.import(Scan { created: now.plus(-age), modified: now.plus(-age), ..scan }, survey, now.plus(-age));
        return Ok(id);
    }
    state.scans.insert(id, scan);
    for run in 0..seed.earlier_runs {
        let launched = made.plus(f64::from(run) * (whole_run + BETWEEN_RUNS));
        live(
            state,
            id,
            Pace { aborts_at: None, ..pace },
            launched,
            SeedState::Completed,
            1.0,
            launched.plus(whole_run),
        );
    }
    if seed.state != SeedState::Empty {
        let share = f64::from(seed.progress_percent) / 100.0;
        let worked = share * pace.work;
        let launched = match seed.state {
            SeedState::Pending => now,
            SeedState::Running => now.plus(-(pace.queue + worked)),
            SeedState::Completed => now.plus(-(age + whole_run)),
            _ => now.plus(-(age + pace.queue + worked + pace.turn)),
        };
        let pace_here = match seed.state {
            SeedState::Aborted => Pace { aborts_at: Some(share), ..pace },
            SeedState::Completed => Pace { aborts_at: None, ..pace },
            _ => pace,
        };
        live(state, id, pace_here, launched, seed.state, share, now);
    }
    if let Some(scan) = state.scans.get_mut(&id) {
        scan.pace = pace;
    }
    Ok(id)
}

fn prepare(state: &mut State, seed: &ScanSeed, pace: Pace, made: Moment, now: Moment) -> Scan {
    let targets = if seed.targets.is_empty() {
        let number = state.scans.len() as u64;
        invent_targets(seed.hosts, state.draw.of("targets").with(number))
    } else {
        seed.targets.join(",")
    };
    let folder = seed.folder.as_deref().map(|name| {
        let known = state.folders.iter().find(|folder| folder.name == name).map(|folder| folder.id);
        known.unwrap_or_else(|| state.add_folder(name))
    });
    let owner = seed.owner.as_deref().unwrap_or("admin");
    let mut scan = state.new_scan(&seed.name, owner, &targets, made);
    scan.description.clone_from(&seed.description);
    scan.folder_id = folder.unwrap_or(scan.folder_id);
    scan.pace = pace;
    scan.findings = Some(seed.findings);
    if let Some(every) = seed.relaunch_every_s {
        let now = now.max(state.started);
        scan.schedule = Schedule::every(every, now.plus(every as f64));
    }
    scan
}

/// One run from `launched` until it is in `end`, looked at no later than `until`.
fn live(state: &mut State, id: i64, pace: Pace, launched: Moment, end: SeedState, share: f64, until: Moment) {
    if let Some(scan) = state.scans.get_mut(&id) {
        scan.pace = pace;
    }
    state.launch(id, launched, None, false);
    let Some(scan) = state.scans.get_mut(&id) else { return };
    let Some(run) = scan.runs.last_mut() else { return };
    let steered = launched.plus(pace.queue + share * pace.work);
    run.execution.settle(steered.min(until));
    // A run asked for at its very end may have completed already; then there is nothing left to steer.
    let _ = match end {
        SeedState::Paused => run.execution.pause(steered),
        SeedState::Canceled => run.execution.stop(steered),
        _ => Ok(()),
    };
    run.execution.settle(until);
    scan.modified = run.execution.changed();
    scan.read = true;
}
