//! Durable work on the wire.

use scanhelm_core::ids::JobId;
use scanhelm_core::job;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{JobState, Time};

/// Where a 202 can be watched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobTicket {
    job_id: Uuid,
    #[schema(example = "/api/v1/jobs/0190b8a2-0000-7000-8000-000000000000")]
    job_url: String,
}

impl JobTicket {
    pub(crate) fn of(id: JobId) -> Self {
        Self { job_id: id.0, job_url: format!("/api/v1/jobs/{id}") }
    }
}

/// A piece of background work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    id: Uuid,
    kind: String,
    state: JobState,
    /// `{done, total?, text}` as the work reports it.
    #[schema(value_type = Option<Object>)]
    progress: Option<Value>,
    /// What it did, once it is done.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Why the last attempt failed, for people.
    error: Option<String>,
    attempts: u32,
    max_attempts: u32,
    cancel_requested: bool,
    created_at: Time,
    started_at: Option<Time>,
    finished_at: Option<Time>,
}

impl From<job::Job> for Job {
    fn from(job: job::Job) -> Self {
        Self {
            id: job.id.0,
            kind: job.kind,
            state: job.state.into(),
            progress: job.progress,
            result: job.result,
            error: job.error,
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            cancel_requested: job.cancel_requested,
            created_at: job.created_at.into(),
            started_at: job.started_at.map(Time),
            finished_at: job.finished_at.map(Time),
        }
    }
}
