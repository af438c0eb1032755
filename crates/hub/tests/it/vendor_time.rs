//! C17 and C18: the vendor's times are shown, and nothing is ordered by them.

use std::time::Duration;

use scanhelm_core::permission::Grant;
use scanhelm_core::scan::Scan;
use scanhelm_core::status::Status;
use scanhelm_vendor_sim::{Moment, SeedState, Sim, SimConfig};

use crate::harness::{Home, Running, on_both_databases, seed};

async fn at(start: &str, number: u64) -> Sim {
    let start: Moment = serde_json::from_value(serde_json::Value::from(start)).unwrap();
    let config = SimConfig { start: Some(start), speed: 0.0, seed: number, ..SimConfig::new("nessus") };
    Sim::start(config).await.unwrap()
}

/// A scan of a vendor whose clock shows this: running, ended, imported, launched again.
async fn lives(hub: &Running, grant: &Grant, sim: Sim, start: &str) {
    let name = format!("scan of {start}");
    sim.add_scan(seed(&name, SeedState::Running)).unwrap();
    let running = hub.await_status(grant, &name, Status::Running).await;
    sim.advance(Duration::from_mins(20));
    let is_in = |scan: &Scan| scan.import_state.is_finished() && scan.vendor_finished_at.is_some();
    let done = hub.await_scan_in(&sim, grant, &name, is_in).await;
    assert_eq!((done.id, done.run_number, done.imported_findings), (running.id, 1, 40), "{start}");
    assert_eq!(done.started_at, running.started_at, "{start}: written once");
    assert!(done.finished_at >= done.started_at && done.vendor_finished_at >= done.started_at, "{start}");
    hub.hub.scans().launch(grant, done.id).await.unwrap();
    hub.await_scan_in(&sim, grant, &name, |scan| scan.run_number == 2).await;
    sim.advance(Duration::from_mins(20));
    let again = hub.await_scan_in(&sim, grant, &name, is_in).await;
    assert!(again.run_number == 2 && again.finished_at >= again.started_at, "{start}");
}

on_both_databases! {
    /// Security Center lists the results of the last thirty days unless it is asked for more. One that is older is found,
    /// fetched, and not taken for deleted when the days have passed.
    async fn a_result_that_is_older_than_a_month_is_there(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let center = crate::estate::vendors::VENDORS.iter().find(|vendor| vendor.connector == "tenable-sc").unwrap();
        let center = center.connected(&hub, &grant).await;
        let month = 30 * 86_400;
        let old = scanhelm_vendor_sim::ScanSeed { age_s: 2 * month, ..seed("last spring", SeedState::Completed) };
        center.sim.add_scan(old).unwrap();
        center.sim.add_scan(seed("today", SeedState::Completed)).unwrap();
        for name in ["last spring", "today"] {
            let scan = hub.await_imported_in(&center.sim, &grant, name).await;
            assert!(scan.imported_findings > 0, "{scan:#?}");
        }
        center.sim.advance(Duration::from_secs(2 * month));
        hub.sync(&grant).await;
        let scans = hub.scans(&grant).await;
        assert!(scans.len() == 2 && scans.iter().all(|scan| scan.vendor_missing_since.is_none()), "{scans:#?}");
        hub.stop().await;
    }

    /// Yesterday, tomorrow, 1970 and 2106 on the vendor's wall: each scan lives its life all the same.
    async fn fm_c17_a_vendor_of_another_time_is_followed_all_the_same(database) {
        let day = Duration::from_hours(24);
        let now = scanhelm_core::Clock::now(&scanhelm_hub::system::SystemClock);
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let starts =
            [now.minus(day).to_string(), now.plus(day).to_string(), "1970-01-03T00:00:00Z".into(), "2106-02-08T00:00:00Z".into()];
        let mut all = Vec::new();
        for (number, start) in starts.iter().enumerate() {
            let sim = at(start, number as u64).await;
            hub.connect(&grant, &sim).await;
            all.push(lives(&hub, &grant, sim, start));
        }
        futures::future::join_all(all).await;
        hub.stop().await;
    }

    async fn fm_c18_an_end_before_the_start_tells_no_duration(database) {
        let sim = Sim::start(SimConfig { speed: 0.0, ..SimConfig::new("nessus") }).await.unwrap();
        for field in ["scan_end", "scanner_end", "last_modification_date"] {
            sim.fault(format!("set-field,field={field},to=1000000000").parse().unwrap());
        }
        sim.add_scan(seed("hasty", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let done = hub
            .await_scan(&grant, "hasty", |scan| scan.import_state.is_finished() && scan.vendor_finished_at.is_some())
            .await;
        assert!(done.finished_at >= done.started_at && done.vendor_finished_at >= done.started_at);
        let view = hub.hub.scans().get(&grant, done.id).await.unwrap();
        assert_eq!((view.duration_s, done.imported_findings), (None, 40));
        hub.stop().await;
    }
}
