//! Making, changing and removing schedules. An edit counts at once: it computes the next time in its own transaction,
//! in turns with whoever fires. A nominal time that has already come stays due, so that it is served once whatever
//! the new times are; the new ones come next.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{ScanId, ScheduleId};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::scan::Scan;
use scanhelm_core::schedule::{Schedule, Timetable};
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::Transaction;
use serde_json::json;

use super::launch::require_launchable;
use super::{ScheduleView, Schedules};
use crate::Hub;

/// Taken when nobody names a zone.
const DEFAULT_ZONE: &str = "UTC";

/// The body of `POST /schedules`.
#[derive(Clone, Debug)]
pub struct NewSchedule {
    pub scan_id: ScanId,
    pub cron: String,
    pub tz: Option<String>,
    pub enabled: bool,
}

/// Only what is `Some` changes.
#[derive(Clone, Debug, Default)]
pub struct ScheduleChange {
    pub cron: Option<String>,
    pub tz: Option<String>,
    pub enabled: Option<bool>,
}

/// A timetable that was checked, for a scan that is about to be made.
#[derive(Debug)]
pub(crate) struct Planned {
    timetable: Timetable,
}

impl Schedules<'_> {
    pub async fn create(&self, grant: &Grant, new: NewSchedule) -> Result<ScheduleView> {
        grant.require(Permission::ScheduleManage)?;
        let missing = || Error::field("scan_id", "unknown", "There is no such scan.");
        let scan = self.hub.store().scan(grant.company, new.scan_id).await?.ok_or_else(missing)?;
        let company = self.hub.store().company(grant.company).await?.ok_or_else(Error::not_found)?;
        if company.status == CompanyStatus::Deactivated {
            return Err(Error::new(
                ErrorCode::CompanyDeactivated,
                "The company is deactivated: no new schedules. An operator can activate it again.",
            ));
        }
        let planned = Planned::read(&new.cron, new.tz.as_deref())?;
        require_launchable(self.hub, &scan).await?;
        let transaction = self.hub.store().begin().await?;
        let schedule = planned.write(self.hub, &transaction, grant, &scan, new.enabled).await?;
        transaction.commit().await?;
        self.hub.committed();
        self.get(grant, schedule.id).await
    }

    pub async fn change(
        &self,
        grant: &Grant,
        id: ScheduleId,
        change: ScheduleChange,
        expected_version: Option<i64>,
    ) -> Result<ScheduleView> {
        self.row(grant, id).await?;
        grant.require(Permission::ScheduleManage)?;
        let transaction = self.hub.store().begin().await?;
        write_edit(self.hub, &transaction, grant, id, &change, expected_version).await?;
        transaction.commit().await?;
        self.hub.committed();
        self.hub.0.wake.schedules.notify_one();
        self.get(grant, id).await
    }

    pub async fn delete(&self, grant: &Grant, id: ScheduleId) -> Result<()> {
        let schedule = self.row(grant, id).await?;
        grant.require(Permission::ScheduleManage)?;
        let transaction = self.hub.store().begin().await?;
        write_removal(self.hub, &transaction, grant, &schedule).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(())
    }
}

impl Planned {
    fn read(cron: &str, tz: Option<&str>) -> Result<Self> {
        Ok(Self { timetable: Timetable::read(cron, tz.unwrap_or(DEFAULT_ZONE))? })
    }

    /// Refused under the names that the fields have in a scan.
    pub(crate) fn read_for_scan(cron: &str, tz: Option<&str>) -> Result<Self> {
        Self::read(cron, tz).map_err(of_a_scan)
    }

    /// The row with its feed and audit.
    pub(crate) async fn write(
        self,
        hub: &Hub,
        transaction: &Transaction,
        grant: &Grant,
        scan: &Scan,
        enabled: bool,
    ) -> Result<Schedule> {
        let now = hub.now();
        let schedule = Schedule {
            id: ScheduleId::new(hub.ids()),
            company_id: grant.company,
            scan_id: scan.id,
            cron: self.timetable.cron.to_string(),
            tz: self.timetable.zone.to_string(),
            enabled,
            suspended: None,
            next_at: self.timetable.next_fire(now).filter(|_| enabled),
            last_at: None,
            created_by: grant.actor,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        transaction.insert_schedule(&schedule).await?;
        let message = format!("Scheduled: {} ({}).", schedule.cron, schedule.tz);
        record(hub, transaction, grant, &schedule, "schedule.create", message).await?;
        Ok(schedule)
    }
}

/// What `PATCH /scans/{id}` says about the schedule, inside the scan's own transaction.
pub(crate) async fn written_change(
    hub: &Hub,
    transaction: &Transaction,
    grant: &Grant,
    scan: &Scan,
    cron: Option<Option<String>>,
    tz: Option<String>,
) -> Result<()> {
    if cron.is_none() && tz.is_none() {
        return Ok(());
    }
    grant.require(Permission::ScheduleManage)?;
    let present = transaction.schedule_of_scan(grant.company, scan.id).await?;
    match (cron, present) {
        (Some(None), Some(schedule)) => write_removal(hub, transaction, grant, &schedule).await,
        (Some(None), None) => Ok(()),
        (Some(Some(cron)), None) => {
            let planned = Planned::read_for_scan(&cron, tz.as_deref())?;
            require_launchable(hub, scan).await?;
            planned.write(hub, transaction, grant, scan, true).await.map(|_| ())
        }
        (None, None) => Err(Error::field("schedule_tz", "conflict", "The scan has no schedule. Give a schedule_cron.")),
        (cron, Some(schedule)) => {
            let change = ScheduleChange { cron: cron.flatten(), tz, enabled: None };
            write_edit(hub, transaction, grant, schedule.id, &change, None).await.map_err(of_a_scan)
        }
    }
}

/// `cron` and `tz` are `schedule_cron` and `schedule_tz` there.
fn of_a_scan(mut error: Error) -> Error {
    for field in &mut error.fields {
        field.field.insert_str(0, "schedule_");
    }
    if error.fields.is_empty() { error } else { Error::fields(error.fields) }
}

async fn write_edit(
    hub: &Hub,
    transaction: &Transaction,
    grant: &Grant,
    id: ScheduleId,
    change: &ScheduleChange,
    expected_version: Option<i64>,
) -> Result<()> {
    let mut schedule = transaction.lock_schedule(id).await?.ok_or_else(Error::not_found)?;
    if expected_version.is_some_and(|expected| expected != schedule.version) {
        return Err(Error::new(
            ErrorCode::StaleVersion,
            "The schedule changed since you read it. Read it again and repeat.",
        ));
    }
    let cron = change.cron.as_deref().unwrap_or(&schedule.cron);
    let timetable = Timetable::read(cron, change.tz.as_deref().unwrap_or(&schedule.tz))?;
    let now = hub.now();
    schedule.cron = timetable.cron.to_string();
    schedule.tz = timetable.zone.to_string();
    schedule.enabled = change.enabled.unwrap_or(schedule.enabled);
    schedule.updated_at = now;
    let due = schedule.next_at.filter(|at| *at <= now);
    schedule.next_at = if schedule.is_active() { due.or_else(|| schedule.next_after(&timetable, now)) } else { None };
    let version = schedule.version;
    transaction.save_schedule(&schedule, version).await?;
    let message = match change.enabled {
        Some(false) => "Schedule paused.".to_owned(),
        Some(true) => format!("Schedule resumed: {} ({}).", schedule.cron, schedule.tz),
        None => format!("Schedule changed: {} ({}).", schedule.cron, schedule.tz),
    };
    record(hub, transaction, grant, &schedule, "schedule.update", message).await
}

async fn write_removal(hub: &Hub, transaction: &Transaction, grant: &Grant, schedule: &Schedule) -> Result<()> {
    if !transaction.delete_schedule(grant.company, schedule.id).await? {
        return Err(Error::not_found());
    }
    record(hub, transaction, grant, schedule, "schedule.delete", "Schedule removed.".to_owned()).await
}

/// Feed and audit of one change.
pub(super) async fn record(
    hub: &Hub,
    transaction: &Transaction,
    grant: &Grant,
    schedule: &Schedule,
    action: &str,
    message: String,
) -> Result<()> {
    let data = json!({
        "schedule_id": schedule.id,
        "scan_id": schedule.scan_id,
        "cron": schedule.cron,
        "tz": schedule.tz,
        "enabled": schedule.enabled,
        "suspended": schedule.suspended,
        "next_at": schedule.next_at,
    });
    transaction
        .append_activity(NewActivity {
            company_id: schedule.company_id,
            scan_id: schedule.scan_id,
            at: hub.now(),
            actor: grant.actor,
            event: Event::ScheduleChanged,
            message,
            data: data.clone(),
        })
        .await?;
    transaction.append_audit(&hub.audit_entry(grant, action, format!("schedule/{}", schedule.id), data)).await
}
