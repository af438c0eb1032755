//! Schedules: scans that run at their times with nobody watching.
//!
//! There is no cron in memory. A schedule is a row with its next nominal time; what fires it is a step that looks for
//! rows whose time has come and claims each nominal time by inserting it, so that of however many hubs one starts the
//! run, and a hub that was away finds out what it missed. Row of the run, recorded command, job and next time are one
//! transaction. The system user signs all of it.
//!
//! What a fire does depends on the scan. One at a vendor is launched, as by hand; its import follows like any other.
//! A local scan is made anew from the schedule's scan, because a local scan that has ended stays ended. A scan that
//! nobody could launch is refused a schedule, with the reason.

mod edit;
mod ends;
mod fire;
mod keep;
mod launch;
mod list;

pub use edit::{NewSchedule, ScheduleChange};
pub(crate) use edit::{Planned, written_change};
pub(crate) use fire::fire_due;
pub(crate) use keep::reload;
pub(crate) use launch::require_launchable;
pub use list::{Preview, ScheduleView};

use crate::Hub;

/// Use cases about schedules.
#[derive(Clone, Copy, Debug)]
pub struct Schedules<'hub> {
    pub(crate) hub: &'hub Hub,
}

impl Hub {
    #[must_use]
    pub fn schedules(&self) -> Schedules<'_> {
        Schedules { hub: self }
    }
}
