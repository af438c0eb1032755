//! A schedule on the wire: its timetable, its next times, and what became of the times before.

use scanhelm_core::ids::ScanId;
use scanhelm_core::schedule;
use scanhelm_hub::schedules::{self, ScheduleView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{RunOutcome, RunResult, SuspendReason, Time, actor};
use crate::extract::Versioned;

/// "Run this scan at these times." A scan has at most one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Schedule {
    id: Uuid,
    company_id: Uuid,
    scan_id: Uuid,
    scan_name: String,
    integration_name: Option<String>,
    /// The product that runs it.
    vendor: Option<String>,
    /// Minute, hour, day of month, month, day of week.
    cron: String,
    /// IANA name of the zone in which `cron` is read.
    tz: String,
    /// A person's switch.
    enabled: bool,
    /// Why the hub holds it back, whoever enabled it.
    paused_reason: Option<SuspendReason>,
    next_at: Option<Time>,
    /// The next five times; none while it does not run.
    next_fires: Vec<Time>,
    /// What became of the latest time.
    last_run: Option<ScheduleRun>,
    /// The newest times that started no run, newest first: missed, skipped or failed.
    missed: Vec<ScheduleRun>,
    created_by: String,
    created_at: Time,
    updated_at: Time,
    /// For `If-Match`.
    pub(crate) version: i64,
}

/// One nominal time and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleRun {
    schedule_id: Uuid,
    /// When it should have started.
    nominal_at: Time,
    decided_at: Time,
    outcome: RunOutcome,
    /// Why, where it is not as wished.
    reason: Option<String>,
    /// What ran: the schedule's scan, or the one made for this run of a local scan.
    scan_id: Option<Uuid>,
    command_id: Option<Uuid>,
    /// When the run had ended and its results were in.
    finished_at: Option<Time>,
    result: Option<RunResult>,
}

/// The schedule as a scan shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScanSchedule {
    id: Uuid,
    enabled: bool,
    paused_reason: Option<SuspendReason>,
    next_at: Option<Time>,
}

/// The next times of a timetable that is not stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchedulePreview {
    /// As it would be stored.
    cron: String,
    tz: String,
    /// Minute or hour begins with `*`: it means "again and again" and follows the clock when that changes. Otherwise
    /// each named time runs once, also on those days.
    follows_the_clock: bool,
    next_fires: Vec<Time>,
}

/// A schedule to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSchedule {
    scan_id: Uuid,
    /// Five fields: minute, hour, day of month, month, day of week.
    cron: String,
    /// IANA name; UTC when left out.
    tz: Option<String>,
    /// `true` when left out.
    enabled: Option<bool>,
}

/// What may be changed of a schedule. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchedulePatch {
    cron: Option<String>,
    tz: Option<String>,
    /// `false` pauses it.
    enabled: Option<bool>,
}

impl Versioned for Schedule {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<ScheduleView> for Schedule {
    fn from(view: ScheduleView) -> Self {
        let ScheduleView { schedule, scan_name, vendor, integration_name, next_fires, last_run, not_served } = view;
        Self {
            id: schedule.id.0,
            company_id: schedule.company_id.0,
            scan_id: schedule.scan_id.0,
            scan_name,
            integration_name,
            vendor,
            cron: schedule.cron,
            tz: schedule.tz,
            enabled: schedule.enabled,
            paused_reason: schedule.suspended.map(Into::into),
            next_at: schedule.next_at.map(Time),
            next_fires: next_fires.into_iter().map(Time).collect(),
            last_run: last_run.map(Into::into),
            missed: not_served.into_iter().map(Into::into).collect(),
            created_by: actor(schedule.created_by),
            created_at: schedule.created_at.into(),
            updated_at: schedule.updated_at.into(),
            version: schedule.version,
        }
    }
}

impl From<schedule::ScheduleRun> for ScheduleRun {
    fn from(run: schedule::ScheduleRun) -> Self {
        Self {
            schedule_id: run.schedule_id.0,
            nominal_at: run.nominal_at.into(),
            decided_at: run.decided_at.into(),
            outcome: run.outcome.into(),
            reason: run.reason,
            scan_id: run.scan_id.map(|id| id.0),
            command_id: run.command_id.map(|id| id.0),
            finished_at: run.finished_at.map(Time),
            result: run.result.map(Into::into),
        }
    }
}

impl From<schedule::Schedule> for ScanSchedule {
    fn from(schedule: schedule::Schedule) -> Self {
        Self {
            id: schedule.id.0,
            enabled: schedule.enabled,
            paused_reason: schedule.suspended.map(Into::into),
            next_at: schedule.next_at.map(Time),
        }
    }
}

impl From<schedules::Preview> for SchedulePreview {
    fn from(preview: schedules::Preview) -> Self {
        let schedules::Preview { cron, tz, follows_the_clock, next_fires } = preview;
        Self { cron, tz, follows_the_clock, next_fires: next_fires.into_iter().map(Time).collect() }
    }
}

impl From<NewSchedule> for schedules::NewSchedule {
    fn from(new: NewSchedule) -> Self {
        let NewSchedule { scan_id, cron, tz, enabled } = new;
        Self { scan_id: ScanId(scan_id), cron, tz, enabled: enabled.unwrap_or(true) }
    }
}

impl From<SchedulePatch> for schedules::ScheduleChange {
    fn from(patch: SchedulePatch) -> Self {
        let SchedulePatch { cron, tz, enabled } = patch;
        Self { cron, tz, enabled }
    }
}
