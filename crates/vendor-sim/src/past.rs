//! The past of a seeded scan, lived.
//!
//! It is not written down: runs are launched at earlier moments and steered by the same machine that serves the API,
//! so that a seeded scan cannot differ from one that got there by itself.

use crate::clock::Moment;
use crate::lifecycle::{Execution, Pace};
use crate::vendor::{ScanSeed, SeedError, SeedState};

/// Between the runs of a seeded history.
const BETWEEN_RUNS: f64 = 86_400.0;
/// What a pause, resume or stop takes at vendors that obey at once.
pub(crate) const TURN: f64 = 4.0;

#[derive(Debug)]
pub(crate) struct Past {
    /// When the scan was made.
    pub(crate) made: Moment,
    /// Of runs to come, without haste.
    pub(crate) pace: Pace,
    /// Oldest first; none for a scan that never ran and for an imported one, whose run took place elsewhere.
    pub(crate) runs: Vec<Execution>,
}

impl Past {
    /// What is not over yet goes so many times faster than it would; see [`crate::SimConfig::haste`].
    pub(crate) fn of(seed: &ScanSeed, haste: f64, now: Moment) -> Result<Past, SeedError> {
        Self::at_a_turn_of(TURN, seed, haste, now)
    }

    /// At a vendor where a pause, resume or stop takes so many virtual seconds.
    pub(crate) fn at_a_turn_of(turn: f64, seed: &ScanSeed, haste: f64, now: Moment) -> Result<Past, SeedError> {
        seed.check()?;
        let pace = Pace {
            queue: seed.queue_s as f64,
            work: seed.duration_s as f64,
            turn,
            aborts_at: seed.aborts_at_percent.map(|percent| f64::from(percent) / 100.0),
        };
        let age = seed.age_s as f64;
        let whole_run = pace.queue + pace.work;
        let made = now.plus(-(age + (f64::from(seed.earlier_runs) + 1.0) * (whole_run + BETWEEN_RUNS)));
        let mut runs = Vec::new();
        if matches!(seed.state, SeedState::Imported) {
            return Ok(Past { made: now.plus(-age), pace, runs });
        }
        for run in 0..seed.earlier_runs {
            let launched = made.plus(f64::from(run) * (whole_run + BETWEEN_RUNS));
            let until = launched.plus(whole_run);
            runs.push(live(Pace { aborts_at: None, ..pace }, launched, SeedState::Completed, 1.0, until));
        }
        if seed.state != SeedState::Empty {
            let ends = matches!(seed.state, SeedState::Completed | SeedState::Canceled | SeedState::Aborted);
            let pace = if ends { pace } else { pace.hastened(haste) };
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
            runs.push(live(pace_here, launched, seed.state, share, now));
        }
        Ok(Past { made, pace, runs })
    }
}

/// One run from `launched` until it is in `end`, looked at no later than `until`.
fn live(pace: Pace, launched: Moment, end: SeedState, share: f64, until: Moment) -> Execution {
    let mut execution = Execution::launch(launched, pace);
    let steered = launched.plus(pace.queue + share * pace.work);
    execution.settle(steered.min(until));
    // A run asked for at its very end may have completed already; then there is nothing left to steer.
    let _ = match end {
        SeedState::Paused => execution.pause(steered),
        SeedState::Canceled => execution.stop(steered),
        _ => Ok(()),
    };
    execution.settle(until);
    execution
}
