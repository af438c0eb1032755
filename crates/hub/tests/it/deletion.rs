use std::time::Duration;

use scanhelm_core::status::ImportState;
use scanhelm_hub::scans::RemoteDeletion;
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
}
