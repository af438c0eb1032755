//! Keeping schedules true to what may change behind them: their company's status, the rules of their zone, and the
//! amount of history.

use std::time::Duration;

use scanhelm_core::Result;
use scanhelm_core::ids::ScheduleId;
use scanhelm_core::permission::Grant;
use scanhelm_core::schedule::SuspendReason;

use super::edit::record;
use crate::Hub;

const AT_ONCE: u32 = 200;

/// What became of nominal times is kept this long.
const KEPT: Duration = Duration::from_hours(90 * 24);

/// A deactivated company's schedules are held back with that reason, and go on from the present when it is active
/// again: what fell in between is not made up for.
pub(super) async fn follow_companies(hub: &Hub) -> Result<u64> {
    let mut moved = 0;
    for (found, held) in hub.store().schedules_out_of_step(AT_ONCE).await? {
        let transaction = hub.store().begin().await?;
        let Some(mut schedule) = transaction.lock_schedule(found.id).await? else {
            continue;
        };
        if schedule.version != found.version {
            continue;
        }
        let now = hub.now();
        schedule.suspended = held.then_some(SuspendReason::CompanyDeactivated);
        schedule.next_at = match schedule.timetable() {
            Ok(timetable) if schedule.is_active() => schedule.next_after(&timetable, now),
            _ => None,
        };
        schedule.updated_at = now;
        let version = schedule.version;
        transaction.save_schedule(&schedule, version).await?;
        let (action, message) = match held {
            true => ("schedule.suspend", "Schedule held back: the company is deactivated."),
            false => ("schedule.release", "The company is active again; its schedule goes on."),
        };
        let grant = Grant::system(schedule.company_id);
        record(hub, &transaction, &grant, &schedule, action, message.to_owned()).await?;
        transaction.commit().await?;
        hub.committed();
        moved += 1;
    }
    Ok(moved)
}

/// Computes all next times anew, from rows that somebody may have changed and zones whose rules may be others in this
/// build, and forgets old history. Past times, and one that is due, stay as they are. How many moved.
pub(crate) async fn reload(hub: &Hub) -> Result<u64> {
    let mut moved = 0;
    let mut after = None;
    loop {
        let schedules = hub.store().running_schedules(after, AT_ONCE).await?;
        let Some(last) = schedules.last() else {
            break;
        };
        after = Some(last.id);
        for schedule in schedules {
            let Ok(timetable) = schedule.timetable() else {
                tracing::warn!(schedule = %schedule.id, cron = schedule.cron, tz = schedule.tz, "not readable");
                continue;
            };
            let now = hub.now();
            let due = schedule.next_at.is_some_and(|at| at <= now);
            if !due && schedule.next_after(&timetable, now) != schedule.next_at {
                moved += u64::from(correct(hub, schedule.id).await?);
            }
        }
    }
    let transaction = hub.store().begin().await?;
    transaction.prune_schedule_runs(hub.now().minus(KEPT)).await?;
    transaction.commit().await?;
    Ok(moved)
}

async fn correct(hub: &Hub, id: ScheduleId) -> Result<bool> {
    let transaction = hub.store().begin().await?;
    let Some(schedule) = transaction.lock_schedule(id).await?.filter(scanhelm_core::schedule::Schedule::is_active)
    else {
        return Ok(false);
    };
    let now = hub.now();
    if schedule.next_at.is_some_and(|at| at <= now) {
        return Ok(false);
    }
    let next = schedule.next_after(&schedule.timetable()?, now);
    transaction.advance_schedule(schedule.id, schedule.last_at, next).await?;
    transaction.commit().await?;
    Ok(true)
}
