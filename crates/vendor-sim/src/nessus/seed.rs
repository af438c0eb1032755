//! Puts a scan with a past into the state it was asked for.

use super::state::{Scan, State};
use crate::clock::Moment;
use crate::estate::hosts::{discover, invent_targets};
use crate::estate::survey::Survey;
use crate::past::Past;
use crate::schedule::Schedule;
use crate::vendor::{ScanSeed, SeedError, SeedState};

pub(super) fn add(state: &mut State, seed: ScanSeed, now: Moment) -> Result<i64, SeedError> {
    let past = Past::of(&seed, state.haste, now)?;
    let mut scan = prepare(state, &seed, past.made, now);
    let id = scan.id;
    scan.pace = past.pace;
    if seed.state == SeedState::Imported {
        let hosts = discover(&scan.targets, state.estate);
        let survey = Survey::generated(hosts, state.draw.of("scan").of(&scan.uuid), seed.findings, 1);
        state.import(scan, survey, past.made);
        return Ok(id);
    }
    state.scans.insert(id, scan);
    for execution in past.runs {
        state.launch(id, execution.created, None, false);
        let Some(scan) = state.scans.get_mut(&id) else { continue };
        scan.modified = execution.changed();
        scan.read = true;
        if let Some(run) = scan.runs.last_mut() {
            run.execution = execution;
        }
    }
    Ok(id)
}

fn prepare(state: &mut State, seed: &ScanSeed, made: Moment, now: Moment) -> Scan {
    let targets = if seed.targets.is_empty() {
        let number = state.scans.len() as u64;
        invent_targets(seed.hosts, state.estate.of("targets").with(number))
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
    scan.findings = Some(seed.findings);
    if let Some(every) = seed.relaunch_every_s {
        let now = now.max(state.started);
        scan.schedule = Schedule::every(every, now.plus(every as f64));
    }
    scan
}
