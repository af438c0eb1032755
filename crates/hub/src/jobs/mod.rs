//! The job runner: leases, heart-beats, fencing and retries around the handlers.
//!
//! A job may run twice, at any time, in two processes; the lease only makes it rare. What makes it harmless is the
//! epoch: every transaction of a handler begins with `fence`, which fails for whoever has lost the job.

mod places;
mod worker;

use std::time::Duration;

pub(crate) use places::{Places, Turn};
use scanhelm_core::ids::JobId;
use scanhelm_core::job::{Job, JobState, Lease};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, ErrorCode, Result, Timestamp};
use scanhelm_store::JobFilter;
use tokio_util::sync::CancellationToken;
pub use worker::ClaimedJob;
pub(crate) use worker::{Bell, claim, claim_of, run_workers};

use crate::Hub;
use crate::findings::{APPROVAL_JOB, JUDGE_JOB, abandon};
use crate::scans::{COMMAND_JOB, VENDOR_DELETE_JOB, withdraw};

/// What a handler works with.
#[derive(Clone, Debug)]
pub(crate) struct JobContext {
    pub(crate) lease: Lease,
    /// Someone asked to cancel the job.
    pub(crate) cancelled: CancellationToken,
    /// The hub is stopping: park at the next safe place.
    pub(crate) stopping: CancellationToken,
    /// The attempt's time is nearly over: park at the next safe place, before it is cut.
    pub(crate) park_at: Timestamp,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done(serde_json::Value),
    /// Ended for good, with a reason for people.
    Failed(String),
    Cancelled,
    /// Try again, after a given pause or with back-off. Counts as a failed attempt.
    Retry {
        reason: String,
        after: Option<Duration>,
    },
    /// Not finished, nothing wrong: continue later. Counts as no attempt.
    Continue {
        after: Duration,
    },
}

/// Use cases about jobs.
#[derive(Clone, Copy, Debug)]
pub struct Jobs<'hub> {
    pub(crate) hub: &'hub Hub,
}

impl Jobs<'_> {
    pub async fn get(&self, grant: &Grant, id: JobId) -> Result<Job> {
        grant.require(Permission::ScanRead)?;
        self.hub.store().job(grant.company, id).await?.ok_or_else(Error::not_found)
    }

    pub async fn list(&self, grant: &Grant, filter: &JobFilter, page: &PageRequest) -> Result<Page<Job>> {
        grant.require(Permission::ScanRead)?;
        self.hub.store().jobs(grant.company, page, filter).await
    }

    /// Asks a job to stop. One that waits is cancelled at once, one that runs at its next safe place.
    pub async fn cancel(&self, grant: &Grant, id: JobId) -> Result<Job> {
        let job = self.get(grant, id).await?;
        // Who may order a judgement may stop it.
        grant.require(if job.kind == JUDGE_JOB { Permission::FindingTriage } else { Permission::ScanControl })?;
        if job.state.is_terminal() {
            return Err(Error::new(ErrorCode::Conflict, format!("The job is already {}.", job.state.as_str())));
        }
        if job.kind == VENDOR_DELETE_JOB {
            return Err(Error::new(
                ErrorCode::Conflict,
                "The deletion at the vendor was decided together with the local one and cannot be taken back.",
            ));
        }
        if job.kind == APPROVAL_JOB {
            return Err(Error::new(
                ErrorCode::Conflict,
                "Two people decided this. It is carried out to its end; the findings can be opened again.",
            ));
        }
        let transaction = self.hub.store().begin().await?;
        let asked = transaction.request_cancel(grant.company, id, self.hub.now()).await?;
        if let Some(waited) = asked.filter(|job| job.state == JobState::Cancelled) {
            match waited.kind.as_str() {
                COMMAND_JOB => withdraw(self.hub, &transaction, &waited).await?,
                JUDGE_JOB => abandon(self.hub, &transaction, &waited).await?,
                _ => {}
            }
        }
        let entry = self.hub.audit_entry(grant, "job.cancel", format!("job/{id}"), serde_json::Value::Null);
        transaction.append_audit(&entry).await?;
        transaction.commit().await?;
        self.hub.committed();
        self.get(grant, id).await
    }

    /// Waits until a job has ended or the time is over; the job as it then is.
    pub async fn wait(&self, grant: &Grant, id: JobId, at_most: Duration) -> Result<Job> {
        let deadline = tokio::time::Instant::now() + at_most;
        loop {
            let job = self.get(grant, id).await?;
            if job.state.is_terminal() || tokio::time::Instant::now() >= deadline {
                return Ok(job);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Stored as the job's end.
pub(crate) fn final_state(outcome: &Outcome) -> Option<JobState> {
    match outcome {
        Outcome::Done(_) => Some(JobState::Done),
        Outcome::Failed(_) => Some(JobState::Failed),
        Outcome::Cancelled => Some(JobState::Cancelled),
        Outcome::Retry { .. } | Outcome::Continue { .. } => None,
    }
}
