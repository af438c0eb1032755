//! The job queue. A job is leased, never popped: a dead worker's lease runs out and the job is claimed again under a
//! higher epoch, which fences whatever the old worker still tries to write.
//!
//! Claiming is one short transaction of its own; jobs never run inside it. On PostgreSQL claimers take turns by an
//! advisory lock, because two of them looking at once could each start a job of one concurrency key; rows that are
//! locked by a worker's running batch are skipped, so that a claim never waits for an import.

use std::time::Duration;

use scanhelm_core::ids::{CompanyId, JobId};
use scanhelm_core::job::{Job, JobState, Lease, NewJob};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};

use crate::connection::Backend;
use crate::paging::{Kind, Listing, Order};
use crate::row::Row;
use crate::sql::{Sql, values};
use crate::store::{Reader, Store, Transaction};

const COLUMNS: &str = "id, company_id, kind, payload, dedup_key, concurrency_key, priority, state, attempts, \
                       max_attempts, run_at, epoch, lease_owner, lease_until, cancel_requested, progress, result, \
                       error, created_at, started_at, finished_at";

/// Two times "now". The states come first in the words of the index `jobs_due`: SQLite uses it for nothing that it would
/// have to derive, and would read every finished job.
const DUE: &str = "state IN ('queued', 'running') AND \
                   ((state = 'queued' AND run_at <= ?) OR (state = 'running' AND lease_until <= ?))";

/// One claimer at a time on PostgreSQL.
const CLAIM_LOCK: i64 = 0x5343_414e_434c_4d53;

const LISTING: Listing<'_> = Listing {
    columns: COLUMNS,
    tables: "jobs",
    id: "id",
    orders: &[Order { name: "created_at", keys: &[("created_at", Kind::Number)] }],
    total: true,
    ranges: &[],
};

#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    pub kind: Option<String>,
    pub state: Option<JobState>,
}

/// What a worker learns from a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatAnswer {
    /// `false`: the job was lost to another worker or ended; stop and write nothing.
    pub held: bool,
    pub cancel_requested: bool,
}

/// Unfinished jobs of one kind, of all companies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobBacklog {
    pub kind: String,
    pub queued: u64,
    pub running: u64,
    /// The earliest time that a queued job could have started; it may lie ahead.
    pub oldest_due: Option<Timestamp>,
}

/// The whole installation's backlog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    pub queued: u64,
    pub running: u64,
    /// The earliest time that a queued job could have started.
    pub oldest_due: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> Result<Job> {
    Ok(Job {
        id: row.parsed("id")?,
        company_id: row.parsed("company_id")?,
        kind: row.text("kind")?,
        payload: row.json("payload")?,
        dedup_key: row.maybe_text("dedup_key")?,
        concurrency_key: row.maybe_text("concurrency_key")?,
        priority: row.small("priority")?,
        state: row.word("state", &JobState::ALL, JobState::as_str)?,
        attempts: row.small("attempts")?,
        max_attempts: row.small("max_attempts")?,
        run_at: row.time("run_at")?,
        epoch: row.integer("epoch")?,
        lease_owner: row.maybe_text("lease_owner")?,
        lease_until: row.maybe_time("lease_until")?,
        cancel_requested: row.flag("cancel_requested")?,
        progress: row.maybe_json("progress")?,
        result: row.maybe_json("result")?,
        error: row.maybe_text("error")?,
        created_at: row.time("created_at")?,
        started_at: row.maybe_time("started_at")?,
        finished_at: row.maybe_time("finished_at")?,
    })
}

impl Reader {
    pub async fn job(&self, company: CompanyId, id: JobId) -> Result<Option<Job>> {
        let text = format!("SELECT {COLUMNS} FROM jobs WHERE company_id = ? AND id = ?");
        self.connection().optional(self.sql(&text, values![company, id]), read).await
    }

    /// Sorts by `created_at`.
    pub async fn jobs(&self, company: CompanyId, page: &PageRequest, filter: &JobFilter) -> Result<Page<Job>> {
        let conditions = |sql: &mut Sql| {
            sql.add(" company_id = ?", values![company]);
            if let Some(kind) = &filter.kind {
                sql.add(" AND kind = ?", values![kind]);
            }
            if let Some(state) = filter.state {
                sql.add(" AND state = ?", values![state.as_str()]);
            }
        };
        LISTING.page(self.connection(), page, conditions, read).await
    }

    /// Payloads of the jobs of a kind that wait or run, of all companies.
    pub async fn unfinished_payloads(&self, kind: &str) -> Result<Vec<serde_json::Value>> {
        let text = "SELECT payload FROM jobs WHERE kind = ? AND state IN ('queued', 'running')";
        self.connection().all(self.sql(text, values![kind]), |row| row.json("payload")).await
    }

    pub async fn queue_depth(&self) -> Result<QueueDepth> {
        let text = "SELECT state, count(*) AS jobs, min(run_at) AS oldest FROM jobs \
                    WHERE state IN ('queued', 'running') GROUP BY state";
        let rows = self
            .connection()
            .all(self.sql(text, values![]), |row| {
                let state = row.word("state", &JobState::ALL, JobState::as_str)?;
                Ok((state, row.count("jobs")?, row.maybe_time("oldest")?))
            })
            .await?;
        let mut depth = QueueDepth::default();
        for (state, jobs, oldest) in rows {
            match state {
                JobState::Queued => (depth.queued, depth.oldest_due) = (jobs, oldest),
                _ => depth.running = jobs,
            }
        }
        Ok(depth)
    }
}

impl Reader {
    /// The backlog of the whole installation, by kind.
    pub async fn job_backlog(&self) -> Result<Vec<JobBacklog>> {
        let text = "SELECT kind, count(CASE WHEN state = 'queued' THEN 1 END) AS queued, \
                    count(CASE WHEN state = 'running' THEN 1 END) AS running, \
                    min(CASE WHEN state = 'queued' THEN run_at END) AS oldest FROM jobs \
                    WHERE state IN ('queued', 'running') GROUP BY kind ORDER BY kind";
        self.connection()
            .all(self.sql(text, values![]), |row| {
                Ok(JobBacklog {
                    kind: row.text("kind")?,
                    queued: row.count("queued")?,
                    running: row.count("running")?,
                    oldest_due: row.maybe_time("oldest")?,
                })
            })
            .await
    }
}

impl Transaction {
    /// Where an unfinished job of the same dedup key exists, that one's id; else the new job's.
    pub async fn enqueue(&self, job: &NewJob, now: Timestamp) -> Result<JobId> {
        let text = "INSERT INTO jobs (id, company_id, kind, payload, dedup_key, concurrency_key, priority, state, \
                    attempts, max_attempts, run_at, epoch, cancel_requested, created_at) \
                    VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, 0, 0, ?) \
                    ON CONFLICT (company_id, dedup_key) \
                    WHERE dedup_key IS NOT NULL AND state IN ('queued', 'running') DO NOTHING";
        let existing = "SELECT id FROM jobs WHERE company_id = ? AND dedup_key = ? AND state IN ('queued', 'running')";
        // On PostgreSQL the job in the way may end between the two statements; then there is room for ours.
        for _ in 0..3 {
            let values = values![
                job.id,
                job.company_id,
                job.kind,
                job.payload,
                job.dedup_key,
                job.concurrency_key,
                job.priority,
                job.max_attempts,
                job.run_at,
                now
            ];
            if self.write(text, values).await? > 0 {
                self.wake();
                return Ok(job.id);
            }
            let sql = self.sql(existing, values![job.company_id, job.dedup_key]);
            if let Some(id) = self.connection().optional(sql, |row| row.parsed("id")).await? {
                return Ok(id);
            }
        }
        Err(Error::store_unavailable("a job of one dedup key came and went several times while enqueueing another"))
    }

    /// Makes this transaction valid only while the lease is held: call it before the batch's writes. On PostgreSQL
    /// it keeps the job from being claimed by others until the commit.
    pub async fn fence(&self, lease: &Lease) -> Result<()> {
        let lock = self.row_lock();
        let text = format!("SELECT id FROM jobs WHERE id = ? AND epoch = ? AND state = 'running'{lock}");
        let held = self
            .connection()
            .optional(self.sql(&text, values![lease.job_id, lease.epoch]), |row| row.text("id"))
            .await?;
        held.map(|_| ()).ok_or_else(|| lost(lease))
    }

    /// Ends a job for good. [`ErrorCode::Conflict`] when the lease is lost; then nothing of the transaction should
    /// be committed.
    pub async fn finish_job(
        &self,
        lease: &Lease,
        state: JobState,
        result: Option<&serde_json::Value>,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        if !state.is_terminal() {
            return Err(Error::internal(format!("a job cannot be finished as {}", state.as_str())));
        }
        let text = "UPDATE jobs SET state = ?, result = ?, error = ?, finished_at = ?, lease_owner = NULL, \
                    lease_until = NULL WHERE id = ? AND epoch = ? AND state = 'running'";
        let result = result.map(ToString::to_string);
        let values = values![state.as_str(), result, error, now, lease.job_id, lease.epoch];
        match self.write(text, values).await? {
            0 => Err(lost(lease)),
            _ => Ok(()),
        }
    }

    /// Gives a failed attempt another time, or ends the job as failed when its attempts are used up. Answers which.
    pub async fn retry_job(&self, lease: &Lease, run_at: Timestamp, error: &str, now: Timestamp) -> Result<JobState> {
        let again = "UPDATE jobs SET state = 'queued', run_at = ?, error = ?, epoch = epoch + 1, lease_owner = NULL, \
                     lease_until = NULL \
                     WHERE id = ? AND epoch = ? AND state = 'running' AND attempts < max_attempts";
        if self.write(again, values![run_at, error, lease.job_id, lease.epoch]).await? > 0 {
            return Ok(JobState::Queued);
        }
        self.finish_job(lease, JobState::Failed, None, Some(error), now).await?;
        Ok(JobState::Failed)
    }

    /// Puts a job that is not finished, and with which nothing is wrong, back for later: no attempt is counted.
    pub async fn postpone_job(&self, lease: &Lease, run_at: Timestamp) -> Result<()> {
        let text = "UPDATE jobs SET state = 'queued', run_at = ?, attempts = attempts - 1, epoch = epoch + 1, \
                    lease_owner = NULL, lease_until = NULL WHERE id = ? AND epoch = ? AND state = 'running'";
        match self.write(text, values![run_at, lease.job_id, lease.epoch]).await? {
            0 => Err(lost(lease)),
            _ => Ok(()),
        }
    }

    /// [`request_cancel`](Self::request_cancel) for the unfinished job of a dedup key, if there is one.
    pub async fn cancel_job_of(&self, company: CompanyId, dedup_key: &str, now: Timestamp) -> Result<()> {
        let text = "SELECT id FROM jobs WHERE company_id = ? AND dedup_key = ? AND state IN ('queued', 'running')";
        let sql = self.sql(text, values![company, dedup_key]);
        let unfinished: Option<JobId> = self.connection().optional(sql, |row| row.parsed("id")).await?;
        if let Some(id) = unfinished {
            self.request_cancel(company, id, now).await?;
        }
        Ok(())
    }

    /// A queued job is cancelled at once; a running one is told with its next heartbeat; an ended one stays as it
    /// is. The job as it then is; `None` when there is none.
    pub async fn request_cancel(&self, company: CompanyId, id: JobId, now: Timestamp) -> Result<Option<Job>> {
        let text = "UPDATE jobs SET state = 'cancelled', cancel_requested = 1, finished_at = ? \
                    WHERE company_id = ? AND id = ? AND state = 'queued'";
        self.write(text, values![now, company, id]).await?;
        let text = "UPDATE jobs SET cancel_requested = 1 WHERE company_id = ? AND id = ? AND state = 'running'";
        self.write(text, values![company, id]).await?;
        self.job(company, id).await
    }

    /// What the job's watchers see, in the transaction of what it tells. Fences as well.
    pub async fn save_progress(&self, lease: &Lease, progress: &serde_json::Value) -> Result<()> {
        let text = "UPDATE jobs SET progress = ? WHERE id = ? AND epoch = ? AND state = 'running'";
        match self.write(text, values![progress, lease.job_id, lease.epoch]).await? {
            0 => Err(lost(lease)),
            _ => Ok(()),
        }
    }

    /// Removes up to `limit` of the jobs that ended before `before`, the oldest first; how many. Few at a time, so that
    /// nobody waits for the writer.
    pub async fn prune_jobs(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let text = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at < ? \
                    ORDER BY finished_at LIMIT ?)";
        self.write(text, values![before, limit]).await
    }
}

impl Store {
    /// Leases up to `limit` due jobs of these kinds, the most urgent first. A job whose lease has run out counts as
    /// due; its `attempts` then include those of dead workers and may exceed `max_attempts`, which is for the caller
    /// to judge.
    pub async fn claim_jobs(
        &self,
        owner: &str,
        kinds: &[&str],
        limit: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Job>> {
        // Idle workers look without taking the writer's place.
        let mut sql = self.sql(&format!("SELECT count(*) AS value FROM jobs WHERE {DUE} AND"), values![now, now]);
        sql.among("kind", kinds.iter().map(|kind| (*kind).to_owned()));
        if self.connection().number(sql).await? == 0 {
            return Ok(Vec::new());
        }
        let transaction = self.begin().await?;
        let jobs = transaction.claim(owner, kinds, limit, lease, now).await?;
        transaction.commit().await?;
        Ok(jobs)
    }

    /// A sign of life.
    pub async fn heartbeat(&self, lease: &Lease, until: Timestamp) -> Result<HeartbeatAnswer> {
        let transaction = self.begin().await?;
        let text = "UPDATE jobs SET lease_until = ? WHERE id = ? AND epoch = ? AND state = 'running' \
                    RETURNING cancel_requested";
        let sql = transaction.sql(text, values![until, lease.job_id, lease.epoch]);
        let cancel = transaction.connection().optional(sql, |row| row.flag("cancel_requested")).await?;
        transaction.commit().await?;
        Ok(HeartbeatAnswer { held: cancel.is_some(), cancel_requested: cancel.unwrap_or(false) })
    }

    /// What the job's watchers see. Answers whether the lease is still held.
    pub async fn progress(&self, lease: &Lease, progress: &serde_json::Value) -> Result<bool> {
        let transaction = self.begin().await?;
        let text = "UPDATE jobs SET progress = ? WHERE id = ? AND epoch = ? AND state = 'running'";
        let held = transaction.write(text, values![progress, lease.job_id, lease.epoch]).await? > 0;
        transaction.commit().await?;
        Ok(held)
    }

    /// Puts all of an owner's jobs back into the queue at once, at a graceful end. The interrupted attempts do not
    /// count. How many.
    pub async fn release_leases(&self, owner: &str) -> Result<u64> {
        let transaction = self.begin().await?;
        let text = "UPDATE jobs SET state = 'queued', epoch = epoch + 1, attempts = attempts - 1, lease_owner = NULL, \
                    lease_until = NULL WHERE lease_owner = ? AND state = 'running'";
        let released = transaction.write(text, values![owner]).await?;
        transaction.commit().await?;
        Ok(released)
    }
}

impl Transaction {
    async fn claim(
        &self,
        owner: &str,
        kinds: &[&str],
        limit: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Job>> {
        let mut skip = "";
        if self.connection().backend() == Backend::Postgres {
            self.write("SELECT pg_advisory_xact_lock(?)", values![CLAIM_LOCK]).await?;
            skip = " FOR UPDATE SKIP LOCKED";
        }
        // Of each concurrency key only the most urgent job is a candidate, and only if no other of it runs.
        let mut sql =
            self.sql(&format!("SELECT id FROM jobs WHERE {DUE} AND id IN (SELECT id FROM ("), values![now, now]);
        sql.push(
            "SELECT j.id, j.priority, j.run_at, row_number() OVER (PARTITION BY COALESCE(j.concurrency_key, j.id) \
             ORDER BY CASE j.state WHEN 'running' THEN 0 ELSE 1 END, j.priority, j.run_at, j.id) AS place FROM jobs j \
             WHERE",
        );
        sql.add(&format!(" {DUE} AND"), values![now, now]);
        sql.among("j.kind", kinds.iter().map(|kind| (*kind).to_owned()));
        sql.push(
            " AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.concurrency_key = j.concurrency_key \
             AND other.state = 'running' AND other.id <> j.id)",
        );
        sql.add(") due WHERE place = 1 ORDER BY priority, run_at, id LIMIT ?)", values![limit]).push(skip);
        let ids: Vec<String> = self.connection().all(sql, |row| row.text("id")).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let text = "UPDATE jobs SET state = 'running', epoch = epoch + 1, attempts = attempts + 1, lease_owner = ?, \
                    lease_until = ?, started_at = COALESCE(started_at, ?) WHERE";
        let mut sql = self.sql(text, values![owner, now.plus(lease), now]);
        sql.among("id", ids).push(&format!(" RETURNING {COLUMNS}"));
        let mut jobs = self.connection().all(sql, read).await?;
        jobs.sort_by_key(|job| (job.priority, job.run_at, job.id));
        Ok(jobs)
    }
}

fn lost(lease: &Lease) -> Error {
    Error {
        internal: Some(format!("the lease on job {} at epoch {} is lost", lease.job_id, lease.epoch)),
        ..Error::new(ErrorCode::Conflict, "The work was taken over by another worker or has been cancelled.")
    }
}
