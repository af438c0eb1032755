//! A schedule and what became of its nominal times, as they are kept.

use serde::{Deserialize, Serialize};

use super::Timetable;
use crate::ids::{CommandId, CompanyId, ScanId, ScheduleId};
use crate::permission::Actor;
use crate::{Result, Timestamp};

/// "Run this scan at these times." A scan has at most one.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub id: ScheduleId,
    pub company_id: CompanyId,
    pub scan_id: ScanId,
    /// Five fields, see [`Cron`](super::Cron).
    pub cron: String,
    /// IANA name.
    pub tz: String,
    /// A person's switch.
    pub enabled: bool,
    /// The hub's own switch: why it holds the schedule back, whoever enabled it.
    pub suspended: Option<SuspendReason>,
    /// The next nominal time; `None` while it does not run.
    pub next_at: Option<Timestamp>,
    /// The last nominal time that was judged; no earlier one is ever judged again, whatever the clock does.
    pub last_at: Option<Timestamp>,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Raised by every edit; for `If-Match`. Firing is no edit.
    pub version: i64,
}

impl Schedule {
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.enabled && self.suspended.is_none()
    }

    pub fn timetable(&self) -> Result<Timetable> {
        Timetable::read(&self.cron, &self.tz)
    }

    /// Where the schedule goes on from `now`, also when the clock was set back.
    #[must_use]
    pub fn next_after(&self, timetable: &Timetable, now: Timestamp) -> Option<Timestamp> {
        timetable.next_fire(self.last_at.map_or(now, |last| last.max(now)))
    }
}

/// Why the hub holds a schedule back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspendReason {
    CompanyDeactivated,
}

impl SuspendReason {
    pub const ALL: [Self; 1] = [Self::CompanyDeactivated];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CompanyDeactivated => "company_deactivated",
        }
    }
}

/// What became of one nominal time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// The scan was asked to run.
    Started,
    /// Nobody was there within the grace.
    Missed,
    /// The scan was still running.
    Skipped,
    /// It could not be asked to run, or refused.
    Failed,
}

impl RunOutcome {
    pub const ALL: [Self; 4] = [Self::Started, Self::Missed, Self::Skipped, Self::Failed];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Missed => "missed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// How a run that was started ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// The scan completed and its results are in.
    Completed,
    /// The scan or its import failed.
    Failed,
    Cancelled,
}

impl RunResult {
    pub const ALL: [Self; 3] = [Self::Completed, Self::Failed, Self::Cancelled];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One nominal time of one schedule: there is at most one of each, which is what makes a run happen once.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleRun {
    pub schedule_id: ScheduleId,
    pub company_id: CompanyId,
    /// When it should have started.
    pub nominal_at: Timestamp,
    /// When it was judged.
    pub decided_at: Timestamp,
    pub outcome: RunOutcome,
    /// Why, where the outcome or the result is not the wished one; for people.
    pub reason: Option<String>,
    /// The scan that ran: the schedule's own, or the one made for this run of a local scan.
    pub scan_id: Option<ScanId>,
    /// The launch at the vendor.
    pub command_id: Option<CommandId>,
    /// The scan's run number when it was asked: a higher one is this run.
    pub runs_before: u32,
    /// The end of a started run, with its results in.
    pub finished_at: Option<Timestamp>,
    pub result: Option<RunResult>,
}

impl ScheduleRun {
    /// Started and not known to have ended.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.outcome, RunOutcome::Started) && self.finished_at.is_none()
    }
}
