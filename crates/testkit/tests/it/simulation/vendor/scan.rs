//! A scan at a vendor and its runs.

use std::time::Duration;

use scanhelm_core::status::VendorState;
use scanhelm_core::{Severity, SeverityCounts, Timestamp};

use super::report::{self, Record};
use crate::simulation::dice::Dice;

#[derive(Clone, Debug)]
pub(crate) struct VendorRun {
    /// Unlike that of any other run of the vendor.
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) state: VendorState,
    /// What a lagging list still shows, and since when it is wrong.
    pub(crate) before: VendorState,
    pub(crate) changed_at: Timestamp,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// Of work, while paused.
    left: Duration,
    ends_as: VendorState,
    pub(crate) hosts: Vec<usize>,
    pub(crate) records: Vec<Record>,
    /// One record of its report cannot be read.
    pub(crate) spoilt: bool,
    /// It was over at some time: the only runs whose scans may be shown as ended.
    pub(crate) was_terminal: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct VendorScan {
    pub(crate) uid: u64,
    pub(crate) id: String,
    pub(crate) incarnation: String,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
    /// What the client put into it.
    pub(crate) token: Option<String>,
    /// The command that made it.
    pub(crate) command: Option<String>,
    pub(crate) sub_scanner: Option<String>,
    pub(crate) hosts: Vec<usize>,
    pub(crate) targets: Option<Vec<String>>,
    pub(crate) runs: Vec<VendorRun>,
}

impl VendorRun {
    fn become_(&mut self, state: VendorState, now: Timestamp) {
        self.before = std::mem::replace(&mut self.state, state);
        self.changed_at = now;
        if state.is_terminal() {
            self.was_terminal = true;
            self.finished_at = Some(now);
        }
    }

    fn go_on(&mut self, now: Timestamp) {
        if self.state == VendorState::Queued && now >= self.starts_at {
            self.started_at = Some(self.starts_at);
            self.become_(VendorState::Running, self.starts_at);
        }
        if self.state == VendorState::Running && now >= self.ends_at {
            self.become_(self.ends_as, self.ends_at);
        }
    }

    pub(crate) fn progress(&self, now: Timestamp) -> Option<f64> {
        let started = self.started_at?;
        let whole = self.ends_at.since(started).as_secs_f64().max(1.0);
        (self.state == VendorState::Running)
            .then(|| (now.since(started).as_secs_f64() * 100.0 / whole).min(99.0).floor())
    }

    pub(crate) fn counts(&self) -> SeverityCounts {
        let mut counts = SeverityCounts::default();
        for record in &self.records {
            counts.add(Severity::from_rank(record.severity()).unwrap(), 1);
        }
        counts
    }
}

impl VendorScan {
    pub(crate) fn new(
        uid: u64,
        id: String,
        incarnation: String,
        name: String,
        hosts: Vec<usize>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            uid,
            id,
            incarnation,
            name,
            created_at,
            token: None,
            command: None,
            sub_scanner: None,
            hosts,
            targets: None,
            runs: Vec::new(),
        }
    }

    pub(crate) fn start(&mut self, number: u64, id: String, dice: &mut Dice, now: Timestamp) {
        let starts_at = now.plus(dice.seconds(0, 10));
        let ends_as = dice.weighted(&[(90, VendorState::Completed), (10, VendorState::Failed)]);
        self.runs.push(VendorRun {
            number,
            id,
            state: VendorState::Queued,
            before: VendorState::Queued,
            changed_at: now,
            started_at: None,
            finished_at: None,
            starts_at,
            ends_at: starts_at.plus(dice.seconds(10, 100)),
            left: Duration::ZERO,
            ends_as,
            hosts: self.hosts.clone(),
            records: report::records(&self.hosts, dice),
            spoilt: dice.percent(8),
            was_terminal: false,
        });
    }

    pub(crate) fn go_on(&mut self, now: Timestamp) {
        if let Some(run) = self.runs.last_mut() {
            run.go_on(now);
        }
    }

    pub(crate) fn next_change(&self) -> Option<Timestamp> {
        let run = self.runs.last()?;
        match run.state {
            VendorState::Queued => Some(run.starts_at),
            VendorState::Running => Some(run.ends_at),
            _ => None,
        }
    }

    /// What the scan shows: that of its latest run, or that it waits to be started.
    pub(crate) fn state(&self) -> VendorState {
        self.runs.last().map_or(VendorState::Queued, |run| run.state)
    }

    pub(crate) fn latest_completed(&self) -> Option<&VendorRun> {
        self.runs.iter().rev().find(|run| run.state == VendorState::Completed)
    }

    pub(crate) fn pause(&mut self, now: Timestamp) -> bool {
        let Some(run) = self.runs.last_mut().filter(|run| run.state == VendorState::Running) else {
            return false;
        };
        run.left = run.ends_at.since(now);
        run.become_(VendorState::Paused, now);
        true
    }

    pub(crate) fn resume(&mut self, now: Timestamp) -> bool {
        let Some(run) = self.runs.last_mut().filter(|run| run.state == VendorState::Paused) else {
            return false;
        };
        run.ends_at = now.plus(run.left);
        run.become_(VendorState::Running, now);
        true
    }

    pub(crate) fn stop(&mut self, now: Timestamp) -> bool {
        let Some(run) = self.runs.last_mut().filter(|run| !run.state.is_terminal()) else {
            return false;
        };
        run.become_(VendorState::Cancelled, now);
        true
    }
}
