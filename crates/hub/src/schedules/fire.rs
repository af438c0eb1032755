//! Firing: every nominal time that has come is judged once, in one transaction that is also the claim.

use std::collections::HashMap;
use std::time::Duration;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::ScheduleId;
use scanhelm_core::notification::NoticeEvent;
use scanhelm_core::permission::{Actor, Grant};
use scanhelm_core::scan::Scan;
use scanhelm_core::schedule::{Due, MISFIRE_GRACE, RunOutcome, RunResult, Schedule, ScheduleRun, due};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};
use scanhelm_store::Transaction;
use serde_json::json;

use super::launch::{self, Started};
use super::{ends, keep};
use crate::Hub;
use crate::failpoint;
use crate::notifications;
use crate::trap::{self, Trap};

/// Most schedules judged in one step; the others are due at the next.
const AT_ONCE: u32 = 500;

/// One step: holds back what a deactivated company has, closes runs that have ended, and fires what is due. Answers
/// how many schedules and runs it moved.
pub(crate) async fn fire_due(hub: &Hub) -> Result<u64> {
    let mut acted = keep::follow_companies(hub).await?;
    acted += ends::close_ended(hub).await?;
    let mut places: HashMap<_, u32> = HashMap::new();
    for schedule in hub.store().due_schedules(hub.now(), AT_ONCE).await? {
        // Many at one minute: one after the other to each integration.
        let place = match hub.store().scan(schedule.company_id, schedule.scan_id).await? {
            Some(scan) => scan.integration_id.map_or(0, |integration| {
                let place = places.entry(integration).or_default();
                *place += 1;
                *place - 1
            }),
            None => continue,
        };
        let wait = hub.settings().sync.schedule_spacing * place;
        match fire(hub, schedule.id, wait).await {
            Ok(fired) => acted += u64::from(fired),
            // One schedule's trouble is not the others'; it stays due.
            Err(error) => tracing::warn!(schedule = %schedule.id, %error, "schedule not judged; it stays due"),
        }
    }
    Ok(acted)
}

/// What could not be started is judged in a second transaction: on PostgreSQL the first one is lost with the error.
async fn fire(hub: &Hub, id: ScheduleId, wait: Duration) -> Result<bool> {
    match judge(hub, id, Ok(wait)).await {
        Err(error) if !is_passing(&error) => judge(hub, id, Err(error)).await,
        other => other,
    }
}

fn is_passing(error: &Error) -> bool {
    matches!(error.code, ErrorCode::StoreUnavailable | ErrorCode::Conflict | ErrorCode::StaleVersion)
}

/// `Ok(false)`: someone else has, or there is nothing to judge any more. `attempt` is how long the launch may have to
/// wait, or why it failed.
async fn judge(hub: &Hub, id: ScheduleId, attempt: Result<Duration>) -> Result<bool> {
    let now = hub.now();
    let transaction = hub.store().begin().await?;
    let Some(schedule) = transaction.lock_schedule(id).await? else {
        return Ok(false);
    };
    let Some(first) = schedule.next_at.filter(|at| *at <= now && schedule.is_active()) else {
        return Ok(false);
    };
    let company = transaction.company(schedule.company_id).await?;
    if company.is_none_or(|company| company.status == CompanyStatus::Deactivated) {
        return Ok(false);
    }
    let Some(scan) = transaction.scan(schedule.company_id, schedule.scan_id).await? else {
        return Ok(false);
    };
    if schedule.last_at.is_some_and(|last| first <= last) {
        // Judged before; the row was set back by other hands.
        let next = schedule.timetable().ok().and_then(|timetable| schedule.next_after(&timetable, now));
        transaction.advance_schedule(schedule.id, schedule.last_at, next).await?;
        transaction.commit().await?;
        return Ok(true);
    }
    let found = match schedule.timetable() {
        Ok(timetable) => due(&timetable, first, now, MISFIRE_GRACE),
        // This build knows the zone no longer.
        Err(_) => Due { missed: Vec::new(), unlisted: 0, run: Some(first), next: None },
    };
    list_missed(hub, &transaction, &schedule, &found).await?;
    if let Some(nominal) = found.run {
        let nominal = if trap::on(Trap::S3) { now } else { nominal };
        let judgement = Judgement { hub, transaction: &transaction, schedule: &schedule, scan: &scan, nominal };
        judgement.serve(attempt).await?;
    }
    let last = found.run.or(found.missed.last().copied()).max(schedule.last_at);
    if trap::on(Trap::S3) {
        transaction.commit().await?;
        failpoint::hit("schedule.fire.after_commit").await;
        let transaction = hub.store().begin().await?;
        transaction.advance_schedule(schedule.id, last, found.next).await?;
        return transaction.commit().await.map(|()| true);
    }
    transaction.advance_schedule(schedule.id, last, found.next).await?;
    failpoint::hit("schedule.fire.before_commit").await;
    transaction.commit().await?;
    failpoint::hit("schedule.fire.after_commit").await;
    hub.committed();
    Ok(true)
}

async fn list_missed(hub: &Hub, transaction: &Transaction, schedule: &Schedule, found: &Due) -> Result<()> {
    let (Some(oldest), Some(newest)) = (found.missed.first(), found.missed.last()) else {
        return Ok(());
    };
    for nominal in &found.missed {
        let mut reason = "The hub was not running, or not able to, for more than an hour after this time.".to_owned();
        if nominal < newest || found.run.is_some() {
            reason = "The hub was not running at this time; only the newest of several is made up for.".to_owned();
        }
        if nominal == oldest && found.unlisted > 0 {
            reason = format!("{reason} {} earlier ones are not listed.", found.unlisted);
        }
        let run = unserved(hub, schedule, *nominal, RunOutcome::Missed, reason);
        transaction.claim_schedule_run(&run).await?;
    }
    let count = found.missed.len() + found.unlisted;
    let message = match count {
        1 => format!("The scheduled run of {newest} was missed."),
        _ => format!("{count} scheduled runs were missed, the last of {newest}."),
    };
    let data = json!({"schedule_id": schedule.id, "nominal_at": newest, "missed": count});
    let event = NoticeEvent::ScheduleMissed;
    notifications::schedule_notice(hub, transaction, schedule, event, &message, data.clone()).await?;
    transaction.append_activity(news(hub, schedule, Event::ScheduleMissed, message, data)).await
}

fn unserved(hub: &Hub, schedule: &Schedule, nominal: Timestamp, outcome: RunOutcome, reason: String) -> ScheduleRun {
    ScheduleRun {
        schedule_id: schedule.id,
        company_id: schedule.company_id,
        nominal_at: nominal,
        decided_at: hub.now(),
        outcome,
        reason: Some(single_line(&reason, 500)),
        scan_id: Some(schedule.scan_id),
        command_id: None,
        runs_before: 0,
        finished_at: None,
        result: None,
    }
}

pub(super) fn news(
    hub: &Hub,
    schedule: &Schedule,
    event: Event,
    message: String,
    data: serde_json::Value,
) -> NewActivity {
    NewActivity {
        company_id: schedule.company_id,
        scan_id: schedule.scan_id,
        at: hub.now(),
        actor: Actor::System,
        event,
        message,
        data,
    }
}

/// One nominal time that is to be served now.
struct Judgement<'a> {
    hub: &'a Hub,
    transaction: &'a Transaction,
    schedule: &'a Schedule,
    scan: &'a Scan,
    nominal: Timestamp,
}

impl Judgement<'_> {
    async fn serve(&self, attempt: Result<Duration>) -> Result<()> {
        if let Some(open) = self.transaction.open_run_of(self.schedule.id).await?
            && !trap::on(Trap::S3)
        {
            let reason = format!("The run of {} is still under way.", open.nominal_at);
            return self.settle_without(RunOutcome::Skipped, &reason).await;
        }
        let wait = match attempt {
            Ok(wait) => wait,
            Err(error) if self.scan.vendor_state.is_active() => {
                return self.settle_without(RunOutcome::Skipped, &error.detail).await;
            }
            Err(error) => return self.settle_without(RunOutcome::Failed, &error.detail).await,
        };
        self.schedule.timetable()?;
        let started = launch::start(self.hub, self.transaction, self.schedule, self.scan, self.nominal, wait).await?;
        self.settle_with(started).await
    }

    async fn settle_with(&self, started: Started) -> Result<()> {
        let run = ScheduleRun {
            outcome: RunOutcome::Started,
            reason: None,
            scan_id: Some(started.scan_id),
            command_id: started.command_id,
            runs_before: started.runs_before,
            ..unserved(self.hub, self.schedule, self.nominal, RunOutcome::Started, String::new())
        };
        let late = run.decided_at.since(self.nominal).as_secs();
        let message = match late {
            0..60 => format!("Started by its schedule ({} {}).", self.schedule.cron, self.schedule.tz),
            _ => format!("Started by its schedule, {} min late: it was due at {}.", late / 60, self.nominal),
        };
        self.settle(run, Event::ScheduleStarted, message).await
    }

    async fn settle_without(&self, outcome: RunOutcome, reason: &str) -> Result<()> {
        let mut run = unserved(self.hub, self.schedule, self.nominal, outcome, reason.to_owned());
        if outcome == RunOutcome::Failed {
            run.finished_at = Some(run.decided_at);
            run.result = Some(RunResult::Failed);
        }
        let (event, what) = match outcome {
            RunOutcome::Skipped => (Event::ScheduleSkipped, "skipped"),
            _ => (Event::ScheduleFailed, "not started"),
        };
        let message = format!("The scheduled run of {} was {what}: {reason}", self.nominal);
        self.settle(run, event, message).await
    }

    /// Claims the nominal time. One that was served already takes everything of this transaction with it.
    async fn settle(&self, run: ScheduleRun, event: Event, message: String) -> Result<()> {
        if !self.transaction.claim_schedule_run(&run).await? {
            return Err(Error::internal(format!("{} of {} was due twice", run.nominal_at, run.schedule_id)));
        }
        let data = json!({
            "schedule_id": run.schedule_id,
            "nominal_at": run.nominal_at,
            "outcome": run.outcome,
            "started_scan_id": run.scan_id.filter(|_| run.outcome == RunOutcome::Started),
            "command_id": run.command_id,
        });
        if event == Event::ScheduleFailed {
            let told = NoticeEvent::ScheduleFailed;
            notifications::schedule_notice(self.hub, self.transaction, self.schedule, told, &message, data.clone())
                .await?;
        }
        self.transaction
            .append_activity(news(self.hub, self.schedule, event, single_line(&message, 1000), data.clone()))
            .await?;
        let grant = Grant::system(self.schedule.company_id);
        let target = format!("schedule/{}", self.schedule.id);
        self.transaction.append_audit(&self.hub.audit_entry(&grant, "schedule.fire", target, data)).await
    }
}
