//! How a scheduled run ended, read off what the hub knows of its scan. A condition, not an event: it does not matter
//! who saw the scan end, or whether anyone did.

use std::time::Duration;

use super::{RunOutcome, RunResult, ScheduleRun};
use crate::Timestamp;
use crate::command::{Command, CommandState};
use crate::scan::Scan;
use crate::status::{ImportState, VendorState};

/// A launch that the scanner accepted, but of which it shows no run for this long, did not happen.
pub const START_PROOF: Duration = Duration::from_hours(1);

/// How an open run is to be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub outcome: RunOutcome,
    pub result: RunResult,
    pub reason: Option<String>,
}

impl Ending {
    fn failed(outcome: RunOutcome, reason: impl Into<String>) -> Self {
        Self { outcome, result: RunResult::Failed, reason: Some(reason.into()) }
    }
}

/// `None`: it is still under way, or nothing is known yet.
#[must_use]
pub fn ending(run: &ScheduleRun, scan: Option<&Scan>, command: Option<&Command>, now: Timestamp) -> Option<Ending> {
    let Some(scan) = scan else {
        return Some(Ending {
            outcome: RunOutcome::Started,
            result: RunResult::Cancelled,
            reason: Some(DELETED.into()),
        });
    };
    if run.command_id.is_some() {
        let Some(command) = command else {
            return Some(Ending::failed(RunOutcome::Failed, "The integration was deleted."));
        };
        if command.state == CommandState::Refused {
            let reason = command.detail.clone().unwrap_or_else(|| "The scanner refused to launch it.".to_owned());
            return Some(Ending::failed(RunOutcome::Failed, reason));
        }
        if scan.run_number <= run.runs_before {
            let accepted = command.finished_at.filter(|_| command.state == CommandState::Accepted)?;
            let seen = scan.last_observed_at.is_some_and(|seen| seen > accepted);
            let waited = now.since(accepted) > START_PROOF;
            return (waited && seen).then(|| {
                let reason =
                    "The scanner accepted the launch but showed no new run within an hour. Look at the scanner.";
                Ending::failed(RunOutcome::Failed, reason)
            });
        }
        if scan.run_number > run.runs_before + 1 {
            return Some(Ending {
                outcome: RunOutcome::Started,
                result: RunResult::Completed,
                reason: Some("The scan has been launched again since; see its runs.".to_owned()),
            });
        }
    }
    let told = || scan.error.clone();
    let (result, reason) = match (scan.vendor_state, scan.import_state) {
        (VendorState::Completed, ImportState::Done) => (RunResult::Completed, None),
        (VendorState::Completed, ImportState::Partial) => {
            (RunResult::Completed, Some("Some records could not be read; see the import.".to_owned()))
        }
        (VendorState::Completed, ImportState::Failed) => (RunResult::Failed, told()),
        (VendorState::Failed, _) => (RunResult::Failed, told()),
        (VendorState::Cancelled, _) => (RunResult::Cancelled, told()),
        _ => return None,
    };
    Some(Ending { outcome: RunOutcome::Started, result, reason })
}

const DELETED: &str = "The scan was deleted while it ran.";
