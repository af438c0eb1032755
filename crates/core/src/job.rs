//! Durable work. A job is a row written in the same transaction as the state that needs it; it is leased, not
//! popped, so a crash gives it back; its epoch fences a worker that was only asleep.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{CompanyId, JobId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl JobState {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// What to enqueue.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    pub id: JobId,
    /// Tenant the job belongs to.
    pub company_id: CompanyId,
    /// Names the handler: `import`, `vendor_delete`, `local_scan`, ...
    pub kind: String,
    pub payload: serde_json::Value,
    /// At most one unfinished job of a key exists; enqueueing another answers the existing one.
    pub dedup_key: Option<String>,
    /// Jobs of one key never run at the same time.
    pub concurrency_key: Option<String>,
    /// Lower runs first.
    pub priority: i32,
    pub run_at: Timestamp,
    pub max_attempts: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub id: JobId,
    pub company_id: CompanyId,
    pub kind: String,
    pub payload: serde_json::Value,
    pub dedup_key: Option<String>,
    pub concurrency_key: Option<String>,
    pub priority: i32,
    pub state: JobState,
    pub attempts: u32,
    pub max_attempts: u32,
    pub run_at: Timestamp,
    /// Raised by every claim. A worker whose epoch is not the row's has lost the job and must write nothing.
    pub epoch: i64,
    pub lease_owner: Option<String>,
    pub lease_until: Option<Timestamp>,
    pub cancel_requested: bool,
    /// `{done, total?, text}` as the handler reports it.
    pub progress: Option<serde_json::Value>,
    pub result: Option<serde_json::Value>,
    /// Why the last attempt failed, for people.
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

/// Proof of holding a job: what a worker shows with every write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub job_id: JobId,
    pub epoch: i64,
}
