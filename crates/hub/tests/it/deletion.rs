use std::time::Duration;

use scanhelm_core::status::ImportState;
use scanhelm_hub::scans::{NewScan, RemoteDeletion};
use scanhelm_vendor_sim::{Action, Fault, SeedState};

use crate::harness::{Home, LOOKS, count, nessus, on_both_databases, seed};

on_both_databases! {
    /// Three sweeps and a restart: it stays away, and taking the block back brings it again.
    async fn deleted_stays_deleted(database) {
        let sim = nessus().await;
        sim.add_scan(seed("keep", SeedState::Empty)).unwrap();
        sim.add_scan(seed("drop", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_imported(&grant, "drop").await;
        assert!(!hub.dump(&grant).await.is_empty());
        let deleted = hub.hub.scans().delete(&grant, scan.id, false, false).await.unwrap();
        assert_eq!((deleted.deleted, deleted.remote), (true, None));
        for _ in 0..3 {
            hub.sync(&grant).await;
        }
        hub.stop().await;
        let hub = home.start().await;
        for _ in 0..3 {
            hub.sync(&grant).await;
        }
        let names: Vec<_> = hub.scans(&grant).await.into_iter().map(|scan| scan.name).collect();
        assert_eq!(names, ["keep"]);
        // Its evidence went with it; the vendor's copy was not touched.
        assert!(hub.dump(&grant).await.is_empty());
        assert_eq!(count(&sim, Action::Delete), 0);
        let blocked = hub.hub.integrations().blocklist(&grant).await.unwrap();
        assert_eq!(blocked[0].name, "drop");
        hub.hub.integrations().unblock(&grant, blocked[0].id).await.unwrap();
        hub.sync(&grant).await;
        assert_eq!(hub.scans(&grant).await.len(), 2);
        hub.stop().await;
    }

    async fn a_vendor_that_is_down_does_not_stop_a_deletion_and_is_asked_again(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("drop", SeedState::Running)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_scan(&grant, "drop", |_| true).await;
        let outage = sim.fault(Fault::status(503));
        let deleted = hub.hub.scans().delete(&grant, scan.id, true, false).await.unwrap();
        assert_eq!(deleted.remote, Some(RemoteDeletion::Pending));
        assert!(!deleted.warnings.is_empty());
        assert!(hub.scan_named(&grant, "drop").await.is_none());
        assert!(sim.scan(&truth.id).is_some());
        sim.clear_fault(outage);
        for _ in 0..LOOKS {
            if sim.scan(&truth.id).is_none() {
                break;
            }
            // A running scan is stopped first, and stopping takes the vendor a moment.
            sim.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(sim.scan(&truth.id).is_none(), "the vendor's copy was never deleted");
        hub.sync(&grant).await;
        assert!(hub.scan_named(&grant, "drop").await.is_none());
        hub.stop().await;
    }

    async fn a_cascade_deletes_both_at_once(database) {
        let sim = nessus().await;
        let truth = sim.add_scan(seed("drop", SeedState::Completed)).unwrap();
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let scan = hub.await_scan(&grant, "drop", |scan| scan.import_state != ImportState::None).await;
        let deleted = hub.hub.scans().delete(&grant, scan.id, true, false).await.unwrap();
        assert_eq!((deleted.remote, deleted.warnings.len()), (Some(RemoteDeletion::Deleted), 0));
        assert!(sim.scan(&truth.id).is_none());
        hub.stop().await;
    }

    /// Linked by hand before the hub has ever reached the vendor, and deleted again before it did.
    async fn what_is_deleted_before_its_installation_is_known_stays_deleted(database) {
        let sim = nessus().await;
        let [keep, drop] = ["keep", "drop"].map(|name| sim.add_scan(seed(name, SeedState::Empty)).unwrap().id);
        let outage = sim.fault(Fault::status(503));
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let integration = hub.connect(&grant, &sim).await;
        for (external, cascade) in [(&keep, false), (&drop, true)] {
            let new = NewScan {
                integration_id: Some(integration),
                external_scan_id: Some(external.clone()),
                ..NewScan::default()
            };
            let early = hub.hub.scans().create(&grant, new).await.unwrap().scan.id;
            hub.hub.scans().order_deletion(&grant, early, cascade, false).await.unwrap();
        }
        sim.clear_fault(outage);
        for _ in 0..LOOKS {
            if sim.scan(&drop).is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(sim.scan(&drop).is_none(), "the vendor's copy was never deleted");
        hub.sync(&grant).await;
        assert_eq!(hub.scans(&grant).await.len(), 0);
        assert!(sim.scan(&keep).is_some());
        let blocked = hub.hub.integrations().blocklist(&grant).await.unwrap();
        let kept = blocked.iter().find(|entry| entry.external_scan_id == keep).unwrap();
        hub.hub.integrations().unblock(&grant, kept.id).await.unwrap();
        hub.sync(&grant).await;
        assert_eq!(hub.scans(&grant).await.len(), 1);
        hub.stop().await;
    }
}
