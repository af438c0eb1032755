//! Public facts about vulnerabilities: which feeds there are, where they come from, how they stand.
//!
//! They belong to the installation: everybody's findings are rated by them, and only its operator may change them. A
//! feed comes from the place named in the settings, looked at on a schedule, or from a file that the operator brings;
//! both end in the same job. A file is read to its end before anything of it counts ([`load`]), so a bad one leaves what
//! is there.

mod due;
mod load;
mod settings;
mod source;

use std::path::PathBuf;

pub(crate) use due::enqueue_due;
pub(crate) use load::{LOAD_FEED_JOB, run_load};
use scanhelm_core::feed::{FeedKind, FeedState};
use scanhelm_core::ids::{CompanyId, JobId};
use scanhelm_core::job::NewJob;
use scanhelm_core::permission::{Grant, Permission, Role};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use serde_json::json;
pub use settings::{FeedSettings, FeedSource};

use crate::Hub;
use load::{From, Payload};

/// Use cases about feeds.
#[derive(Clone, Copy, Debug)]
pub struct Feeds<'hub> {
    pub(crate) hub: &'hub Hub,
}

/// How a feed stands and where it comes from.
#[derive(Clone, Debug)]
pub struct FeedView {
    /// Without its source and its error unless an operator asks: both may name places of the installation.
    pub state: FeedState,
    /// A place to look at is set.
    pub configured: bool,
    /// That place; for operators.
    pub configured_source: Option<String>,
    /// The last look failed; what was loaded before it stands.
    pub failed: bool,
    /// When the place is looked at next.
    pub next_look_at: Option<scanhelm_core::Timestamp>,
}

impl Feeds<'_> {
    pub async fn list(&self, grant: &Grant) -> Result<Vec<FeedView>> {
        grant.require(Permission::FindingRead)?;
        let is_operator = grant.role == Role::Operator;
        let settings = &self.hub.settings().feeds;
        let views = self.hub.store().feeds().await?.into_iter().map(|mut state| {
            let source = settings.source(state.kind);
            let next_look_at = source.map(|_| due::next_look(&state, settings.refresh, self.hub.now()));
            let failed = state.error.is_some();
            if !is_operator {
                state.source = None;
                state.error = None;
            }
            FeedView {
                configured: source.is_some(),
                configured_source: source.filter(|_| is_operator).map(ToString::to_string),
                failed,
                next_look_at,
                state,
            }
        });
        Ok(views.collect())
    }

    /// Takes a file over that was put into the spool, see [`Imports::upload_file`](crate::import::Imports::upload_file).
    /// `force` also takes one that is older or much smaller than what is loaded. The file is removed on refusal.
    pub async fn accept(
        &self,
        grant: &Grant,
        kind: FeedKind,
        path: PathBuf,
        file_name: Option<String>,
        force: bool,
    ) -> Result<JobId> {
        let accepted = self.try_accept(grant, kind, &path, file_name, force).await;
        if accepted.is_err() {
            crate::import::discard(&path);
        }
        accepted
    }

    async fn try_accept(
        &self,
        grant: &Grant,
        kind: FeedKind,
        path: &std::path::Path,
        file_name: Option<String>,
        force: bool,
    ) -> Result<JobId> {
        require_operator(grant)?;
        let spool = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or_else(|| Error::internal("an upload outside the spool"))?
            .to_owned();
        let file_name = file_name.map(|name| single_line(&name, 200)).unwrap_or_else(|| "an uploaded file".to_owned());
        let from = From::Upload { spool, kept_by: self.hub.0.owner.clone(), file_name: file_name.clone() };
        let job = self.hub.load_job(grant.company, kind, &Payload { kind, from, force })?;
        let transaction = self.hub.store().begin().await?;
        let job_id = transaction.enqueue(&job, self.hub.now()).await?;
        let detail = json!({"kind": kind, "file_name": file_name, "force": force});
        let entry = self.hub.audit_entry(grant, "feed.load", format!("job/{job_id}"), detail);
        transaction.append_audit(&entry).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(job_id)
    }

    /// Works off loads that wait, in this process: for a command beside a hub, which may be stopped.
    pub async fn load_waiting(&self) -> Result<()> {
        loop {
            let claimed = crate::jobs::claim_of(self.hub, &[LOAD_FEED_JOB], 1).await?;
            if claimed.is_empty() {
                return Ok(());
            }
            for job in claimed {
                job.run().await;
            }
        }
    }

    /// Looks at the place in the settings now.
    pub async fn refresh(&self, grant: &Grant, kind: FeedKind) -> Result<JobId> {
        require_operator(grant)?;
        if self.hub.settings().feeds.source(kind).is_none() {
            return Err(Error::new(
                ErrorCode::Conflict,
                format!("The settings name no place for the feed {kind}. Set `[feeds] {kind}`, or bring its file."),
            ));
        }
        let payload = Payload { kind, from: From::Settings, force: false };
        let job = NewJob { dedup_key: Some(due::key(kind)), ..self.hub.load_job(grant.company, kind, &payload)? };
        let transaction = self.hub.store().begin().await?;
        let job_id = transaction.enqueue(&job, self.hub.now()).await?;
        let entry = self.hub.audit_entry(grant, "feed.refresh", format!("job/{job_id}"), json!({"kind": kind}));
        transaction.append_audit(&entry).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(job_id)
    }
}

pub(crate) fn require_operator(grant: &Grant) -> Result<()> {
    if grant.role == Role::Operator {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::PermissionDenied,
        "The feeds serve every company of this installation: only its operator may change them.",
    ))
}

impl Hub {
    /// Loads of one feed go one after the other, whoever asked.
    fn load_job(&self, company: CompanyId, kind: FeedKind, payload: &Payload) -> Result<NewJob> {
        let payload = serde_json::to_value(payload).map_err(Error::internal)?;
        let mut job = self.new_job(company, LOAD_FEED_JOB, payload);
        job.concurrency_key = Some(due::key(kind));
        Ok(job)
    }
}
