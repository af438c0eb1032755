//! Claiming jobs and running their handlers, each beside a heart-beat.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use scanhelm_core::backoff::Backoff;
use scanhelm_core::job::{Job, JobState, Lease};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::places::{Place, Places};
use super::{JobContext, Outcome, final_state};
use crate::Hub;
use crate::feeds::LOAD_FEED_JOB;
use crate::findings::{APPROVAL_JOB, JUDGE_JOB};
use crate::import::{IMPORT_JOB, UPLOAD_JOB};
use crate::integrations::BACKFILL_JOB;
use crate::local::LOCAL_SCAN_JOB;
use crate::notifications::{NOTIFY_JOB, run_sender};
use crate::rating::RE_RATING_JOB;
use crate::reconcile::SYNC_JOB;
use crate::scans::{COMMAND_JOB, VENDOR_DELETE_JOB};
use crate::suppression::SUPPRESSION_JOB;

/// Work with this machine, database or files alone.
const OWN: &[&str] = &[UPLOAD_JOB, JUDGE_JOB, APPROVAL_JOB, RE_RATING_JOB, SUPPRESSION_JOB];
/// A scan by local scanners takes minutes of the machine and little of the hub, so it neither waits for uploads nor holds
/// them up. As many run as scanners may: the rest wait as jobs, in the order in which they were made.
const SCANNING: &[&str] = &[LOCAL_SCAN_JOB];
/// What asks a vendor or a publisher may wait for minutes, so it has many places: those who wait leave room for those
/// who are answered.
/// Of one integration, imports and commands go one by one (their concurrency keys).
const ASKING: &[&str] = &[COMMAND_JOB, VENDOR_DELETE_JOB, IMPORT_JOB, SYNC_JOB, BACKFILL_JOB, LOAD_FEED_JOB];
/// Sending has places of its own: a receiver that answers slowly takes none from an import.
const SENDING: &[&str] = &[NOTIFY_JOB];

/// After a failed attempt.
const RETRY: Backoff = Backoff { first: Duration::from_secs(5), cap: Duration::from_hours(1) };

/// After an attempt that our own database ended: nobody's limits are at stake, and others may be waiting.
const STORE_RETRY: Backoff = Backoff { first: Duration::from_millis(500), cap: Duration::from_mins(1) };

/// Of an attempt's time: what can park does so before it is cut.
const PARKED_AFTER: f64 = 0.95;

/// A job that this process leases, before its handler has begun.
#[derive(Debug)]
pub struct ClaimedJob {
    hub: Hub,
    job: Job,
    context: JobContext,
}

/// Leases up to `limit` due jobs of any kind that this build can run.
pub(crate) async fn claim(hub: &Hub, limit: u32) -> Result<Vec<ClaimedJob>> {
    claim_of(hub, &[OWN, SCANNING, ASKING, SENDING].concat(), limit).await
}

pub(crate) async fn claim_of(hub: &Hub, kinds: &[&str], limit: u32) -> Result<Vec<ClaimedJob>> {
    let lease = hub.settings().jobs.lease;
    let jobs = hub.store().claim_jobs(&hub.0.owner, kinds, limit, lease, hub.now()).await?;
    let claimed = jobs.into_iter().map(|job| {
        let lease = Lease { job_id: job.id, epoch: job.epoch };
        let context = JobContext {
            lease,
            cancelled: CancellationToken::new(),
            stopping: CancellationToken::new(),
            park_at: hub.now().plus(hub.settings().jobs.attempt.mul_f64(PARKED_AFTER)),
        };
        ClaimedJob { hub: hub.clone(), job, context }
    });
    Ok(claimed.collect())
}

impl ClaimedJob {
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Makes the handler park at its next safe place once `stop` is cancelled.
    #[must_use]
    pub fn until(mut self, stop: CancellationToken) -> Self {
        self.context.stopping = stop;
        self
    }

    /// Runs the handler and stores how the attempt ended. Stops by itself when the lease is lost.
    pub async fn run(self) {
        let Self { hub, job, context } = &self;
        let span = tracing::info_span!("job", otel.name = job.kind, job = %job.id, attempt = job.attempts);
        let handler = AssertUnwindSafe(handle(hub, job, context)).catch_unwind().instrument(span);
        // Side by side: a sign of life may have to wait for the handler's own transaction, which must go on meanwhile.
        let result = tokio::select! {
            biased;
            result = handler => result,
            () = self.keep_alive() => {
                tracing::warn!(job = %job.id, "another worker holds the job now; this one stops");
                return;
            }
            () = self.time_is_over() => Ok(Ok(cut(hub, job).await)),
        };
        let outcome = match result {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => {
                tracing::warn!(job = %job.id, kind = job.kind, %error, "attempt failed");
                let ours = matches!(error.code, ErrorCode::StoreUnavailable | ErrorCode::Conflict);
                let after = ours.then(|| STORE_RETRY.delay(job.attempts, hub.0.chance.uniform()));
                Outcome::Retry { reason: error.detail, after }
            }
            Err(_) => {
                Outcome::Retry { reason: "The handler broke (a bug); the log has the details.".to_owned(), after: None }
            }
        };
        if let Err(error) = settle(hub, job, &context.lease, outcome).await {
            tracing::warn!(job = %job.id, %error, "the end of the attempt was not stored; the lease will run out");
        }
        hub.committed();
    }

    /// Dropping the handler undoes its open transaction and nothing else: what it had committed is where the next
    /// attempt begins. The processes of a local scan have limits of their own and are not started twice.
    async fn time_is_over(&self) {
        if self.job.kind == LOCAL_SCAN_JOB {
            return std::future::pending().await;
        }
        tokio::time::sleep(self.hub.settings().jobs.attempt).await;
    }

    /// Renews the lease until it is lost.
    async fn keep_alive(&self) {
        loop {
            tokio::time::sleep(self.hub.settings().jobs.lease / 3).await;
            if !self.beat().await {
                return;
            }
        }
    }

    /// One sign of life, which also brings the wish to cancel. `false`: the lease is lost.
    async fn beat(&self) -> bool {
        let until = self.hub.now().plus(self.hub.settings().jobs.lease);
        match self.hub.store().heartbeat(&self.context.lease, until).await {
            Ok(answer) => {
                if answer.cancel_requested {
                    self.context.cancelled.cancel();
                }
                answer.held
            }
            Err(error) => {
                tracing::warn!(%error, "heart-beat failed");
                true
            }
        }
    }
}

/// Wakes the pools before their time. Each waits for its own: one wake-up for all would reach any.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    own: Notify,
    scanning: Notify,
    asking: Notify,
    sending: Notify,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.own.notify_one();
        self.scanning.notify_one();
        self.asking.notify_one();
        self.sending.notify_one();
    }
}

/// Claims and runs jobs until stopped, then waits for the handlers to park and gives the leases back.
pub(crate) async fn run_workers(hub: &Hub, stop: &CancellationToken) {
    let (bell, places) = (&hub.0.work, &hub.0.places);
    let scanning = Places::new(hub.settings().local.places());
    let asking = Places::new(hub.settings().jobs.vendor_workers);
    let sending = Places::new(hub.settings().notify.senders);
    tokio::join!(
        run_pool(hub, OWN, places, &bell.own, stop),
        run_pool(hub, SCANNING, &scanning, &bell.scanning, stop),
        run_pool(hub, ASKING, &asking, &bell.asking, stop),
        run_pool(hub, SENDING, &sending, &bell.sending, stop),
    );
    if let Err(error) = hub.store().release_leases(&hub.0.owner).await {
        tracing::warn!(%error, "leases not given back; they will run out by themselves");
    }
}

async fn run_pool(hub: &Hub, kinds: &[&str], places: &Places, woken: &Notify, stop: &CancellationToken) {
    let poll = hub.settings().jobs.poll;
    let running = TaskTracker::new();
    while !stop.is_cancelled() {
        let first = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            place = places.next() => place,
        };
        let mut free: Vec<Place> = first.into_iter().chain(std::iter::from_fn(|| places.free())).collect();
        let claimed = claim_of(hub, kinds, u32::try_from(free.len()).unwrap_or(1)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot claim jobs; trying again");
            Vec::new()
        });
        let idle = claimed.is_empty();
        for job in claimed {
            let Some(place) = free.pop() else {
                break;
            };
            let (hub, stop) = (hub.clone(), stop.clone());
            running.spawn(async move {
                job.until(stop).run().await;
                drop(place);
                // This pool has room again.
                hub.0.work.ring();
            });
        }
        drop(free);
        if idle {
            tokio::select! {
                () = stop.cancelled() => {}
                () = woken.notified() => {}
                () = tokio::time::sleep(poll) => {}
            }
        }
    }
    running.close();
    running.wait().await;
}

/// The attempt took too long: marked in the job, and in the feed of its scan.
async fn cut(hub: &Hub, job: &Job) -> Outcome {
    let limit = hub.settings().jobs.attempt;
    let reason = format!(
        "The attempt was cut after {}: no end was in sight. The next one goes on where this one had got to.",
        spoken(limit)
    );
    tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempts, "attempt cut after {limit:?}");
    if job.kind == IMPORT_JOB
        && let Err(error) = crate::import::attempt_cut(hub, job, &reason).await
    {
        tracing::warn!(job = %job.id, %error, "the cut is not in the feed");
    }
    Outcome::Retry { reason, after: None }
}

fn spoken(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

async fn settle(hub: &Hub, job: &Job, lease: &Lease, outcome: Outcome) -> Result<()> {
    let now = hub.now();
    if let Some(state) = final_state(&outcome) {
        let (result, error) = match outcome {
            Outcome::Done(result) => (Some(result), None),
            Outcome::Failed(reason) => (None, Some(single_line(&reason, 1000))),
            _ => (None, None),
        };
        let transaction = hub.store().begin().await?;
        transaction.finish_job(lease, state, result.as_ref(), error.as_deref(), now).await?;
        return transaction.commit().await;
    }
    let transaction = hub.store().begin().await?;
    match outcome {
        Outcome::Continue { after } => transaction.postpone_job(lease, now.plus(after)).await?,
        Outcome::Retry { reason, after } => {
            let reason = single_line(&reason, 1000);
            let pause = after.unwrap_or_else(|| RETRY.delay(job.attempts, hub.0.chance.uniform()));
            if transaction.retry_job(lease, now.plus(pause), &reason, now).await? == JobState::Failed {
                transaction.commit().await?;
                return match job.kind.as_str() {
                    COMMAND_JOB | VENDOR_DELETE_JOB => crate::scans::attempts_exhausted(hub, job, &reason).await,
                    _ => crate::import::attempts_exhausted(hub, job, &reason).await,
                };
            }
        }
        Outcome::Done(_) | Outcome::Failed(_) | Outcome::Cancelled => {}
    }
    transaction.commit().await
}

fn handle<'work>(hub: &'work Hub, job: &'work Job, context: &'work JobContext) -> BoxFuture<'work, Result<Outcome>> {
    match job.kind.as_str() {
        COMMAND_JOB => crate::scans::run_command(hub, job, context).boxed(),
        VENDOR_DELETE_JOB => crate::scans::run_vendor_delete(hub, job, context).boxed(),
        IMPORT_JOB => crate::import::run_vendor_import(hub, job, context).boxed(),
        UPLOAD_JOB => crate::import::run_upload(hub, job, context).boxed(),
        LOCAL_SCAN_JOB => crate::local::run_local_scan(hub, job, context).boxed(),
        NOTIFY_JOB => run_sender(hub, job, context).boxed(),
        SYNC_JOB => crate::reconcile::run_sync(hub, job, context).boxed(),
        RE_RATING_JOB => crate::rating::run_re_rating(hub, job, context).boxed(),
        SUPPRESSION_JOB => crate::suppression::run_suppression(hub, job, context).boxed(),
        LOAD_FEED_JOB => crate::feeds::run_load(hub, job, context).boxed(),
        JUDGE_JOB => crate::findings::run_judging(hub, job, context).boxed(),
        APPROVAL_JOB => crate::findings::run_approval(hub, job, context).boxed(),
        BACKFILL_JOB => crate::integrations::run_backfill(hub, job, context).boxed(),
        other => {
            let error = Error::internal(format!("no handler for jobs of kind {other}"));
            futures::future::ready(Err(error)).boxed()
        }
    }
}
