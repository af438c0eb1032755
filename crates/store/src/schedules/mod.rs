//! Schedules. What became of their nominal times is in [`runs`].

mod runs;

use scanhelm_core::ids::{CompanyId, ScanId, ScheduleId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::schedule::{Schedule, SuspendReason};
use scanhelm_core::{Result, Timestamp};
use sea_orm::Value;

use crate::integrations::stale;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Sql, json, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "id, company_id, scan_id, cron, tz, enabled, suspended, next_at, last_at, created_by, \
                       created_at, updated_at, version";

/// Paused ones come last when the next time is what sorts.
const NEVER: &str = "COALESCE(next_at, 9007199254740991)";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "schedules",
    id: "id",
    orders: &[
        Order { name: "created_at", keys: &[("created_at", Kind::Number)] },
        Order { name: "next_at", keys: &[(NEVER, Kind::Number)] },
    ],
    total: true,
    ranges: &[],
};

#[derive(Clone, Copy, Debug, Default)]
pub struct ScheduleFilter {
    pub scan_id: Option<ScanId>,
    /// Running or paused, by whomever.
    pub active: Option<bool>,
}

fn read(row: &Row<'_>) -> Result<Schedule> {
    let suspended = row.maybe_text("suspended")?;
    Ok(Schedule {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        scan_id: row.parsed("scan_id")?,
        cron: row.text("cron")?,
        tz: row.text("tz")?,
        enabled: row.flag("enabled")?,
        suspended: suspended.map(|_| row.word("suspended", &SuspendReason::ALL, SuspendReason::as_str)).transpose()?,
        next_at: row.maybe_time("next_at")?,
        last_at: row.maybe_time("last_at")?,
        created_by: row.json("created_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.integer("version")?,
    })
}

impl Reader {
    pub async fn schedule(&self, company: CompanyId, id: ScheduleId) -> Result<Option<Schedule>> {
        self.schedule_where("company_id = ? AND id = ?", values![company, id]).await
    }

    pub async fn schedule_of_scan(&self, company: CompanyId, scan: ScanId) -> Result<Option<Schedule>> {
        self.schedule_where("company_id = ? AND scan_id = ?", values![company, scan]).await
    }

    pub async fn schedules_of_scans(&self, company: CompanyId, scans: &[ScanId]) -> Result<Vec<Schedule>> {
        if scans.is_empty() {
            return Ok(Vec::new());
        }
        let text = format!("SELECT {COLUMNS} FROM schedules WHERE company_id = ? AND");
        let mut sql = self.sql(&text, values![company]);
        sql.among("scan_id", scans.iter().map(ToString::to_string));
        self.connection().all(sql, read).await
    }

    /// Sorts by `created_at` or `next_at`, where those that do not run come last. The first page carries the total.
    pub async fn list_schedules(
        &self,
        company: CompanyId,
        filter: &ScheduleFilter,
        page: &PageRequest,
    ) -> Result<Page<Schedule>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ?", values![company]);
            if let Some(scan) = filter.scan_id {
                sql.add(" AND scan_id = ?", values![scan]);
            }
            if let Some(active) = filter.active {
                sql.push(if active { " AND next_at IS NOT NULL" } else { " AND next_at IS NULL" });
            }
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    /// With a nominal time that has come, of all companies; the longest waiting first.
    pub async fn due_schedules(&self, now: Timestamp, limit: u32) -> Result<Vec<Schedule>> {
        let text = format!("SELECT {COLUMNS} FROM schedules WHERE next_at <= ? ORDER BY next_at, id LIMIT ?");
        self.connection().all(self.sql(&text, values![now, limit]), read).await
    }

    /// Everything that runs, of all companies, after the given id. For computing the next times anew.
    pub async fn running_schedules(&self, after: Option<ScheduleId>, limit: u32) -> Result<Vec<Schedule>> {
        let text = format!(
            "SELECT {COLUMNS} FROM schedules WHERE enabled = 1 AND suspended IS NULL AND id > ? ORDER BY id LIMIT ?"
        );
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        self.connection().all(self.sql(&text, values![after, limit]), read).await
    }

    /// Held back or running against what their company's status asks for. Second: whether it should be held back.
    pub async fn schedules_out_of_step(&self, limit: u32) -> Result<Vec<(Schedule, bool)>> {
        let names: Vec<_> = COLUMNS.split(", ").map(|name| format!("s.{name}")).collect();
        let text = format!(
            "SELECT {}, c.status AS company_status FROM schedules s \
             JOIN companies c ON c.id = s.company_id \
             WHERE (c.status = 'deactivated' AND s.suspended IS NULL) \
             OR (c.status = 'active' AND s.suspended = 'company_deactivated') ORDER BY s.id LIMIT ?",
            names.join(", ")
        );
        self.connection()
            .all(self.sql(&text, values![limit]), |row| Ok((read(row)?, row.text("company_status")? == "deactivated")))
            .await
    }

    async fn schedule_where(&self, test: &str, values: Vec<Value>) -> Result<Option<Schedule>> {
        let sql = self.sql(&format!("SELECT {COLUMNS} FROM schedules WHERE {test}"), values);
        self.connection().optional(sql, read).await
    }
}

impl Transaction {
    pub async fn insert_schedule(&self, schedule: &Schedule) -> Result<()> {
        let text = format!("INSERT INTO schedules ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        let values = values![
            schedule.id,
            schedule.company_id,
            schedule.scan_id,
            schedule.cron,
            schedule.tz,
            schedule.enabled,
            schedule.suspended.map(SuspendReason::as_str),
            schedule.next_at,
            schedule.last_at,
            json(&schedule.created_by)?,
            schedule.created_at,
            schedule.updated_at,
            schedule.version
        ];
        self.write(&text, values).await.map(|_| ())
    }

    /// The schedule as it is now, kept so until the commit: whoever fires it and whoever edits it take turns.
    pub async fn lock_schedule(&self, id: ScheduleId) -> Result<Option<Schedule>> {
        let lock = self.row_lock();
        self.schedule_where(&format!("id = ?{lock}"), values![id]).await
    }

    /// Writes an edit and answers the new version; stale when the row is not at `expected_version` any more.
    pub async fn save_schedule(&self, schedule: &Schedule, expected_version: i64) -> Result<i64> {
        let text = "UPDATE schedules SET cron = ?, tz = ?, enabled = ?, suspended = ?, next_at = ?, updated_at = ?, \
                    version = ? WHERE company_id = ? AND id = ? AND version = ?";
        let values = values![
            schedule.cron,
            schedule.tz,
            schedule.enabled,
            schedule.suspended.map(SuspendReason::as_str),
            schedule.next_at,
            schedule.updated_at,
            expected_version + 1,
            schedule.company_id,
            schedule.id,
            expected_version
        ];
        match self.write(text, values).await? {
            0 => Err(stale("schedule")),
            _ => Ok(expected_version + 1),
        }
    }

    /// Moves a locked schedule on. No edit: the version stays.
    pub async fn advance_schedule(
        &self,
        id: ScheduleId,
        last_at: Option<Timestamp>,
        next_at: Option<Timestamp>,
    ) -> Result<()> {
        let text = "UPDATE schedules SET last_at = ?, next_at = ? WHERE id = ?";
        self.write(text, values![last_at, next_at, id]).await.map(|_| ())
    }

    /// Whether there was one.
    pub async fn delete_schedule(&self, company: CompanyId, id: ScheduleId) -> Result<bool> {
        Ok(self.write("DELETE FROM schedules WHERE company_id = ? AND id = ?", values![company, id]).await? > 0)
    }
}
