//! Reading schedules: with their next times, and with the times that were not served.

use std::collections::HashMap;

use scanhelm_core::ids::{ScanId, ScheduleId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::schedule::{RunOutcome, Schedule, ScheduleRun, Timetable};
use scanhelm_core::{Error, Result, Timestamp};
use scanhelm_store::ScheduleFilter;

use super::Schedules;

/// Next times shown.
const SHOWN_FIRES: usize = 5;
/// Times not served that come with a schedule; the rest is in its runs.
const SHOWN_UNSERVED: u32 = 5;

/// A schedule with what depends on more than its row.
#[derive(Clone, Debug)]
pub struct ScheduleView {
    pub schedule: Schedule,
    pub scan_name: String,
    pub vendor: Option<String>,
    pub integration_name: Option<String>,
    /// The next five nominal times; none while it does not run.
    pub next_fires: Vec<Timestamp>,
    pub last_run: Option<ScheduleRun>,
    /// The newest nominal times that started no run (missed, skipped or failed), newest first.
    pub not_served: Vec<ScheduleRun>,
}

/// What a timetable amounts to, before it is anyone's.
#[derive(Clone, Debug)]
pub struct Preview {
    pub cron: String,
    pub tz: String,
    /// It means "again and again" and so follows a clock that changes.
    pub follows_the_clock: bool,
    pub next_fires: Vec<Timestamp>,
}

impl Schedules<'_> {
    pub async fn get(&self, grant: &Grant, id: ScheduleId) -> Result<ScheduleView> {
        let schedule = self.row(grant, id).await?;
        self.views(grant, vec![schedule]).await?.pop().ok_or_else(Error::not_found)
    }

    pub async fn list(&self, grant: &Grant, filter: &ScheduleFilter, page: &PageRequest) -> Result<Page<ScheduleView>> {
        grant.require(Permission::ScanRead)?;
        let found = self.hub.store().list_schedules(grant.company, filter, page).await?;
        let items = self.views(grant, found.items).await?;
        Ok(Page { items, next_cursor: found.next_cursor, total: found.total })
    }

    /// What became of its nominal times.
    pub async fn runs(
        &self,
        grant: &Grant,
        id: ScheduleId,
        outcome: Option<RunOutcome>,
        page: &PageRequest,
    ) -> Result<Page<ScheduleRun>> {
        self.row(grant, id).await?;
        self.hub.store().schedule_runs(grant.company, id, outcome, page).await
    }

    /// The next times of a timetable that nobody has stored; refused as storing it would be.
    pub fn preview(&self, grant: &Grant, cron: &str, tz: &str) -> Result<Preview> {
        grant.require(Permission::ScanRead)?;
        let timetable = Timetable::read(cron, tz)?;
        Ok(Preview {
            next_fires: timetable.fires_after(self.hub.now()).take(SHOWN_FIRES).collect(),
            follows_the_clock: timetable.cron.follows_the_clock(),
            cron: timetable.cron.to_string(),
            tz: timetable.zone.to_string(),
        })
    }

    pub(super) async fn row(&self, grant: &Grant, id: ScheduleId) -> Result<Schedule> {
        grant.require(Permission::ScanRead)?;
        self.hub.store().schedule(grant.company, id).await?.ok_or_else(Error::not_found)
    }

    async fn views(&self, grant: &Grant, schedules: Vec<Schedule>) -> Result<Vec<ScheduleView>> {
        let store = self.hub.store();
        let ids: Vec<ScheduleId> = schedules.iter().map(|schedule| schedule.id).collect();
        let scans: Vec<ScanId> = schedules.iter().map(|schedule| schedule.scan_id).collect();
        let scans: HashMap<ScanId, _> =
            store.scans_of(grant.company, &scans).await?.into_iter().map(|scan| (scan.id, scan)).collect();
        let integrations: HashMap<_, _> = store
            .integrations(grant.company)
            .await?
            .into_iter()
            .map(|integration| (integration.id, integration.name))
            .collect();
        let mut last: HashMap<ScheduleId, ScheduleRun> = store
            .latest_schedule_runs(grant.company, &ids, false, 1)
            .await?
            .into_iter()
            .map(|run| (run.schedule_id, run))
            .collect();
        let mut not_served: HashMap<ScheduleId, Vec<ScheduleRun>> = HashMap::new();
        for run in store.latest_schedule_runs(grant.company, &ids, true, SHOWN_UNSERVED).await? {
            not_served.entry(run.schedule_id).or_default().push(run);
        }
        let views = schedules.into_iter().map(|schedule| {
            let scan = scans.get(&schedule.scan_id);
            let integration = scan.and_then(|scan| scan.integration_id);
            ScheduleView {
                scan_name: scan.map(|scan| scan.name.clone()).unwrap_or_default(),
                vendor: scan.and_then(|scan| scan.vendor.clone()),
                integration_name: integration.and_then(|id| integrations.get(&id).cloned()),
                next_fires: next_fires(&schedule),
                last_run: last.remove(&schedule.id),
                not_served: not_served.remove(&schedule.id).unwrap_or_default(),
                schedule,
            }
        });
        Ok(views.collect())
    }
}

/// From the stored next time on, so that what is shown is what will be done.
fn next_fires(schedule: &Schedule) -> Vec<Timestamp> {
    let Some(next) = schedule.next_at.filter(|_| schedule.is_active()) else {
        return Vec::new();
    };
    let later = schedule.timetable().map(|timetable| timetable.fires_after(next).take(SHOWN_FIRES - 1).collect());
    std::iter::once(next).chain(later.unwrap_or_else(|_| Vec::new())).collect()
}
