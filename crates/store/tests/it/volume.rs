//! Very much of everything: what people and workers wait for takes no longer because of what has been there for years.

use std::time::{Duration, Instant};

use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_core::severity::Severity;
use scanhelm_store::{Backend, FindingFilter, ScanFilter};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::fixture::{World, at, on_both};

on_both!(
    fm_d09_very_many_finished_jobs_slow_nobody_down_and_are_removed_in_batches,
    fm_c19_a_large_estate_is_paged_at_once,
    what_has_grown_is_looked_at_at_once
);

/// Longer than a person should wait for a page.
const PROMPT: Duration = Duration::from_secs(2);

async fn beside(world: &World) -> DatabaseConnection {
    sea_orm::Database::connect(world.url()).await.unwrap()
}

/// Copies a row so many times; some columns get values of their own, `n` being the number of the copy.
async fn multiply(world: &World, table: &str, id: &str, count: u64, own: &[(&str, &str)]) {
    let database = beside(world).await;
    let (backend, text) = match world.store.backend() {
        Backend::Sqlite => (DbBackend::Sqlite, format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")),
        Backend::Postgres => (
            DbBackend::Postgres,
            format!(
                "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}' \
                 AND is_generated = 'NEVER' ORDER BY ordinal_position"
            ),
        ),
    };
    let rows = database.query_all_raw(Statement::from_string(backend, text)).await.unwrap();
    let columns: Vec<String> = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    // Digits alone are a number in base 16 as well.
    let number = match world.store.backend() {
        Backend::Sqlite => "'0190b8a2-0000-7000-8000-' || substr('000000000000' || n, -12)",
        Backend::Postgres => "'0190b8a2-0000-7000-8000-' || right('000000000000' || n, 12)",
    };
    let value = |column: &String| match own.iter().find(|(name, _)| name == column) {
        Some((_, value)) => (*value).to_owned(),
        None if column == "id" => number.to_owned(),
        None => format!("t.{column}"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let text = format!(
        "INSERT INTO {table} ({}) WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count}) \
         SELECT {} FROM {table} t, series WHERE t.id = '{id}'",
        columns.join(", "),
        values.join(", ")
    );
    database.execute_unprepared(&text).await.unwrap();
    database.close().await.unwrap();
}

const CLAIMED: u32 = 50;

/// How long it takes to hand so many jobs out and to end them.
async fn a_days_work(world: &World) -> Duration {
    let tx = world.store.begin().await.unwrap();
    for _ in 0..CLAIMED {
        tx.enqueue(&world.job("import"), at(0)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let begun = Instant::now();
    for _ in 0..CLAIMED {
        let lease = Duration::from_secs(30);
        let job = world.store.claim_jobs("a", &["import"], 1, lease, at(1)).await.unwrap().pop().unwrap();
        let held = scanhelm_core::job::Lease { job_id: job.id, epoch: job.epoch };
        assert!(world.store.heartbeat(&held, at(60)).await.unwrap().held);
        let tx = world.store.begin().await.unwrap();
        tx.finish_job(&held, scanhelm_core::job::JobState::Done, None, None, at(2)).await.unwrap();
        tx.commit().await.unwrap();
    }
    begun.elapsed()
}

async fn fm_d09_very_many_finished_jobs_slow_nobody_down_and_are_removed_in_batches(world: World) {
    // A copy of a row takes PostgreSQL ten times as long.
    let many_jobs: u64 = if world.store.backend() == Backend::Sqlite { 1_000_000 } else { 200_000 };
    const BATCH: u32 = 1_000;
    let few = a_days_work(&world).await;
    let done = world.store.jobs(world.company, &PageRequest::default(), &scanhelm_store::JobFilter::default()).await;
    let done = done.unwrap().items.remove(0);
    let ended = at(2).as_millis();
    let finished = format!("{ended} - 1000 * n");
    let own = [
        ("finished_at", finished.as_str()),
        ("dedup_key", "'import:' || n"),
        ("concurrency_key", "'import:' || n % 200"),
    ];
    multiply(&world, "jobs", &done.id.to_string(), many_jobs, &own).await;
    let many = a_days_work(&world).await;
    // A table that is read from end to end would take hundreds of times as long.
    assert!(many < few * 10 + Duration::from_millis(500), "{few:?} with none, {many:?} with {many_jobs}");
    let depth = world.store.queue_depth().await.unwrap();
    assert_eq!((depth.queued, depth.running), (0, 0));

    // The oldest go first, a batch at a time; somebody who writes in between waits for one batch at most.
    let before = at(2).minus(Duration::from_secs(many_jobs / 2));
    let mut longest = Duration::ZERO;
    for _ in 0..10 {
        let begun = Instant::now();
        let tx = world.store.begin().await.unwrap();
        assert_eq!(tx.prune_jobs(before, BATCH).await.unwrap(), u64::from(BATCH));
        tx.commit().await.unwrap();
        longest = longest.max(begun.elapsed());
    }
    assert!(longest < PROMPT, "a batch of {BATCH} takes {longest:?}");
    let left = beside(&world).await;
    let backend = if world.store.backend() == Backend::Sqlite { DbBackend::Sqlite } else { DbBackend::Postgres };
    let text = "SELECT count(*) AS left_over, min(finished_at) AS oldest FROM jobs";
    let row = left.query_one_raw(Statement::from_string(backend, text)).await.unwrap().unwrap();
    let (count, oldest): (i64, i64) = (row.try_get("", "left_over").unwrap(), row.try_get("", "oldest").unwrap());
    assert_eq!(count.unsigned_abs(), many_jobs + 2 * u64::from(CLAIMED) - 10 * u64::from(BATCH));
    assert_eq!(oldest, ended - 1000 * (many_jobs.cast_signed() - 10 * i64::from(BATCH)), "the oldest are gone");
    left.close().await.unwrap();
}

/// 100,000 scans and 250,000 findings of one company: every page, its total and the counts come while a person looks.
async fn fm_c19_a_large_estate_is_paged_at_once(world: World) {
    const SCANS: u64 = 100_000;
    const FINDINGS: u64 = 250_000;
    let scan = world.stored_scan("first", 1).await;
    let own = [("name", "'scan ' || n"), ("created_at", "t.created_at + n")];
    multiply(&world, "scans", &scan.id.to_string(), SCANS - 1, &own).await;
    let asset = world.asset("host", 1, 2, "web.example.com");
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, std::slice::from_ref(&asset)).await.unwrap();
    let finding = world.finding(world.company, assets["host"], "CVE-2026-1", 1);
    tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
    tx.commit().await.unwrap();
    let own = [
        ("fingerprint", "'print ' || n"),
        ("title", "'Weakness ' || n"),
        ("severity", "n % 5"),
        ("last_seen_at", "t.last_seen_at + n"),
    ];
    multiply(&world, "findings", &finding.id.to_string(), FINDINGS - 1, &own).await;

    for order in ["-created_at", "name", "-severity"] {
        let mut page = PageRequest { limit: 200, sort: Sort::parse(order), ..PageRequest::default() };
        for number in 0..3 {
            let read = async || world.store.list_scans(world.company, &ScanFilter::default(), &page).await.unwrap();
            let listed = prompt(&format!("page {number} of the scans by {order}"), read).await;
            assert_eq!((listed.items.len(), number > 0 || listed.total == Some(Total::AtLeast(10_000))), (200, true));
            page.cursor = listed.next_cursor;
        }
    }
    let searched = ScanFilter { q: Some("scan 99999".to_owned()), ..ScanFilter::default() };
    let search = async || world.store.list_scans(world.company, &searched, &PageRequest::default()).await.unwrap();
    assert_eq!(prompt("a search", search).await.items.len(), 1);
    for order in ["-severity", "-last_seen_at"] {
        let mut page = PageRequest { limit: 200, sort: Sort::parse(order), ..PageRequest::default() };
        for number in 0..3 {
            let read =
                async || world.store.list_findings(world.company, &FindingFilter::default(), &page).await.unwrap();
            let listed = prompt(&format!("page {number} of the findings by {order}"), read).await;
            assert_eq!((listed.items.len(), number > 0 || listed.total == Some(Total::Exactly(FINDINGS))), (200, true));
            if order == "-severity" {
                assert_eq!(listed.items[0].severity, Severity::Critical);
            }
            page.cursor = listed.next_cursor;
        }
    }
    let count = async || world.store.finding_counts(world.company, &FindingFilter::default()).await.unwrap();
    assert_eq!(prompt("the counts", count).await.total(), FINDINGS);
    // Another company sees nothing of it.
    let theirs = world.store.list_scans(world.other, &ScanFilter::default(), &PageRequest::default()).await.unwrap();
    assert_eq!(theirs.total, Some(Total::Exactly(0)));
}

/// Without this PostgreSQL would go on planning as if what a first import filled were empty.
async fn what_has_grown_is_looked_at_at_once(world: World) {
    const SCANS: u64 = 20_000;
    let scan = world.stored_scan("first", 1).await;
    world.store.refresh_statistics().await.unwrap();
    multiply(&world, "scans", &scan.id.to_string(), SCANS - 1, &[("name", "'scan ' || n")]).await;
    world.store.refresh_statistics().await.unwrap();
    if world.store.backend() == Backend::Sqlite {
        // Keeps none that could be outdated.
        return;
    }
    let database = beside(&world).await;
    let text = "SELECT reltuples::bigint AS rows FROM pg_class WHERE relname = 'scans'";
    let row = database.query_one_raw(Statement::from_string(DbBackend::Postgres, text)).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "rows").unwrap().unsigned_abs(), SCANS);
    database.close().await.unwrap();
}

/// Reads until it has come in time once: the machine may be busy, and be so for more than one reading.
async fn prompt<T>(what: &str, read: impl AsyncFn() -> T) -> T {
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        let made = read().await;
        quickest = quickest.min(begun.elapsed());
        if quickest < PROMPT {
            return made;
        }
    }
    panic!("{what} takes {quickest:?}");
}
