//! The loops that keep the hub true to its vendors.
//!
//! Each is level-triggered and idempotent: it compares what is with what should be and may have been off for any
//! length of time. None takes input; all run on a period and on a nudge, and publish what they did last.
//!
//! - `integrations` looks at every due integration, each in a task of its own, so that a slow vendor delays nobody;
//!   one list call serves the status of all its scans, and, when the sweep is due, adoption.
//! - `imports` turns "completed and not imported" into jobs, and groups findings that an import or a deletion left
//!   ungrouped.
//! - `schedules` fires what is due, and prunes what has been over for long.
//! - `notifications` turns what happened into messages, and has them sent.
//! - `judgements` ends the verdicts and requests that are past their time.
//! - `ratings` has feeds loaded and findings rated that are due.
//! - `events` moves the committed feed to live subscribers.
//! - `jobs` runs what is durable.
//!
//! Several hubs on one database share the integrations ([`share`]) and wake each other ([`changes`]).

mod adoption;
mod changes;
mod details;
mod due;
mod feed;
mod imports;
mod look;
mod observed;
mod prune;
mod recognition;
mod settle;
mod share;
mod status;
mod sync;

use std::sync::Mutex;
use std::time::Duration;

use scanhelm_core::Timestamp;
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use details::Asked;
pub use due::DueLook;
pub(crate) use due::due_looks;
pub(crate) use imports::enqueue_due;
pub(crate) use prune::{REQUESTS_KEPT, prune};
pub(crate) use share::SignOfLife;
pub(crate) use sync::{SYNC_JOB, run_sync};

use crate::{Hub, events, jobs, notifications};

/// How many loops report; readiness waits for all.
pub(crate) const LOOPS: usize = 6;

/// What a loop did last.
#[derive(Clone, Debug, Serialize)]
pub struct LoopStatus {
    pub name: &'static str,
    pub last_run_at: Timestamp,
    /// Things it acted on.
    pub acted: u64,
    pub error: Option<String>,
}

/// Runs everything until `stop`, then returns when all is parked.
pub async fn run(hub: Hub, stop: CancellationToken) {
    let loops = TaskTracker::new();
    let (events_hub, events_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { events::pump(&events_hub, &events_stop).await });
    let (changes_hub, changes_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { changes::follow(&changes_hub, &changes_stop).await });
    let (jobs_hub, jobs_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { jobs::run_workers(&jobs_hub, &jobs_stop).await });
    let (imports_hub, imports_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { follow_imports(&imports_hub, &imports_stop).await });
    let (schedules_hub, schedules_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { follow_schedules(&schedules_hub, &schedules_stop).await });
    let (notices_hub, notices_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { follow_notices(&notices_hub, &notices_stop).await });
    let (judgements_hub, judgements_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { follow_judgements(&judgements_hub, &judgements_stop).await });
    let (ratings_hub, ratings_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { follow_ratings(&ratings_hub, &ratings_stop).await });
    let (looks_hub, looks_stop) = (hub.clone(), stop.clone());
    loops.spawn(async move { follow_integrations(&looks_hub, &looks_stop).await });
    loops.close();
    loops.wait().await;
    if let Err(error) = give_leases_back(&hub).await {
        tracing::warn!(%error, "integration leases not given back; they will run out");
    }
}

pub(crate) async fn give_leases_back(hub: &Hub) -> scanhelm_core::Result<()> {
    let transaction = hub.store().begin().await?;
    transaction.release_integration_leases(&hub.0.owner).await?;
    transaction.remove_hub(&hub.0.owner).await?;
    transaction.commit().await
}

async fn follow_imports(hub: &Hub, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let done = hub.steps().enqueue_imports().await;
        let related = hub.steps().relate_findings().await;
        publish(hub, "imports", done.and_then(|enqueued| Ok(enqueued + related?)));
        pause(stop, &hub.0.wake.imports, Duration::from_secs(1)).await;
    }
}

async fn follow_schedules(hub: &Hub, stop: &CancellationToken) {
    let mut reload_at = hub.now();
    while !stop.is_cancelled() {
        let mut done = Ok(0);
        if hub.now() >= reload_at {
            done = hub.steps().reload_schedules().await;
            if let Err(error) = hub.steps().prune().await {
                tracing::warn!(%error, "finished jobs are not pruned; trying again at the next reload");
            }
            reload_at = hub.now().plus(hub.settings().sync.schedule_reload);
        }
        let fired = hub.steps().fire_schedules().await;
        publish(hub, "schedules", done.and_then(|moved| Ok(moved + fired?)));
        pause(stop, &hub.0.wake.schedules, Duration::from_secs(1)).await;
    }
}

async fn follow_notices(hub: &Hub, stop: &CancellationToken) {
    /// Between two removals of old deliveries.
    const TIDIED_EVERY: Duration = Duration::from_hours(1);
    let mut tidy_at = hub.now();
    while !stop.is_cancelled() {
        let mut done = Ok(0);
        if hub.now() >= tidy_at {
            done = notifications::forget_old(hub).await;
            tidy_at = hub.now().plus(TIDIED_EVERY);
        }
        let routed = hub.steps().route_notices().await;
        publish(hub, "notifications", done.and_then(|forgotten| Ok(forgotten + routed?)));
        // A nudge to look at vendors is not for this loop.
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(hub.settings().notify.routing) => {}
        }
    }
}

async fn follow_judgements(hub: &Hub, stop: &CancellationToken) {
    /// Verdicts run out by the day; whoever waits for one need not wait longer than this.
    const LOOKED_EVERY: Duration = Duration::from_secs(10);
    while !stop.is_cancelled() {
        publish(hub, "judgements", hub.steps().end_judgements().await);
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOKED_EVERY) => {}
        }
    }
}

async fn follow_ratings(hub: &Hub, stop: &CancellationToken) {
    /// What cannot wait has its job already; this finds what was cut off, and what the clock brings.
    const PERIOD: Duration = Duration::from_secs(30);
    while !stop.is_cancelled() {
        let enqueued = hub.steps().enqueue_ratings().await;
        publish(hub, "ratings", enqueued);
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

async fn follow_integrations(hub: &Hub, stop: &CancellationToken) {
    let looks = TaskTracker::new();
    while !stop.is_cancelled() {
        let started = hub.steps().due_looks().await.map(|due| {
            let count = due.len() as u64;
            for look in due {
                let stop = stop.clone();
                looks.spawn(async move {
                    tokio::select! {
                        () = look.take() => {}
                        () = parting(&stop) => {}
                    }
                });
            }
            count
        });
        publish(hub, "integrations", started);
        pause(stop, &hub.0.wake.integrations, Duration::from_millis(500)).await;
    }
    looks.close();
    looks.wait().await;
}

/// A look under way at the end is given a moment: cut off, the next hub would ask the vendor the same again.
async fn parting(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes loops go on before their time.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    pub(crate) integrations: Notify,
    pub(crate) imports: Notify,
    pub(crate) schedules: Notify,
}

async fn pause(stop: &CancellationToken, wake: &Notify, period: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = wake.notified() => {}
        () = tokio::time::sleep(period) => {}
    }
}

fn publish(hub: &Hub, name: &'static str, done: scanhelm_core::Result<u64>) {
    let (acted, error) = match done {
        Ok(acted) => (acted, None),
        Err(error) => {
            tracing::warn!(name, %error, "loop failed; it goes on at its next tick");
            (0, Some(error.detail))
        }
    };
    lock(&hub.0.loops).insert(name, LoopStatus { name, last_run_at: hub.now(), acted, error });
}
