//! What became of nominal times. The primary key (schedule, nominal time) is what makes a run happen once, however
//! many hubs look at the same moment.

use scanhelm_core::ids::{CompanyId, ScheduleId};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::schedule::{RunOutcome, RunResult, ScheduleRun};
use scanhelm_core::{Result, Timestamp};

use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Sql, values};
use crate::store::{Reader, Transaction};

const COLUMNS: &str = "schedule_id, nominal_at, company_id, decided_at, outcome, reason, scan_id, command_id, \
                       runs_before, finished_at, result";

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "schedule_runs",
    // Nominal times are unique within the schedule that is listed.
    id: "schedule_id",
    orders: &[Order { name: "nominal_at", keys: &[("nominal_at", Kind::Number)] }],
    total: true,
    ranges: &[],
};

fn read(row: &Row<'_>) -> Result<ScheduleRun> {
    let result = row.maybe_text("result")?;
    Ok(ScheduleRun {
        schedule_id: row.parsed("schedule_id")?,
        company_id: row.parsed("company_id")?,
        nominal_at: row.time("nominal_at")?,
        decided_at: row.time("decided_at")?,
        outcome: row.word("outcome", &RunOutcome::ALL, RunOutcome::as_str)?,
        reason: row.maybe_text("reason")?,
        scan_id: row.maybe_parsed("scan_id")?,
        command_id: row.maybe_parsed("command_id")?,
        runs_before: row.small("runs_before")?,
        finished_at: row.maybe_time("finished_at")?,
        result: result.map(|_| row.word("result", &RunResult::ALL, RunResult::as_str)).transpose()?,
    })
}

impl Reader {
    /// Sorts by `nominal_at`. The first page carries the total.
    pub async fn schedule_runs(
        &self,
        company: CompanyId,
        schedule: ScheduleId,
        outcome: Option<RunOutcome>,
        page: &PageRequest,
    ) -> Result<Page<ScheduleRun>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ? AND schedule_id = ?", values![company, schedule]);
            if let Some(outcome) = outcome {
                sql.add(" AND outcome = ?", values![outcome.as_str()]);
            }
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    /// The newest `limit` runs of each of these schedules, newest first; only unserved ones (missed, skipped, failed)
    /// when asked.
    pub async fn latest_schedule_runs(
        &self,
        company: CompanyId,
        schedules: &[ScheduleId],
        only_unserved: bool,
        limit: u32,
    ) -> Result<Vec<ScheduleRun>> {
        if schedules.is_empty() {
            return Ok(Vec::new());
        }
        let text = format!(
            "SELECT {COLUMNS} FROM (SELECT {COLUMNS}, row_number() OVER (PARTITION BY schedule_id \
             ORDER BY nominal_at DESC) AS place FROM schedule_runs WHERE company_id = ?{} AND",
            if only_unserved { " AND outcome <> 'started'" } else { "" }
        );
        let mut sql = self.sql(&text, values![company]);
        sql.among("schedule_id", schedules.iter().map(ToString::to_string));
        sql.add(") newest WHERE place <= ? ORDER BY nominal_at DESC, schedule_id", values![limit]);
        self.connection().all(sql, read).await
    }

    /// Started, not known to have ended and worth a look: what [`ending`](scanhelm_core::schedule::ending) may have an
    /// answer for. Of all companies, oldest first. Those that simply run are left out, so that however many of them
    /// cannot hide the others.
    pub async fn ending_schedule_runs(&self, accepted_before: Timestamp, limit: u32) -> Result<Vec<ScheduleRun>> {
        let names: Vec<_> = COLUMNS.split(", ").map(|name| format!("r.{name}")).collect();
        let text = format!(
            "SELECT {} FROM schedule_runs r LEFT JOIN scans s ON s.id = r.scan_id \
             LEFT JOIN commands c ON c.id = r.command_id \
             WHERE r.outcome = 'started' AND r.finished_at IS NULL AND (s.id IS NULL \
             OR (r.command_id IS NOT NULL AND (c.id IS NULL OR c.state = 'refused' OR s.run_number > r.runs_before + 1 \
             OR (c.state = 'accepted' AND c.finished_at < ? AND s.run_number <= r.runs_before))) \
             OR ((r.command_id IS NULL OR s.run_number > r.runs_before) AND (s.vendor_state IN ('failed', 'cancelled') \
             OR (s.vendor_state = 'completed' AND s.import_state IN ('done', 'partial', 'failed'))))) \
             ORDER BY r.nominal_at, r.schedule_id LIMIT ?",
            names.join(", ")
        );
        self.connection().all(self.sql(&text, values![accepted_before, limit]), read).await
    }

    /// The run of a schedule that has not ended, the newest if there are several.
    pub async fn open_run_of(&self, schedule: ScheduleId) -> Result<Option<ScheduleRun>> {
        let text = format!(
            "SELECT {COLUMNS} FROM schedule_runs WHERE schedule_id = ? AND outcome = 'started' \
             AND finished_at IS NULL ORDER BY nominal_at DESC LIMIT 1"
        );
        self.connection().optional(self.sql(&text, values![schedule]), read).await
    }
}

impl Transaction {
    /// Claims a nominal time. `false`: it has been served, and nothing may be done for it.
    pub async fn claim_schedule_run(&self, run: &ScheduleRun) -> Result<bool> {
        let text = format!(
            "INSERT INTO schedule_runs ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (schedule_id, nominal_at) DO NOTHING"
        );
        let values = values![
            run.schedule_id,
            run.nominal_at,
            run.company_id,
            run.decided_at,
            run.outcome.as_str(),
            run.reason,
            run.scan_id,
            run.command_id,
            run.runs_before,
            run.finished_at,
            run.result.map(RunResult::as_str)
        ];
        Ok(self.write(&text, values).await? > 0)
    }

    /// Writes how a started run ended. `false`: someone else has.
    pub async fn settle_schedule_run(&self, run: &ScheduleRun) -> Result<bool> {
        let text = "UPDATE schedule_runs SET outcome = ?, reason = ?, finished_at = ?, result = ? \
                    WHERE schedule_id = ? AND nominal_at = ? AND outcome = 'started' AND finished_at IS NULL";
        let values = values![
            run.outcome.as_str(),
            run.reason,
            run.finished_at,
            run.result.map(RunResult::as_str),
            run.schedule_id,
            run.nominal_at
        ];
        Ok(self.write(text, values).await? > 0)
    }

    /// Removes ended runs judged before `before`, but never a schedule's latest; how many.
    pub async fn prune_schedule_runs(&self, before: Timestamp) -> Result<u64> {
        let text = "DELETE FROM schedule_runs WHERE decided_at < ? AND (outcome <> 'started' OR finished_at IS NOT NULL) \
                    AND nominal_at < (SELECT last_at FROM schedules WHERE schedules.id = schedule_runs.schedule_id)";
        self.write(text, values![before]).await
    }
}
