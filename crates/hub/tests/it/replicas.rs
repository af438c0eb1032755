//! Several hubs on one database: whose clock counts, who wakes whom, what an older hub does not know.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::ids::JobId;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::job::{JobState, NewJob};
use scanhelm_core::permission::Grant;
use scanhelm_core::{Clock, Timestamp};
use scanhelm_hub::database_clock::DatabaseClock;
use scanhelm_hub::system::SystemClock;
use scanhelm_hub::{Extensions, Hub};
use scanhelm_vendor_sim::SeedState;
use serde_json::json;

use crate::harness::{Database, Home, LOOKS, Running, nessus, on_both_databases, seed};

/// A machine whose clock was set wrong.
#[derive(Debug)]
struct Ahead(Duration);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0)
    }
}

fn job(hub: &Hub, grant: &Grant, kind: &str) -> NewJob {
    NewJob {
        id: JobId::new(hub.ids()),
        company_id: grant.company,
        kind: kind.to_owned(),
        payload: json!({}),
        dedup_key: None,
        concurrency_key: None,
        priority: 0,
        run_at: hub.now(),
        max_attempts: 3,
    }
}

fn no_work(settings: &mut scanhelm_hub::Settings) {
    (settings.jobs.workers, settings.jobs.vendor_workers) = (0, 0);
}

async fn enqueue(hub: &Hub, job: &NewJob) {
    let transaction = hub.store().begin().await.unwrap();
    transaction.enqueue(job, hub.now()).await.unwrap();
    transaction.commit().await.unwrap();
}

/// The database's time decides, whatever the machines think.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fm_d13_f19_a_hub_whose_clock_is_ahead_takes_nobodys_lease() {
    let home = Home::new(Database::Postgres);
    let first = home.start_with(no_work).await;
    let grant = first.company("Acme").await;
    let store = first.hub.store();
    let clock = DatabaseClock::over(store, Arc::new(Ahead(Duration::from_mins(10)))).await.unwrap().unwrap();
    assert!(clock.now().since(store.database_time().await.unwrap().unwrap()) < Duration::from_secs(5));
    let ahead = home.hub(clock, Extensions::default(), |_| {}).await;
    enqueue(&first.hub, &job(&first.hub, &grant, "sync")).await;
    let held = first.hub.steps().claim_jobs(1).await.unwrap();
    assert_eq!(held.len(), 1);
    assert!(ahead.steps().claim_jobs(1).await.unwrap().is_empty(), "its lease has 30 seconds to run");
    // Nor does it think that what is due in five minutes is due.
    let later = NewJob { run_at: first.hub.now().plus(Duration::from_mins(5)), ..job(&first.hub, &grant, "sync") };
    enqueue(&first.hub, &later).await;
    assert!(ahead.steps().claim_jobs(1).await.unwrap().is_empty());
    ahead.store().clone().close().await.unwrap();
    first.stop().await;
}

/// Neither hub would look by itself for an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_hub_commits_wakes_the_other() {
    let home = Home::new(Database::Postgres);
    let asked = home.start_with(no_work).await;
    let grant = asked.company("Acme").await;
    let working = home.start_with(|settings| settings.jobs.poll = Duration::from_hours(1)).await;
    home.await_listeners(2).await;
    for _ in 0..10 {
        let ordered = job(&asked.hub, &grant, "sync");
        enqueue(&asked.hub, &ordered).await;
        assert_eq!(asked.await_job(&grant, ordered.id).await.state, JobState::Done);
    }
    working.stop().await;
    asked.stop().await;
}

on_both_databases! {
    /// What a newer hub has ordered is left to newer hubs; what an older one has written is read.
    async fn fm_f17_unknown_work_is_left_alone_and_old_payloads_are_read(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let future = job(&hub.hub, &grant, "from_the_future");
        enqueue(&hub.hub, &future).await;
        let known = job(&hub.hub, &grant, "sync");
        enqueue(&hub.hub, &known).await;
        assert_eq!(hub.await_job(&grant, known.id).await.state, JobState::Done);
        let left = hub.hub.jobs().get(&grant, future.id).await.unwrap();
        assert_eq!((left.state, left.attempts), (JobState::Queued, 0));
        // As hubs wrote it before uploads remembered who keeps the file.
        let upload = NewJob {
            payload: json!({
                "spool": "0190b8a2-0000-7000-8000-000000000000",
                "sha256": "00",
                "actor": serde_json::to_value(grant.actor).unwrap(),
                "options": {},
            }),
            ..job(&hub.hub, &grant, "upload")
        };
        enqueue(&hub.hub, &upload).await;
        let ended = hub.await_job(&grant, upload.id).await;
        assert!(ended.error.unwrap().contains("no longer in the spool"), "it was read, and its file is gone");
        hub.stop().await;
    }

    /// One row that somebody has tampered with, or that the disk has: that integration says so, the others go on.
    async fn fm_d12_a_damaged_credential_stops_its_integration_only(database) {
        let (one, other) = (nessus().await, nessus().await);
        one.add_scan(seed("one", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let (grant, neighbour) = (hub.company("One").await, hub.company("Other").await);
        let damaged = hub.connect(&grant, &one).await;
        hub.connect(&neighbour, &other).await;
        hub.await_imported(&grant, "one").await;
        let integration = hub.hub.integrations().get(&grant, damaged).await.unwrap();
        let store = hub.hub.store();
        let mut sealed = store.sealed_credentials(damaged).await.unwrap();
        *sealed.last_mut().unwrap() ^= 1;
        let transaction = store.begin().await.unwrap();
        transaction.set_sealed_credentials(damaged, &sealed, &integration.credential_hints).await.unwrap();
        transaction.commit().await.unwrap();
        hub.stop().await;
        // What an open session still holds in memory ends with the process.
        let hub = home.start().await;
        until(&hub, &grant, Some(ConditionKind::Credentials)).await;
        other.add_scan(seed("other", SeedState::Completed)).unwrap();
        hub.await_imported(&neighbour, "other").await;
        until(&hub, &neighbour, None).await;
        assert_eq!(hub.scan_named(&grant, "one").await.unwrap().imported_findings, 40, "what is known stays");
        hub.stop().await;
    }
}

async fn until(hub: &Running, grant: &Grant, wanted: Option<ConditionKind>) {
    let mut seen = None;
    for _ in 0..LOOKS {
        seen = hub.hub.integrations().list(grant).await.unwrap()[0].health.condition.clone();
        if seen.as_ref().map(|condition| condition.kind) == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("wanted {wanted:?}, last seen {seen:?}");
}
