//! What the programme's metrics are made from: counted by company, day and origin, and measured only where it can be.

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::ids::{CompanyId, ImportId, RunId, ScanId};
use scanhelm_core::import::{Import, ImportCounts, ImportNews};
use scanhelm_core::integration::Integration;
use scanhelm_core::permission::Actor;
use scanhelm_core::program::{Day, ImportEnds, Period};
use scanhelm_core::scan::{Origin, Run, Scan};
use scanhelm_core::status::{ImportState, VendorState};
use scanhelm_core::{SeverityCounts, Timestamp};
use scanhelm_store::{LagUntil, Unmeasured};

use crate::fixture::{World, at, linked, on_both};

on_both!(
    r127_scans_are_counted_by_day_in_utc_and_origin,
    r129_durations_are_those_of_completed_runs_by_vendor,
    r130_lag_is_measured_from_the_vendors_end_of_runs_the_hub_could_follow,
    imports_are_counted_by_how_they_ended,
    nothing_is_counted_of_another_company,
);

const HOUR: i64 = 3600;

/// From `at(0)`, which is 22:13:20 UTC, for three days.
fn period() -> Period {
    Period { from: at(0), to: at(72 * HOUR) }
}

async fn stored(world: &World, origin: Origin, second: i64, integration: Option<&Integration>) -> Scan {
    let mut scan = world.scan(&format!("{origin:?} {second}"), origin, second);
    if let Some(integration) = integration {
        scan.company_id = integration.company_id;
        scan.vendor = Some(integration.connector.clone());
        let external = scan.id.to_string();
        scan = linked(scan, integration.id, &external);
    }
    world.store_scan(&scan).await.unwrap();
    scan
}

struct Ended {
    state: VendorState,
    started: Option<Timestamp>,
    vendor: Option<Timestamp>,
    seen: Timestamp,
}

async fn ended(world: &World, scan: &Scan, number: u32, ended: Ended) -> RunId {
    let run = Run {
        id: RunId::new(&world.ids),
        scan_id: scan.id,
        company_id: scan.company_id,
        external_run_id: None,
        number,
        vendor_state: ended.state,
        import_state: ImportState::None,
        started_at: ended.started,
        finished_at: Some(ended.seen),
        vendor_finished_at: ended.vendor,
        counts: SeverityCounts::default(),
        imported_findings: 0,
        created_at: scan.created_at,
    };
    let tx = world.store.begin().await.unwrap();
    tx.insert_run(&run).await.unwrap();
    tx.commit().await.unwrap();
    run.id
}

fn completed(started: i64, vendor: i64, seen: i64) -> Ended {
    let (started, vendor) = (Some(at(started)), Some(at(vendor)));
    Ended { state: VendorState::Completed, started, vendor, seen: at(seen) }
}

async fn imported(world: &World, scan: &Scan, run: RunId, state: ImportState, second: i64) {
    let import = Import {
        id: ImportId::new(&world.ids),
        company_id: scan.company_id,
        scan_id: scan.id,
        run_id: run,
        job_id: world.job("import.vendor").id,
        state,
        checkpoint: 0,
        counts: ImportCounts::default(),
        news: ImportNews::default(),
        quarantined: Vec::new(),
        vendor_state: None,
        report_sha256: None,
        error: None,
        started_at: at(second),
        finished_at: Some(at(second)),
    };
    let tx = world.store.begin().await.unwrap();
    tx.insert_import(&import).await.unwrap();
    tx.commit().await.unwrap();
}

async fn r127_scans_are_counted_by_day_in_utc_and_origin(world: World) {
    let integration = world.stored_integration(world.company, "a").await;
    // Before the period, on its two sides of midnight (at 6,400 s), and at its very end, which is outside.
    for (origin, second) in [
        (Origin::Local, -1),
        (Origin::Local, 0),
        (Origin::Manual, 6_399),
        (Origin::Manual, 6_400),
        (Origin::Scheduled, 6_500),
        (Origin::Upload, 6_600),
        (Origin::Upload, 72 * HOUR),
    ] {
        stored(&world, origin, second, None).await;
    }
    for (origin, second) in [(Origin::Adopted, 10), (Origin::Adopted, 20), (Origin::Integration, 6_401)] {
        stored(&world, origin, second, Some(&integration)).await;
    }
    let first = Day::of(at(0));
    let second = Day::of(at(6_400));
    assert_eq!((first.to_string(), second.to_string()), ("2023-11-14".to_owned(), "2023-11-15".to_owned()));
    let expected = [
        (first, Origin::Adopted, 2),
        (first, Origin::Local, 1),
        (first, Origin::Manual, 1),
        (second, Origin::Integration, 1),
        (second, Origin::Manual, 1),
        (second, Origin::Scheduled, 1),
        (second, Origin::Upload, 1),
    ];
    assert_eq!(world.store.scans_by_day(world.company, period()).await.unwrap(), expected);
}

async fn r129_durations_are_those_of_completed_runs_by_vendor(world: World) {
    let integration = world.stored_integration(world.company, "a").await;
    let vendor = stored(&world, Origin::Adopted, 0, Some(&integration)).await;
    // The vendor's end counts, not when we saw it.
    ended(&world, &vendor, 1, completed(100, 400, 425)).await;
    ended(&world, &vendor, 2, completed(1_000, 1_300, 1_310)).await;
    ended(&world, &vendor, 3, completed(2_000, 2_060, 2_070)).await;
    // Not completed, never started, seen too late.
    ended(&world, &vendor, 4, Ended { state: VendorState::Cancelled, ..completed(3_000, 3_001, 3_002) }).await;
    ended(&world, &vendor, 5, Ended { started: None, ..completed(0, 4_000, 4_001) }).await;
    ended(&world, &vendor, 6, completed(5_000, 5_100, 72 * HOUR)).await;
    let mut local = world.scan("here", Origin::Local, 0);
    local.vendor = Some("local".to_owned());
    world.store_scan(&local).await.unwrap();
    ended(&world, &local, 1, Ended { vendor: None, ..completed(10, 0, 25) }).await;
    let mut upload = world.scan("file", Origin::Upload, 0);
    upload.vendor = Some("nessus".to_owned());
    world.store_scan(&upload).await.unwrap();
    ended(&world, &upload, 1, completed(0, 9, 9)).await;
    let expected =
        [("local".to_owned(), 15_000, 1), ("nessus".to_owned(), 60_000, 1), ("nessus".to_owned(), 300_000, 2)];
    assert_eq!(world.store.run_durations(world.company, period()).await.unwrap(), expected);
}

async fn r130_lag_is_measured_from_the_vendors_end_of_runs_the_hub_could_follow(world: World) {
    // Connected at second 0.
    let integration = world.stored_integration(world.company, "a").await;
    let scan = stored(&world, Origin::Adopted, 50, Some(&integration)).await;
    // Adopted only after its end: the hub was there and late all the same.
    let late = ended(&world, &scan, 1, completed(5, 10, 50)).await;
    let quick = ended(&world, &scan, 2, completed(60, 100, 104)).await;
    ended(&world, &scan, 3, completed(160, 200, 204)).await;
    // The vendor's clock is ahead.
    let ahead = ended(&world, &scan, 4, completed(260, 330, 300)).await;
    // Ended before the integration was there; no end told; failed.
    ended(&world, &scan, 5, completed(-500, -400, 60)).await;
    ended(&world, &scan, 6, Ended { vendor: None, ..completed(400, 0, 450) }).await;
    ended(&world, &scan, 7, Ended { state: VendorState::Failed, ..completed(500, 510, 520) }).await;
    // The first that brought results in counts, a failed one brought none.
    imported(&world, &scan, late, ImportState::Failed, 55).await;
    imported(&world, &scan, late, ImportState::Partial, 70).await;
    imported(&world, &scan, late, ImportState::Done, 900).await;
    imported(&world, &scan, quick, ImportState::Failed, 105).await;
    imported(&world, &scan, ahead, ImportState::Done, 320).await;
    let lags = async |until| world.store.sync_lags(world.company, period(), until).await.unwrap();
    assert_eq!(lags(LagUntil::Reflected).await, [(-1, 1), (4_000, 2), (40_000, 1)]);
    assert_eq!(lags(LagUntil::ResultsIn).await, [(-1, 1), (60_000, 1)]);
    let unmeasured = world.store.unmeasured_lags(world.company, period()).await.unwrap();
    assert_eq!(unmeasured, Unmeasured { before_connection: 1, undated: 1 });
}

async fn tell(world: &World, company: CompanyId, scan: ScanId, event: Event, second: i64) {
    let news = NewActivity {
        company_id: company,
        scan_id: scan,
        at: at(second),
        actor: Actor::System,
        event,
        message: String::new(),
        data: serde_json::json!({}),
    };
    let tx = world.store.begin().await.unwrap();
    tx.append_activity(news).await.unwrap();
    tx.commit().await.unwrap();
}

async fn imports_are_counted_by_how_they_ended(world: World) {
    let scan = world.stored_scan("one", 0).await.id;
    for (event, second) in [
        (Event::ImportComplete, -1),
        (Event::ImportComplete, 0),
        (Event::ImportComplete, 5),
        (Event::ImportFailed, 6),
        (Event::ImportStart, 7),
        (Event::ImportFailed, 72 * HOUR),
    ] {
        tell(&world, world.company, scan, event, second).await;
    }
    let ends = world.store.import_ends(world.company, period()).await.unwrap();
    assert_eq!(ends, ImportEnds { succeeded: 2, failed: 1 });
}

async fn nothing_is_counted_of_another_company(world: World) {
    let integration = world.stored_integration(world.other, "theirs").await;
    let scan = stored(&world, Origin::Adopted, 0, Some(&integration)).await;
    let run = ended(&world, &scan, 1, completed(5, 10, 50)).await;
    imported(&world, &scan, run, ImportState::Done, 60).await;
    ended(&world, &scan, 2, Ended { vendor: None, ..completed(5, 0, 50) }).await;
    tell(&world, world.other, scan.id, Event::ImportComplete, 60).await;
    let (store, ours) = (&world.store, world.company);
    assert!(store.scans_by_day(ours, period()).await.unwrap().is_empty());
    assert!(store.run_durations(ours, period()).await.unwrap().is_empty());
    for until in [LagUntil::Reflected, LagUntil::ResultsIn] {
        assert!(store.sync_lags(ours, period(), until).await.unwrap().is_empty());
        assert_eq!(store.sync_lags(world.other, period(), until).await.unwrap().len(), 1);
    }
    assert_eq!(store.unmeasured_lags(ours, period()).await.unwrap(), Unmeasured::default());
    assert_eq!(store.import_ends(ours, period()).await.unwrap(), ImportEnds::default());
}
