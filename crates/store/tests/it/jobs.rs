//! The queue: never twice at once, never lost, fenced, deduplicated.

use std::collections::HashSet;
use std::time::Duration;

use scanhelm_core::ErrorCode;
use scanhelm_core::job::{Job, JobState, Lease};
use scanhelm_core::page::{PageRequest, Total};
use scanhelm_store::{Backend, JobFilter};

use crate::fixture::{World, at, on_both};

on_both!(
    claimers_never_get_the_same_job,
    urgent_first_then_oldest_and_only_when_due,
    an_expired_lease_is_claimed_again_and_fences_the_sleeper,
    an_unfinished_job_of_a_key_exists_once,
    a_rolled_back_enqueue_never_was,
    jobs_of_one_key_never_run_together,
    cancelling_reaches_the_worker,
    attempts_are_counted_and_end,
    a_graceful_end_gives_leases_back_uncounted,
    a_fenced_batch_keeps_claimers_away,
);

const LEASE: Duration = Duration::from_secs(30);

fn lease(job: &Job) -> Lease {
    Lease { job_id: job.id, epoch: job.epoch }
}

async fn enqueue(world: &World, jobs: impl IntoIterator<Item = scanhelm_core::job::NewJob>) {
    let tx = world.store.begin().await.unwrap();
    for job in jobs {
        tx.enqueue(&job, at(0)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn claim_one(world: &World, owner: &str, second: i64) -> Option<Job> {
    world.store.claim_jobs(owner, &["import"], 1, LEASE, at(second)).await.unwrap().pop()
}

async fn claimers_never_get_the_same_job(world: World) {
    enqueue(&world, (0..60).map(|_| world.job("import"))).await;
    let other = world.open_again().await.unwrap();
    let claim_all = async |store: &scanhelm_store::Store, owner: &str| {
        let mut mine = Vec::new();
        loop {
            let jobs = store.claim_jobs(owner, &["import"], 4, LEASE, at(1)).await.unwrap();
            if jobs.is_empty() {
                return mine;
            }
            assert!(jobs.iter().all(|job| job.lease_owner.as_deref() == Some(owner)));
            mine.extend(jobs.into_iter().map(|job| job.id));
        }
    };
    let (a, b, c) = tokio::join!(claim_all(&world.store, "a"), claim_all(&other, "b"), claim_all(&other, "c"));
    let all: Vec<_> = a.into_iter().chain(b).chain(c).collect();
    assert_eq!(all.len(), 60);
    assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), 60);
    assert_eq!(world.store.queue_depth().await.unwrap().running, 60);
}

async fn urgent_first_then_oldest_and_only_when_due(world: World) {
    let mut jobs: Vec<_> = (0..4).map(|_| world.job("import")).collect();
    jobs[0].run_at = at(5);
    jobs[1].run_at = at(3);
    jobs[2].priority = -1;
    jobs[2].run_at = at(4);
    jobs[3].run_at = at(100);
    let expected = [jobs[2].id, jobs[1].id, jobs[0].id];
    enqueue(&world, jobs).await;
    enqueue(&world, [world.job("other")]).await;
    let depth = world.store.queue_depth().await.unwrap();
    assert_eq!((depth.queued, depth.running, depth.oldest_due), (5, 0, Some(at(0))));
    assert_eq!(claim_one(&world, "a", 2).await, None);
    let claimed = world.store.claim_jobs("a", &["import"], 10, LEASE, at(10)).await.unwrap();
    assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), expected);
    let first = &claimed[0];
    assert_eq!((first.attempts, first.epoch, first.state), (1, 1, JobState::Running));
    assert_eq!((first.lease_until, first.started_at), (Some(at(40)), Some(at(10))));
    let page = PageRequest::default();
    let filter = JobFilter { state: Some(JobState::Queued), ..JobFilter::default() };
    assert_eq!(world.store.jobs(world.company, &page, &filter).await.unwrap().total, Some(Total::Exactly(2)));
    let filter = JobFilter { kind: Some("other".to_owned()), state: None };
    assert_eq!(world.store.jobs(world.company, &page, &filter).await.unwrap().items.len(), 1);
}

async fn an_expired_lease_is_claimed_again_and_fences_the_sleeper(world: World) {
    enqueue(&world, [world.job("import")]).await;
    let sleeper = lease(&claim_one(&world, "a", 0).await.unwrap());
    assert_eq!(claim_one(&world, "b", 29).await, None);
    assert!(world.store.heartbeat(&sleeper, at(50)).await.unwrap().held);
    assert_eq!(claim_one(&world, "b", 49).await, None);
    let taken = claim_one(&world, "b", 50).await.unwrap();
    assert_eq!((taken.epoch, taken.attempts), (2, 2));

    assert!(!world.store.heartbeat(&sleeper, at(90)).await.unwrap().held);
    assert!(!world.store.progress(&sleeper, &serde_json::json!({"done": 9})).await.unwrap());
    let tx = world.store.begin().await.unwrap();
    tx.set_meta("batch", "of the sleeper").await.unwrap();
    assert_eq!(tx.fence(&sleeper).await.unwrap_err().code, ErrorCode::Conflict);
    let finished = tx.finish_job(&sleeper, JobState::Done, None, None, at(51)).await;
    assert_eq!(finished.unwrap_err().code, ErrorCode::Conflict);
    assert_eq!(tx.retry_job(&sleeper, at(60), "x", at(51)).await.unwrap_err().code, ErrorCode::Conflict);
    drop(tx);

    let holder = lease(&taken);
    assert!(world.store.progress(&holder, &serde_json::json!({"done": 1})).await.unwrap());
    let tx = world.store.begin().await.unwrap();
    tx.fence(&holder).await.unwrap();
    let result = serde_json::json!({"created": 1});
    tx.finish_job(&holder, JobState::Done, Some(&result), None, at(52)).await.unwrap();
    tx.commit().await.unwrap();
    let job = world.store.job(world.company, taken.id).await.unwrap().unwrap();
    assert_eq!((job.state, job.result, job.finished_at), (JobState::Done, Some(result), Some(at(52))));
    assert_eq!((job.progress, job.lease_owner), (Some(serde_json::json!({"done": 1})), None));
    assert_eq!(claim_one(&world, "c", 1000).await, None);
}

async fn an_unfinished_job_of_a_key_exists_once(world: World) {
    let mut first = world.job("import");
    first.dedup_key = Some("import:run-1".to_owned());
    let mut second = world.job("import");
    second.dedup_key.clone_from(&first.dedup_key);
    let mut foreign = world.job("import");
    foreign.dedup_key.clone_from(&first.dedup_key);
    foreign.company_id = world.other;
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.enqueue(&first, at(0)).await.unwrap(), first.id);
    assert_eq!(tx.enqueue(&second, at(0)).await.unwrap(), first.id);
    assert_eq!(tx.enqueue(&foreign, at(0)).await.unwrap(), foreign.id);
    tx.request_cancel(world.other, foreign.id, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    let job = claim_one(&world, "a", 1).await.unwrap();
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.enqueue(&second, at(0)).await.unwrap(), first.id, "a running job is unfinished");
    tx.finish_job(&lease(&job), JobState::Failed, None, Some("no"), at(2)).await.unwrap();
    assert_eq!(tx.enqueue(&second, at(0)).await.unwrap(), second.id);
    tx.commit().await.unwrap();
}

async fn a_rolled_back_enqueue_never_was(world: World) {
    let scan = world.stored_scan("one", 1).await;
    let tx = world.store.begin().await.unwrap();
    tx.save_scan(&scan, 1).await.unwrap();
    tx.enqueue(&world.job("import"), at(0)).await.unwrap();
    drop(tx);
    assert_eq!(claim_one(&world, "a", 1).await, None);
    assert_eq!(world.store.scan(world.company, scan.id).await.unwrap().unwrap().version, 1);
}

async fn jobs_of_one_key_never_run_together(world: World) {
    let keyed = |priority| {
        let mut job = world.job("import");
        job.concurrency_key = Some("integration:1".to_owned());
        job.priority = priority;
        job
    };
    let (slow, urgent) = (keyed(5), keyed(1));
    let urgent_id = urgent.id;
    enqueue(&world, [slow.clone(), urgent, world.job("import")]).await;
    let claimed = world.store.claim_jobs("a", &["import"], 10, LEASE, at(1)).await.unwrap();
    assert_eq!(claimed.len(), 2, "one of the key and the one without");
    let running = claimed.iter().find(|job| job.concurrency_key.is_some()).unwrap();
    assert_eq!(running.id, urgent_id);
    enqueue(&world, [keyed(-9)]).await;
    assert_eq!(claim_one(&world, "b", 2).await, None);
    // The dead worker's job comes first again; the key stays taken meanwhile.
    let revived = world.store.claim_jobs("b", &["import"], 10, LEASE, at(40)).await.unwrap();
    assert!(revived.iter().any(|job| job.id == urgent_id));
    assert_eq!(revived.iter().filter(|job| job.concurrency_key.is_some()).count(), 1);
    let revived = revived.into_iter().find(|job| job.id == urgent_id).unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.finish_job(&lease(&revived), JobState::Done, None, None, at(41)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim_one(&world, "b", 42).await.unwrap().priority, -9);
    assert_eq!(claim_one(&world, "b", 42).await, None);
}

async fn cancelling_reaches_the_worker(world: World) {
    let (queued, running) = (world.job("import"), world.job("import"));
    enqueue(&world, [running.clone()]).await;
    let job = claim_one(&world, "a", 1).await.unwrap();
    enqueue(&world, [queued.clone()]).await;
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.request_cancel(world.other, queued.id, at(2)).await.unwrap(), None);
    let cancelled = tx.request_cancel(world.company, queued.id, at(2)).await.unwrap().unwrap();
    assert_eq!((cancelled.state, cancelled.finished_at), (JobState::Cancelled, Some(at(2))));
    let asked = tx.request_cancel(world.company, running.id, at(2)).await.unwrap().unwrap();
    assert_eq!((asked.state, asked.cancel_requested), (JobState::Running, true));
    tx.commit().await.unwrap();
    let answer = world.store.heartbeat(&lease(&job), at(60)).await.unwrap();
    assert!(answer.held && answer.cancel_requested);
    let tx = world.store.begin().await.unwrap();
    tx.finish_job(&lease(&job), JobState::Cancelled, None, None, at(3)).await.unwrap();
    let ended = tx.request_cancel(world.company, running.id, at(9)).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.finished_at), (JobState::Cancelled, Some(at(3))));
    assert_eq!(tx.prune_jobs(at(3), 10).await.unwrap(), 1);
}

async fn attempts_are_counted_and_end(world: World) {
    let mut job = world.job("import");
    job.max_attempts = 2;
    enqueue(&world, [job.clone()]).await;
    let first = claim_one(&world, "a", 1).await.unwrap();
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.retry_job(&lease(&first), at(10), "vendor said 503", at(2)).await.unwrap(), JobState::Queued);
    tx.commit().await.unwrap();
    assert!(!world.store.heartbeat(&lease(&first), at(60)).await.unwrap().held);
    assert_eq!(claim_one(&world, "a", 9).await, None);
    let second = claim_one(&world, "a", 10).await.unwrap();
    assert_eq!((second.attempts, second.error.as_deref()), (2, Some("vendor said 503")));
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.retry_job(&lease(&second), at(20), "again", at(11)).await.unwrap(), JobState::Failed);
    tx.commit().await.unwrap();
    let ended = world.store.job(world.company, job.id).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.error.as_deref()), (JobState::Failed, Some("again")));
}

async fn a_graceful_end_gives_leases_back_uncounted(world: World) {
    enqueue(&world, [world.job("import")]).await;
    let job = claim_one(&world, "a", 1).await.unwrap();
    assert_eq!(world.store.release_leases("b").await.unwrap(), 0);
    assert_eq!(world.store.release_leases("a").await.unwrap(), 1);
    assert!(!world.store.heartbeat(&lease(&job), at(60)).await.unwrap().held);
    let next = claim_one(&world, "b", 1).await.unwrap();
    assert_eq!((next.id, next.attempts), (job.id, 1));
}

async fn a_fenced_batch_keeps_claimers_away(world: World) {
    enqueue(&world, [world.job("import")]).await;
    let job = claim_one(&world, "a", 0).await.unwrap();
    let thief = world.open_again().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.fence(&lease(&job)).await.unwrap();
    tx.set_meta("batch", "1").await.unwrap();
    // The lease is over, but the batch is not: PostgreSQL passes the job over, SQLite's one writer makes it wait.
    let mut stealing = tokio::spawn(async move { thief.claim_jobs("b", &["import"], 1, LEASE, at(99)).await });
    if world.store.backend() == Backend::Postgres {
        assert_eq!((&mut stealing).await.unwrap().unwrap(), []);
        tx.commit().await.unwrap();
    } else {
        tokio::task::yield_now().await;
        assert!(!stealing.is_finished());
        tx.commit().await.unwrap();
        assert_eq!(stealing.await.unwrap().unwrap()[0].epoch, 2);
    }
    assert_eq!(world.store.meta("batch").await.unwrap().as_deref(), Some("1"));
}
