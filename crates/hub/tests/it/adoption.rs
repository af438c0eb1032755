use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use scanhelm_core::page::{PageRequest, Total};
use scanhelm_core::scan::Origin;
use scanhelm_core::status::{ImportState, Status};
use scanhelm_hub::integrations::IntegrationChange;
use scanhelm_hub::scans::NewScan;
use scanhelm_store::FindingFilter;
use scanhelm_vendor_sim::{SeedState, Sim, SimConfig};

use crate::harness::{Home, LOOKS, nessus, on_both_databases, seed};

fn expected_status(at_vendor: &str) -> Status {
    match at_vendor {
        "completed" | "imported" => Status::Completed,
        "running" => Status::Running,
        "paused" => Status::Paused,
        "canceled" => Status::Cancelled,
        "aborted" => Status::Failed,
        _ => Status::Queued,
    }
}

on_both_databases! {
    /// The hub mirrors an estate it never saw, imports what is complete, and holds exactly what the vendor served.
    async fn an_estate_appears_and_is_imported_without_a_click(database) {
        let sim = Sim::start(SimConfig { scans: 25, findings: 60, speed: 0.0, ..SimConfig::new("nessus") }).await.unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let truth: BTreeMap<String, String> =
            sim.scans().into_iter().filter(|scan| scan.folder != "Trash").map(|scan| (scan.id, scan.state)).collect();
        for _ in 0..LOOKS {
            let scans = hub.scans(&grant).await;
            let settled = scans.iter().all(|scan| {
                let expected = expected_status(&truth[&scan.link.as_ref().unwrap().external_scan_id]);
                let imported = scan.import_state.is_finished() && scan.counts.total() == scan.imported_findings;
                scan.status() == expected && (expected != Status::Completed || imported)
            });
            if scans.len() == truth.len() && settled {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let scans = hub.scans(&grant).await;
        assert_eq!(scans.len(), truth.len());
        let ledger = sim.ledger();
        for scan in &scans {
            assert_eq!(scan.origin, Origin::Adopted);
            let external = scan.link.as_ref().unwrap().external_scan_id.clone();
            let expected = expected_status(&truth[&external]);
            assert_eq!(scan.status(), expected, "{} at the vendor: {}", scan.name, truth[&external]);
            if expected != Status::Completed {
                assert_ne!(scan.import_state, ImportState::Done);
                continue;
            }
            assert_eq!(scan.import_state, ImportState::Done, "{:?}", scan.error);
            let run = scan.external_run_id.clone().unwrap();
            let served = ledger.served.iter().find(|served| served.scan == external && served.run == run).unwrap();
            assert_eq!(scan.imported_findings, served.findings.len() as u64);
            assert_eq!(scan.counts.total(), served.findings.len() as u64, "counts of {}", scan.name);
        }
        // Every finding the vendor served is in the hub once, and nothing else is.
        let latest: BTreeSet<(String, String, String)> = ledger
            .served
            .iter()
            .flat_map(|served| &served.findings)
            .map(|finding| (finding.asset.clone(), finding.check.clone(), finding.location.clone()))
            .collect();
        let page = PageRequest { limit: 1, ..PageRequest::default() };
        let found = hub.hub.findings().list(&grant, &FindingFilter::default(), &page).await.unwrap();
        let dumped = hub.dump(&grant).await;
        let sightings = dumped.iter().filter(|line| line.contains("\tsighting\t")).count();
        assert_eq!(found.total, Some(Total::Exactly((dumped.len() - sightings) as u64)));
        assert_eq!(sightings, latest.len());
        hub.stop().await;
    }

    async fn sweeping_again_creates_nothing(database) {
        let sim = nessus().await;
        sim.add_scan(seed("twin", SeedState::Completed)).unwrap();
        sim.add_scan(seed("twin", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        for _ in 0..3 {
            hub.sync(&grant).await;
        }
        // Two vendor scans of one name are two scans.
        assert_eq!(hub.scans(&grant).await.len(), 2);
        hub.stop().await;
    }

    /// Who links a scan of a scanner that was never reached gets that scan, once, when it answers.
    async fn a_link_made_before_the_first_look_is_the_scan_that_appears(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("nightly", SeedState::Completed)).unwrap();
        let down = sim.fault("status,code=503".parse().unwrap());
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        let new = NewScan {
            name: Some("our nightly".to_owned()),
            integration_id: Some(integration),
            external_scan_id: Some(truth.id),
            ..NewScan::default()
        };
        let linked = hub.hub.scans().create(&grant, new).await.unwrap().scan.id;
        sim.clear_fault(down);
        hub.sync(&grant).await;
        hub.await_scan(&grant, "our nightly", |scan| scan.import_state.is_finished()).await;
        hub.sync(&grant).await;
        assert_eq!(hub.scans(&grant).await.iter().map(|scan| scan.id).collect::<Vec<_>>(), [linked]);
        hub.stop().await;
    }

    /// Queued, running, paused, running, completed, imported, relaunched: mirrored as they happen.
    async fn fm_c01_a_run_is_followed_to_its_import_and_a_relaunch_is_a_new_run(database) {
        let sim = nessus().await;
        sim.add_scan(seed("nightly", SeedState::Pending)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        hub.await_status(&grant, "nightly", Status::Queued).await;
        sim.advance(Duration::from_secs(300));
        let running = hub.await_scan(&grant, "nightly", |scan| {
            scan.status() == Status::Running && scan.progress.is_some_and(|percent| percent > 0.0) && scan.counts_known
        }).await;
        assert!(running.started_at.is_some() && running.finished_at.is_none());
        sim.advance(Duration::from_secs(600));
        let done = hub.await_scan(&grant, "nightly", |scan| {
            scan.import_state.is_finished() && scan.counts.total() == 40 && scan.vendor_finished_at.is_some()
        }).await;
        assert_eq!((done.status(), done.imported_findings, done.run_number), (Status::Completed, 40, 1));
        assert!(done.finished_at >= done.started_at);
        let id = done.id;
        hub.hub.scans().launch(&grant, id).await.unwrap();
        let again = hub.await_scan_in(&sim, &grant, "nightly", |scan| scan.run_number == 2).await;
        assert_eq!(again.imported_findings, 0);
        sim.advance(Duration::from_secs(700));
        hub.await_imported(&grant, "nightly").await;
        let runs = hub.hub.scans().runs(&grant, id).await.unwrap();
        assert_eq!(runs.iter().map(|run| run.number).collect::<Vec<_>>(), [2, 1]);
        assert!(runs.iter().all(|run| run.import_state == ImportState::Done));
        hub.stop().await;
    }

    /// The vendor starts again while the last results are still being fetched: both runs come in.
    async fn a_relaunch_during_an_import_loses_neither_run(database) {
        let sim = nessus().await;
        sim.add_scan(seed("nightly", SeedState::Completed)).unwrap();
        let outage = sim.fault("status,code=503,op=scans.export".parse().unwrap());
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_scan(&grant, "nightly", |scan| scan.import_state == ImportState::Running).await;
        hub.hub.scans().launch(&grant, scan.id).await.unwrap();
        hub.await_scan_in(&sim, &grant, "nightly", |scan| scan.run_number == 2).await;
        sim.clear_fault(outage);
        sim.advance(Duration::from_secs(900));
        let mut states = Vec::new();
        for _ in 0..LOOKS {
            let runs = hub.hub.scans().runs(&grant, scan.id).await.unwrap();
            states = runs.iter().map(|run| (run.number, run.import_state)).collect();
            if states == [(2, ImportState::Done), (1, ImportState::Done)] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(states, [(2, ImportState::Done), (1, ImportState::Done)]);
        hub.stop().await;
    }

    /// Switched off it is asked nothing, and what it had stays as it was; switched on it is mirrored again.
    async fn r80_every_integration_that_is_switched_on_is_asked_for_its_whole_list(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let (on, off) = (nessus().await, nessus().await);
        on.add_scan(seed("here", SeedState::Empty)).unwrap();
        off.add_scan(seed("there", SeedState::Empty)).unwrap();
        hub.connect(&grant, &on).await;
        let switched = hub.connect(&grant, &off).await;
        hub.await_scan(&grant, "here", |_| true).await;
        hub.await_scan(&grant, "there", |_| true).await;
        let switch = |enabled| IntegrationChange { enabled: Some(enabled), ..IntegrationChange::default() };
        hub.hub.integrations().update(&grant, switched, switch(false), None).await.unwrap();
        // A look that was under way ends.
        let mut not_asked = 0;
        for _ in 0..LOOKS {
            let before = std::mem::replace(&mut not_asked, off.ledger().requests.len());
            if before == not_asked {
                break;
            }
            hub.sync(&grant).await;
        }
        let lists = |sim: &Sim| sim.ledger().requests_of("scans.list");
        let asked = lists(&on);
        off.add_scan(seed("unseen", SeedState::Empty)).unwrap();
        for _ in 0..3 {
            hub.sync(&grant).await;
        }
        assert!(lists(&on) >= asked + 3);
        assert_eq!(off.ledger().requests.len(), not_asked);
        let there = hub.scan_named(&grant, "there").await.unwrap();
        assert_eq!((there.vendor_missing_since, hub.scans(&grant).await.len()), (None, 2));
        hub.hub.integrations().update(&grant, switched, switch(true), None).await.unwrap();
        hub.await_scan(&grant, "unseen", |_| true).await;
        hub.stop().await;
    }

    /// A vendor is never asked for its list twice at once, however many want it.
    async fn who_asks_for_a_look_during_a_look_gets_the_next_one(database) {
        const ANSWER: f64 = 1.5;
        let sim = Sim::start(SimConfig { scans: 3, speed: 1.0, ..SimConfig::new("nessus") }).await.unwrap();
        sim.fault(format!("slow,delay_ms={},op=scans.list", ANSWER * 1000.0).parse().unwrap());
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let lists = || {
            let requests = sim.ledger().requests;
            requests.into_iter().filter(|request| request.operation == "scans.list").map(|request| request.at)
        };
        for _ in 0..LOOKS {
            if lists().count() == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        hub.sync(&grant).await;
        let begun: Vec<_> = lists().collect();
        let apart: Vec<f64> = begun.windows(2).map(|pair| pair[1].since(pair[0])).collect();
        assert!(!apart.is_empty() && apart.iter().all(|seconds| *seconds >= ANSWER), "{apart:?}");
        hub.stop().await;
    }
}
