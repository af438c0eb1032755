//! What lists do not tell is asked for one scan at a time; every scan has its turn, and no vendor is asked in vain.

use std::collections::HashSet;
use std::time::Duration;

use scanhelm_core::status::VendorState;
use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim, SimConfig};

use crate::harness::{Home, LOOKS, nessus, on_both_databases, seed};

on_both_databases! {
    /// The list of Nessus tells no progress, and a look may ask for fewer scans than run.
    async fn each_of_many_running_scans_has_its_turn(database) {
        let sim = nessus().await;
        for number in 0..10 {
            sim.add_scan(seed(&format!("scan {number}"), SeedState::Running)).unwrap();
        }
        let home = Home::new(database);
        let hub = home.start_with(|settings| settings.sync.details_per_look = 3).await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        for half in [50.0, 60.0] {
            let mut behind = Vec::new();
            for _ in 0..LOOKS {
                let scans = hub.scans(&grant).await;
                let told = |scan: &scanhelm_core::scan::Scan| scan.progress.is_some_and(|percent| percent >= half - 5.0);
                behind = scans.iter().filter(|scan| !told(scan)).map(|scan| scan.name.clone()).collect();
                if scans.len() == 10 && behind.is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(behind.is_empty(), "never told: {behind:?}");
            sim.advance(Duration::from_secs(60));
        }
        let asked: HashSet<_> = sim.ledger().requests.iter().filter(|request| request.operation == "scans.details").map(|request| request.path.clone()).collect();
        assert_eq!(asked.len(), 10);
        hub.stop().await;
    }

    /// More run than a look may ask for, and the list of Nessus does not tell when a run ended.
    async fn when_a_run_ended_is_known_although_many_others_move(database) {
        let sim = nessus().await;
        for number in 0..6 {
            let goes_on = ScanSeed { duration_s: 100_000_000, ..seed(&format!("goes on {number}"), SeedState::Running) };
            sim.add_scan(goes_on).unwrap();
        }
        sim.add_scan(seed("ends", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let hub = home.start_with(|settings| settings.sync.details_per_look = 2).await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        hub.await_scan(&grant, "ends", |scan| scan.progress.is_some()).await;
        sim.advance(Duration::from_mins(20));
        let ended = hub.await_scan(&grant, "ends", |scan| scan.vendor_finished_at.is_some()).await;
        assert_eq!(ended.vendor_state, VendorState::Completed);
        assert_eq!(hub.scans(&grant).await.iter().filter(|scan| scan.vendor_state.is_active()).count(), 6);
        hub.stop().await;
    }

    /// The list of Qualys tells all there is, and every call counts against a limit.
    async fn a_vendor_whose_list_tells_all_is_asked_for_nothing_else(database) {
        let sim = Sim::start(SimConfig { speed: 0.0, ..SimConfig::new("qualys-vm") }).await.unwrap();
        for (number, state) in [SeedState::Running, SeedState::Paused, SeedState::Canceled].into_iter().enumerate() {
            sim.add_scan(seed(&format!("scan {number}"), state)).unwrap();
        }
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let known = sim.credentials();
        let login = vec![("username", known.username.clone()), ("password", known.password.clone())];
        hub.connect_to(&grant, "qualys-vm", &sim, login).await;
        hub.await_scan(&grant, "scan 0", |scan| !scan.targets.is_empty()).await;
        for _ in 0..2 {
            hub.sync(&grant).await;
        }
        let single = sim.ledger().requests.iter().filter(|request| request.query.contains("scan_ref=")).count();
        assert_eq!((hub.scans(&grant).await.len(), single), (3, 0));
        hub.stop().await;
    }
}
