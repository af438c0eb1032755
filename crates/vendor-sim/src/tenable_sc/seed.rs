//! Puts a scan with a past into the state it was asked for.

use super::holdings;
use super::state::State;
use crate::clock::Moment;
use crate::estate::hosts::{discover, invent_targets};
use crate::estate::survey::Survey;
use crate::past::Past;
use crate::schedule::Schedule;
use crate::vendor::{ScanSeed, SeedError, SeedState};

/// What was made: a definition, or a result without one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Made {
    Definition(i64),
    Result(i64),
}

pub(super) fn add(state: &mut State, seed: ScanSeed, number: u64, now: Moment) -> Result<Made, SeedError> {
    let past = Past::of(&seed, state.haste, now)?;
    let targets = if seed.targets.is_empty() {
        invent_targets(seed.hosts, state.estate.of("targets").with(number))
    } else {
        seed.targets.join(",")
    };
    if seed.state == SeedState::Imported {
        let draw = state.draw.of("upload").with(number);
        let survey = Survey::generated(discover(&targets, state.estate), draw, seed.findings, 1);
        let id = state.upload(seed.name, holdings::DEFAULT_REPOSITORY, targets, survey, past.made);
        return Ok(Made::Result(id));
    }
    let mut definition = state.new_definition(&seed.name, &targets, past.made);
    let id = definition.id;
    definition.description = seed.description.unwrap_or_default();
    definition.owner = seed.owner.unwrap_or(definition.owner);
    definition.pace = Some(past.pace);
    definition.findings = Some(seed.findings);
    if let Some(every) = seed.relaunch_every_s {
        let now = now.max(state.started);
        definition.schedule = Schedule::every(every, now.plus(every as f64));
        "ical".clone_into(&mut definition.schedule_kind);
    }
    state.definitions.insert(id, definition);
    for execution in past.runs {
        let result = state.launch(id, execution.created);
        if let Some(result) = result.and_then(|result| state.results.get_mut(&result)) {
            result.execution = execution;
        }
    }
    Ok(Made::Definition(id))
}
