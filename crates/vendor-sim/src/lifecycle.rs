//! The life of one scan run, in no vendor's words.
//!
//! A run is a small state machine on virtual time. [`Execution::settle`] applies every transition that has become due
//! at exactly the moment it was due, so the outcome does not depend on how often anybody looked. Each vendor folder
//! translates [`Phase`] into its own status words.

use crate::clock::Moment;
use crate::ledger::Action;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Pending,
    Running,
    Pausing,
    Paused,
    Resuming,
    Stopping,
    Completed,
    Canceled,
    Aborted,
}

impl Phase {
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Phase::Completed | Phase::Canceled | Phase::Aborted)
    }

    /// How the ledger calls a run's coming into this phase by itself; transitional phases are not entered there.
    pub(crate) fn event(self) -> Option<Action> {
        match self {
            Phase::Pending => Some(Action::Launch),
            Phase::Running => Some(Action::Started),
            Phase::Paused => Some(Action::Paused),
            Phase::Completed => Some(Action::Completed),
            Phase::Canceled => Some(Action::Canceled),
            Phase::Aborted => Some(Action::Aborted),
            Phase::Pausing | Phase::Resuming | Phase::Stopping => None,
        }
    }
}

/// How long the stages of a run take, in virtual seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    pub(crate) queue: f64,
    pub(crate) work: f64,
    /// From asking for a pause, resume or stop until it is in force.
    pub(crate) turn: f64,
    /// The run aborts when this share of the work is done.
    pub(crate) aborts_at: Option<f64>,
}

impl Pace {
    /// The same work in so many times less time.
    pub(crate) fn hastened(self, times: f64) -> Pace {
        Pace { queue: self.queue / times, work: self.work / times, turn: self.turn / times, ..self }
    }
}

/// A control call that the present phase does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotPossible {
    pub(crate) phase: Phase,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Execution {
    pace: Pace,
    phase: Phase,
    /// When the present phase began.
    since: Moment,
    /// Seconds of work finished before `since`.
    worked: f64,
    pub(crate) created: Moment,
    pub(crate) started: Option<Moment>,
    pub(crate) ended: Option<Moment>,
}

impl Execution {
    pub(crate) fn launch(at: Moment, pace: Pace) -> Self {
        Execution { pace, phase: Phase::Pending, since: at, worked: 0.0, created: at, started: None, ended: None }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Virtual seconds from the launch to the start.
    pub(crate) fn waits(&self) -> f64 {
        self.pace.queue
    }

    pub(crate) fn changed(&self) -> Moment {
        self.since
    }

    /// Share of the work done, 0 to 1.
    pub(crate) fn progress(&self, now: Moment) -> f64 {
        let running = if self.phase == Phase::Running { now.since(self.since).max(0.0) } else { 0.0 };
        if self.pace.work <= 0.0 {
            return if self.started.is_some() { 1.0 } else { 0.0 };
        }
        ((self.worked + running) / self.pace.work).clamp(0.0, 1.0)
    }

    /// Applies everything due until `now`; returns the transitions with their moments.
    pub(crate) fn settle(&mut self, now: Moment) -> Vec<(Moment, Phase)> {
        let mut transitions = Vec::new();
        while let Some((at, next)) = self.due().filter(|(at, _)| *at <= now) {
            self.enter(next, at);
            transitions.push((at, next));
        }
        transitions
    }

    pub(crate) fn pause(&mut self, now: Moment) -> Result<(), NotPossible> {
        self.ask(now, Phase::Pausing, &[Phase::Running, Phase::Resuming])
    }

    pub(crate) fn resume(&mut self, now: Moment) -> Result<(), NotPossible> {
        self.ask(now, Phase::Resuming, &[Phase::Paused])
    }

    pub(crate) fn stop(&mut self, now: Moment) -> Result<(), NotPossible> {
        let from = [Phase::Pending, Phase::Running, Phase::Pausing, Phase::Paused, Phase::Resuming];
        self.ask(now, Phase::Stopping, &from)
    }

    /// Ends the run at once, without the transitional phase.
    pub(crate) fn kill(&mut self, now: Moment) -> Result<(), NotPossible> {
        if self.phase.is_over() {
            return Err(NotPossible { phase: self.phase });
        }
        self.enter(Phase::Canceled, now);
        Ok(())
    }

    fn ask(&mut self, now: Moment, next: Phase, from: &[Phase]) -> Result<(), NotPossible> {
        self.settle(now);
        if !from.contains(&self.phase) {
            return Err(NotPossible { phase: self.phase });
        }
        self.enter(next, now);
        Ok(())
    }

    fn due(&self) -> Option<(Moment, Phase)> {
        match self.phase {
            Phase::Pending => Some((self.since.plus(self.pace.queue), Phase::Running)),
            Phase::Running => {
                let share = self.pace.aborts_at.unwrap_or(1.0).clamp(0.0, 1.0);
                let end = if self.pace.aborts_at.is_some() { Phase::Aborted } else { Phase::Completed };
                Some((self.since.plus((self.pace.work * share - self.worked).max(0.0)), end))
            }
            Phase::Pausing => Some((self.since.plus(self.pace.turn), Phase::Paused)),
            Phase::Resuming => Some((self.since.plus(self.pace.turn), Phase::Running)),
            Phase::Stopping => Some((self.since.plus(self.pace.turn), Phase::Canceled)),
            Phase::Paused | Phase::Completed | Phase::Canceled | Phase::Aborted => None,
        }
    }

    fn enter(&mut self, next: Phase, at: Moment) {
        if self.phase == Phase::Running {
            self.worked += at.since(self.since).max(0.0);
        }
        if next == Phase::Running {
            self.started.get_or_insert(at);
        }
        if next.is_over() {
            self.ended = Some(at);
        }
        self.phase = next;
        self.since = at;
    }
}
