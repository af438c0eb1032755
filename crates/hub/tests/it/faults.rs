use std::time::Duration;

use scanhelm_core::integration::ConditionKind;
use scanhelm_core::status::Status;
use scanhelm_vendor_sim::{Fault, ScanSeed, SeedState};

use crate::harness::{Home, LOOKS, nessus, on_both_databases, seed};

on_both_databases! {
    /// Whatever the vendor answers instead of its list: a visible condition with a next step, and nothing concluded.
    async fn a_vendor_that_answers_garbage_loses_us_nothing(database) {
        let sim = nessus().await;
        sim.add_scan(seed("one", SeedState::Running)).unwrap();
        sim.add_scan(seed("two", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        hub.await_imported(&grant, "two").await;
        let before = hub.dump(&grant).await;
        let faults = [
            ("login-page,op=scans.list", ConditionKind::Garbage),
            ("garbage-json,op=scans.list", ConditionKind::Garbage),
            ("cut,keep=50,op=scans.list", ConditionKind::Garbage),
            ("empty-body,op=scans.list", ConditionKind::Garbage),
            ("status,code=500,op=scans.list", ConditionKind::VendorError),
            ("status,code=401", ConditionKind::Authentication),
        ];
        for (fault, kind) in faults {
            let id = sim.fault(fault.parse().unwrap());
            hub.hub.scans().sync(&grant, None).await.unwrap();
            hub.await_condition(&grant, Some(kind)).await;
            let scans = hub.scans(&grant).await;
            assert!(scans.iter().all(|scan| scan.vendor_missing_since.is_none()), "{fault}");
            assert_eq!(scans.len(), 2);
            sim.clear_fault(id);
            hub.hub.scans().sync(&grant, None).await.unwrap();
            hub.await_condition(&grant, None).await;
        }
        assert_eq!(hub.dump(&grant).await, before);
        hub.stop().await;
    }

    async fn fm_b16_an_empty_list_is_believed_only_when_confirmed(database) {
        const SCANS: usize = 300;
        let (sim, other) = (nessus().await, nessus().await);
        for number in 3..SCANS {
            sim.add_scan(ScanSeed { hosts: 1, findings: 0, ..seed(&format!("{number}"), SeedState::Empty) }).unwrap();
        }
        for name in ["one", "two", "three"] {
            sim.add_scan(seed(name, SeedState::Completed)).unwrap();
        }
        let home = Home::new(database);
        let hub = home.start_with(|settings| {
            settings.sync.status_interval = Duration::from_secs(3600);
            settings.sync.adoption_interval = Duration::from_secs(3600);
        }).await;
        let (grant, neighbour) = (hub.company("Acme").await, hub.company("Neighbour").await);
        hub.connect(&grant, &sim).await;
        hub.connect(&neighbour, &other).await;
        hub.sync(&grant).await;
        hub.sync(&neighbour).await;
        for name in ["one", "two", "three"] {
            hub.await_imported(&grant, name).await;
        }
        assert_eq!(hub.scans(&grant).await.len(), SCANS);
        let before = hub.dump(&grant).await;
        sim.fault("empty-list,op=scans.list".parse().unwrap());
        hub.sync(&grant).await;
        let condition = hub.await_condition(&grant, Some(ConditionKind::SuspiciousEmptyList)).await.unwrap();
        assert!(condition.detail.contains("300") && !condition.next_step.is_empty(), "{condition:?}");
        assert!(hub.scans(&grant).await.iter().all(|scan| scan.vendor_missing_since.is_none()));
        assert_eq!(hub.dump(&grant).await, before, "nothing is closed");
        // Polling elsewhere goes on.
        other.add_scan(seed("newcomer", SeedState::Running)).unwrap();
        hub.sync(&neighbour).await;
        assert!(hub.scan_named(&neighbour, "newcomer").await.is_some());
        hub.sync(&grant).await;
        let scans = hub.scans(&grant).await;
        assert!(scans.len() == SCANS && scans.iter().all(|scan| scan.vendor_missing_since.is_some()));
        assert_eq!(hub.dump(&grant).await, before, "what was found stays");
        sim.clear_faults();
        hub.sync(&grant).await;
        assert!(hub.scans(&grant).await.iter().all(|scan| scan.vendor_missing_since.is_none()));
        hub.stop().await;
    }

    async fn an_unknown_word_moves_nothing_and_is_reported(database) {
        let sim = nessus().await;
        sim.add_scan(seed("one", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        hub.await_status(&grant, "one", Status::Running).await;
        sim.fault("rename-status,to=hibernating".parse().unwrap());
        let scan = hub.await_scan(&grant, "one", |scan| scan.vendor_status_raw.as_deref() == Some("hibernating")).await;
        assert_eq!(scan.status(), Status::Running);
        let feed = hub.hub.scans().activity(&grant, scan.id, &Default::default()).await.unwrap();
        assert!(feed.items.iter().any(|activity| activity.event == "scan.unknown_vendor_status"));
        hub.stop().await;
    }

    /// Export trouble of every kind: retried to the same end.
    async fn an_import_survives_a_troubled_export(database) {
        let sim = nessus().await;
        for fault in [
            "status,code=503,op=scans.export,times=1",
            "cut,keep=40,path=/tokens/,times=1",
            "login-page,path=/tokens/,times=1",
        ] {
            sim.fault(fault.parse().unwrap());
        }
        sim.add_scan(seed("one", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let mut scan = None;
        for _ in 0..LOOKS {
            scan = hub.scan_named(&grant, "one").await.filter(|scan| scan.import_state.is_finished());
            if scan.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(scan.expect("never imported").imported_findings, 40);
        hub.stop().await;
    }

    /// One that never answers does not slow the other.
    async fn one_slow_vendor_delays_nobody_else(database) {
        let slow = nessus().await;
        slow.add_scan(seed("slow", SeedState::Running)).unwrap();
        slow.fault("hang".parse::<Fault>().unwrap());
        let quick = nessus().await;
        quick.add_scan(seed("quick", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let (one, other) = (hub.company("One").await, hub.company("Other").await);
        hub.connect(&one, &slow).await;
        hub.connect(&other, &quick).await;
        hub.await_imported(&other, "quick").await;
        assert!(hub.scans(&one).await.is_empty());
        drop(slow);
        hub.stop().await;
    }
}
