//! How the process ends. The numbers are part of the interface: pipelines branch on them.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use crate::results;

pub(crate) const HELP: &str = "Exit codes: 0 done, 1 findings at or above the threshold or something is unhealthy, \
2 the command cannot be carried out as given, 3 a scanner failed, 4 the hub cannot be reached, 130 interrupted.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    /// Findings at or above `--fail-on`.
    Findings,
    /// What was examined is not in order.
    Unhealthy,
    /// The command cannot be carried out as given.
    Refused,
    /// Also when others ran and found something: their findings are not the whole truth.
    ScannerFailed,
    /// Nobody answers where a hub should be.
    Unreachable,
    /// By Ctrl-C or TERM.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Findings | Exit::Unhealthy => 1,
            Exit::Refused => 2,
            Exit::ScannerFailed => 3,
            Exit::Unreachable => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// Says why and gives [`Exit::Refused`].
pub(crate) fn refused(reason: &impl Display) -> Exit {
    say(&format!("error: {reason}"));
    Exit::Refused
}

/// Prints the answer of a command.
pub(crate) fn printed(text: &str) -> Exit {
    match results::to_standard_output(text) {
        Ok(()) => Exit::Done,
        Err(error) => refused(&format!("standard output cannot be written: {error}")),
    }
}

/// An error of the hub for whoever runs it: the cause that the API keeps to its log belongs to them.
pub(crate) fn explained(error: &scanhelm_core::Error) -> String {
    error.internal.clone().unwrap_or_else(|| error.detail.clone())
}

/// A line for people, on standard error: standard output is for data.
pub(crate) fn say(line: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
