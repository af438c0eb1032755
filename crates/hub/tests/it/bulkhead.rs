//! One vendor that takes seconds for every answer and one that never gives any: nobody else notices.
//!
//! What is compared is the lag of the healthy in one and the same run, in turns: with the two in order, in trouble, in
//! trouble, in order. A machine that is busy is so in all of them.

use std::time::{Duration, Instant};

use futures::future::join_all;
use scanhelm_core::permission::Grant;
use scanhelm_core::status::{ImportState, Status};
use scanhelm_vendor_sim::{FaultId, ScanSeed, SeedState, Sim};

use crate::harness::{Home, LOOKS, Running, nessus, on_both_databases, seed};

const HEALTHY: usize = 2;
/// In each turn, of each vendor.
const SCANS: usize = 2;
/// Delays of the healthy while others are in trouble, at most, for those without (I15 of the fault matrix).
const RATIO: f64 = 2.0;

/// Of one company each, so that names and rows are apart.
struct Vendor {
    sim: Sim,
    grant: Grant,
}

async fn vendor(hub: &Running, name: &str) -> Vendor {
    let sim = nessus().await;
    sim.add_scan(ScanSeed { duration_s: 100_000_000, ..seed("goes on", SeedState::Running) }).unwrap();
    sim.add_scan(seed("done", SeedState::Completed)).unwrap();
    let grant = hub.company(name).await;
    hub.connect(&grant, &sim).await;
    hub.await_imported_in(&sim, &grant, "done").await;
    hub.await_status(&grant, "goes on", Status::Running).await;
    Vendor { sim, grant }
}

/// From the end of a scan at its vendor until its results are in.
async fn lag(hub: &Running, vendor: &Vendor, name: &str) -> Duration {
    let ended = Instant::now();
    vendor.sim.add_scan(ScanSeed { findings: 10, ..seed(name, SeedState::Completed) }).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let scan = hub.scan_named(&vendor.grant, name).await.filter(|scan| scan.import_state.is_finished());
        if let Some(scan) = scan {
            assert_eq!((scan.import_state, scan.imported_findings), (ImportState::Done, 10));
            return ended.elapsed();
        }
        // The report is written in the vendor's time.
        vendor.sim.advance(Duration::from_secs(2));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{name} never came in");
}

/// Every lag of a turn: at each vendor one scan after the other, side by side with the other vendors.
async fn turn(hub: &Running, healthy: &[Vendor], number: usize) -> Vec<Duration> {
    let each = healthy.iter().map(async |vendor| {
        let mut lags = Vec::new();
        for scan in 0..SCANS {
            lags.push(lag(hub, vendor, &format!("{number}.{scan}")).await);
        }
        lags
    });
    join_all(each).await.concat()
}

/// Its looks and its imports hang.
async fn trouble(hub: &Running, vendor: &Vendor, fault: &str) -> FaultId {
    let fault = vendor.sim.fault(fault.parse().unwrap());
    let scan = hub.scan_named(&vendor.grant, "done").await.unwrap();
    for _ in 0..LOOKS {
        // Somebody else may have changed the scan at the same instant.
        if hub.hub.imports().start(&vendor.grant, scan.id, true).await.is_ok() {
            crate::harness::await_strike(&vendor.sim, fault).await;
            return fault;
        }
    }
    panic!("the import of a troubled vendor never began");
}

on_both_databases! {
    async fn a_slow_and_a_dead_vendor_leave_the_others_lag_as_it_was(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let mut healthy = Vec::new();
        for number in 0..HEALTHY {
            healthy.push(vendor(&hub, &format!("Healthy{number}")).await);
        }
        let (slow, dead) = (vendor(&hub, "Slow").await, vendor(&hub, "Dead").await);
        let (mut in_order, mut in_trouble) = (Vec::new(), Vec::new());
        in_order.extend(turn(&hub, &healthy, 1).await);
        let faults = [trouble(&hub, &slow, "slow,delay_ms=3000").await, trouble(&hub, &dead, "hold").await];
        let asked = |vendor: &Vendor| vendor.sim.ledger().requests.len();
        in_trouble.extend(turn(&hub, &healthy, 2).await);
        let before = asked(&dead);
        in_trouble.extend(turn(&hub, &healthy, 3).await);
        assert_eq!(asked(&dead), before, "one that does not answer is not asked more and more");
        slow.sim.clear_fault(faults[0]);
        dead.sim.clear_fault(faults[1]);
        for vendor in [&slow, &dead] {
            hub.await_imported_in(&vendor.sim, &vendor.grant, "done").await;
            hub.sync(&vendor.grant).await;
        }
        in_order.extend(turn(&hub, &healthy, 4).await);
        let mean = |lags: &[Duration]| lags.iter().sum::<Duration>().as_secs_f64() / lags.len() as f64;
        let ratio = mean(&in_trouble) / mean(&in_order);
        assert!(ratio <= RATIO, "{ratio:.2}: {in_order:?}, in trouble {in_trouble:?}");
        hub.stop().await;
    }

    /// As many as there are places for reading, all of whose imports wait for an answer that does not come.
    async fn imports_that_wait_for_their_vendors_hold_no_place_of_others(database) {
        let home = Home::new(database);
        let hub = home.start_with(|settings| settings.jobs.workers = 2).await;
        let mut dead = Vec::new();
        for number in 0..2 {
            dead.push(vendor(&hub, &format!("Dead{number}")).await);
        }
        let healthy = vendor(&hub, "Healthy").await;
        let mut faults = Vec::new();
        for vendor in &dead {
            faults.push(trouble(&hub, vendor, "hold").await);
        }
        lag(&hub, &healthy, "in time").await;
        for vendor in &dead {
            let scan = hub.scan_named(&vendor.grant, "done").await.unwrap();
            assert_eq!(scan.import_state, ImportState::Running, "it waits all this time");
        }
        for (vendor, fault) in dead.iter().zip(faults) {
            vendor.sim.clear_fault(fault);
            hub.await_imported_in(&vendor.sim, &vendor.grant, "done").await;
        }
        hub.stop().await;
    }
}
