//! The vendor's words for where a scan stands.
//!
//! The states are the vendor's; how long each lasts is not known. After the scanners are done a scan is Loading for
//! fifteen virtual seconds, then Finished; another minute later it is processed, which means that its results are in the
//! data of the hosts. An accepted pause, resume or cancel shows only when it is in force. `Interrupted` is unverified.

use super::state::Scan;
use crate::clock::Moment;
use crate::lifecycle::Phase;

const LOADING: f64 = 15.0;
const PROCESSING: f64 = 60.0;

impl Scan {
    pub(super) fn state(&self, now: Moment) -> &'static str {
        match self.execution.phase() {
            Phase::Pending => "Queued",
            Phase::Running => "Running",
            Phase::Paused => "Paused",
            Phase::Pausing | Phase::Resuming | Phase::Stopping => self.before_action.unwrap_or("Running"),
            Phase::Completed if self.since_end(now) < LOADING => "Loading",
            Phase::Completed => "Finished",
            Phase::Canceled => "Canceled",
            Phase::Aborted => "Error",
        }
    }

    pub(super) fn sub_state(&self, now: Moment) -> Option<&'static str> {
        match self.state(now) {
            "Error" => Some("Interrupted"),
            "Finished" if self.survey.hosts.is_empty() => Some("No_Host"),
            "Finished" if self.survey.total() == 0 => Some("No_Vuln"),
            _ => None,
        }
    }

    /// Whether the results are in the data of the hosts.
    pub(super) fn is_processed(&self, now: Moment) -> bool {
        let over = matches!(self.execution.phase(), Phase::Completed | Phase::Canceled);
        over && self.since_end(now) >= LOADING + PROCESSING
    }

    pub(super) fn is_fetchable(&self, now: Moment) -> bool {
        matches!(self.state(now), "Finished" | "Canceled" | "Error")
    }

    /// `HH:MM:SS`, with days before it, or a word while it is not over.
    pub(super) fn duration(&self, now: Moment) -> String {
        let Some(ended) = self.execution.ended else {
            return if self.execution.started.is_some() { "Running" } else { "Pending" }.to_owned();
        };
        if self.state(now) == "Loading" {
            return "Running".to_owned();
        }
        let seconds = ended.since(self.began()).max(0.0) as u64;
        let clock = format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        match seconds / 86_400 {
            0 => clock,
            1 => format!("1 day {clock}"),
            days => format!("{days} days {clock}"),
        }
    }

    /// In a hurry what follows the end is shorter too.
    fn since_end(&self, now: Moment) -> f64 {
        self.execution.ended.map_or(0.0, |ended| now.since(ended) * self.haste)
    }
}
