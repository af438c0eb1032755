//! What the import's look-ups and books cost against bare multi-row inserts of the same rows into the same tables.
//! Run by hand, since the figures of a busy machine prove nothing:
//! `cargo nextest run -p scanhelm-store --release --run-ignored only rate`.

use std::time::{Duration, Instant};

use scanhelm_core::coverage::AssetCoverage;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::job::Lease;
use scanhelm_core::page::PageRequest;
use scanhelm_store::{NewFinding, NewSighting, ScanFilter};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait, Value};

use crate::fixture::{World, at, on_both};

on_both!(
    #[ignore = "a measurement"]
    an_import_reaches_a_third_of_the_bare_insert_rate,
);

const BATCHES: usize = 5;
const BATCH: usize = 20_000;

async fn an_import_reaches_a_third_of_the_bare_insert_rate(world: World) {
    let mut scan = world.stored_scan("one", 1).await;
    let run = world.stored_run(&mut scan).await;
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    tx.enqueue(&world.job("import"), at(0)).await.unwrap();
    let rows = [world.asset("fqdn:a", 1, 1, "a"), world.asset("fqdn:bare", 1, 1, "bare")];
    let assets = tx.upsert_assets(world.company, &rows).await.unwrap();
    tx.commit().await.unwrap();
    let job = world.store.claim_jobs("a", &["import"], 1, Duration::from_secs(600), at(1)).await.unwrap().remove(0);
    let lease = Lease { job_id: job.id, epoch: job.epoch };
    let batch = |asset, name: &str, number: usize| -> (Vec<NewFinding>, Vec<NewSighting>) {
        (0..BATCH)
            .map(|index| {
                let finding = world.finding(world.company, asset, &format!("CVE-{name}-{number}-{index}"), 5);
                let reference = format!("{name}:{number}:{index}:0123456789abcdef");
                let mut sighting = world.sighting(&finding, &source, &reference, scan.id, run, 5);
                sighting.shown.detail = format!("{{\"description\":\"{}\"}}", "x".repeat(250));
                (finding, sighting)
            })
            .unzip()
    };

    let bare = sea_orm::Database::connect(world.url()).await.unwrap();
    if world.store.backend() == scanhelm_store::Backend::Sqlite {
        bare.execute_unprepared("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536").await.unwrap();
    }
    let mut bare_time = Duration::ZERO;
    for number in 0..BATCHES {
        let (findings, sightings) = batch(assets["fqdn:bare"], "bare", number);
        let started = Instant::now();
        insert_bare(&bare, &findings, &sightings).await;
        bare_time += started.elapsed();
    }
    let mut import_time = Duration::ZERO;
    for number in 0..BATCHES {
        let (findings, sightings) = batch(assets["fqdn:a"], "import", number);
        let started = Instant::now();
        let tx = world.store.begin().await.unwrap();
        tx.fence(&lease).await.unwrap();
        tx.upsert_assets(world.company, &rows[..1]).await.unwrap();
        let references: Vec<_> = sightings.iter().map(|sighting| sighting.scanner_ref.clone()).collect();
        assert!(tx.known_sightings(world.company, &source, &references).await.unwrap().is_empty());
        let fingerprints: Vec<_> = findings.iter().map(|finding| finding.fingerprint.clone()).collect();
        assert!(tx.known_findings(world.company, &fingerprints).await.unwrap().is_empty());
        assert!(tx.triage_of(world.company, &fingerprints).await.unwrap().is_empty());
        tx.insert_findings(&findings).await.unwrap();
        tx.insert_sightings(&sightings).await.unwrap();
        let covered = AssetCoverage { covered_at: at(5), authenticated: true, policy: None, complete: true };
        tx.record_coverage(world.company, &source, scan.id, run, &[(assets["fqdn:a"], covered)]).await.unwrap();
        tx.commit().await.unwrap();
        import_time += started.elapsed();
    }
    let started = Instant::now();
    let open = world.store.closing_candidates(world.company, &source, run, None, 1000).await.unwrap();
    let closing_time = started.elapsed();
    assert_eq!(open, []);
    world.store.list_scans(world.company, &ScanFilter::default(), &PageRequest::default()).await.unwrap();
    let ratio = bare_time.as_secs_f64() / import_time.as_secs_f64();
    let rate = (BATCH * BATCHES) as f64;
    let figures = format!(
        "bare {:.0} findings/s, import {:.0} findings/s, ratio {ratio:.2}, closing query {closing_time:?}",
        rate / bare_time.as_secs_f64(),
        rate / import_time.as_secs_f64(),
    );
    std::io::Write::write_all(&mut std::io::stderr(), figures.as_bytes()).unwrap();
    assert!(ratio >= 0.35, "the import reaches {ratio:.2} of the bare insert rate");
}

/// The same rows of the same two tables, and nothing else.
async fn insert_bare(database: &DatabaseConnection, findings: &[NewFinding], sightings: &[NewSighting]) {
    let tx = database.begin().await.unwrap();
    let head = "INSERT INTO findings (id, company_id, fingerprint, asset_id, title, severity, status, cves, cwes, \
                location, identity, first_seen_at, last_seen_at, resolved_at, sighting_count) VALUES ";
    for chunk in findings.chunks(250) {
        let rows = chunk.iter().map(|finding| {
            vec![
                text(finding.id),
                text(finding.company_id),
                text(&finding.fingerprint),
                text(finding.asset_id),
                text(&finding.title),
                Value::from(i64::from(finding.severity.rank())),
                text(finding.status),
                Value::from(serde_json::to_string(&finding.cves).unwrap()),
                Value::from(serde_json::to_string(&finding.cwes).unwrap()),
                Value::from(serde_json::to_string(&finding.location).unwrap()),
                Value::from(serde_json::to_string(&finding.identity).unwrap()),
                Value::from(finding.first_seen_at.as_millis()),
                Value::from(finding.last_seen_at.as_millis()),
                Value::BigInt(None),
                Value::from(1_i64),
            ]
        });
        insert(&tx, head, rows.collect()).await;
    }
    let head = "INSERT INTO sightings (id, company_id, finding_id, asset_id, source, scanner_ref, scanner, rule_id, \
                title, severity, scan_id, run_id, first_seen_at, last_seen_at, authenticated, policy, state, content, \
                detail) VALUES ";
    for chunk in sightings.chunks(250) {
        let rows = chunk.iter().map(|sighting| {
            vec![
                text(sighting.id),
                text(sighting.company_id),
                text(sighting.finding_id),
                text(sighting.asset_id),
                text(sighting.source.as_str()),
                text(&sighting.scanner_ref),
                text(&sighting.shown.scanner),
                text(&sighting.shown.rule_id),
                text(&sighting.shown.title),
                Value::from(i64::from(sighting.shown.severity.rank())),
                text(sighting.scan_id),
                text(sighting.run_id),
                Value::from(sighting.first_seen_at.as_millis()),
                Value::from(sighting.last_seen_at.as_millis()),
                Value::from(0_i64),
                Value::from(sighting.shown.policy.clone()),
                text("seen"),
                Value::from(7_i64),
                text(&sighting.shown.detail),
            ]
        });
        insert(&tx, head, rows.collect()).await;
    }
    tx.commit().await.unwrap();
}

fn text(value: impl ToString) -> Value {
    Value::from(value.to_string())
}

async fn insert(tx: &sea_orm::DatabaseTransaction, head: &str, rows: Vec<Vec<Value>>) {
    let numbered = tx.get_database_backend() == sea_orm::DbBackend::Postgres;
    let (mut statement, mut values) = (head.to_owned(), Vec::new());
    for (index, row) in rows.into_iter().enumerate() {
        statement.push_str(if index == 0 { "(" } else { ",(" });
        let places: Vec<_> = (values.len() + 1..=values.len() + row.len())
            .map(|place| if numbered { format!("${place}") } else { "?".to_owned() })
            .collect();
        statement.push_str(&places.join(","));
        statement.push(')');
        values.extend(row);
    }
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), statement, values)).await.unwrap();
}
