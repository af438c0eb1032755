use std::time::Duration;

use scanhelm_core::ErrorCode;
use scanhelm_core::scan::Origin;
use scanhelm_core::status::Status;
use scanhelm_hub::scans::NewScan;

use crate::harness::{Home, LOOKS, on_both_databases};

on_both_databases! {
    /// Real Bandit and Semgrep as a scan of the hub: events, findings, and a second scan that changes nothing.
    async fn a_folder_is_scanned_and_its_findings_are_in_the_queue(database) {
        let home = Home::new(database);
        let source = home.data().join("shop");
        std::fs::create_dir(&source).unwrap();
        std::fs::write(source.join("app.py"), "import pickle\n\ndef load(data):\n    return pickle.loads(data)\n\n\neval(input())\n").unwrap();
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let new = NewScan {
            name: Some("shop".to_owned()),
            target_path: Some(source.display().to_string()),
            scan_types: vec!["code".to_owned()],
            ..NewScan::default()
        };
        let created = hub.hub.scans().create(&grant, new.clone()).await.unwrap();
        assert_eq!(created.scan.origin, Origin::Local);
        let mut done = None;
        for _ in 0..LOOKS {
            done = hub.scan_named(&grant, "shop").await.filter(|scan| {
                scan.vendor_state.is_terminal() && (scan.import_state.is_finished() || scan.error.is_some())
            });
            if done.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let done = done.expect("the local scan never ended");
        assert_eq!(done.status(), Status::Completed, "{:?}", done.error);
        assert!(done.scanners_run.contains(&"bandit".to_owned()), "bandit did not run; run scripts/setup-test.sh scanners");
        assert!(done.imported_findings >= 2);
        let feed = hub.hub.scans().activity(&grant, done.id, &Default::default()).await.unwrap();
        let events: Vec<&str> = feed.items.iter().rev().map(|activity| activity.event.as_str()).collect();
        for event in ["scan.start", "scanner.start", "scanner.complete", "scan.complete", "import.complete"] {
            assert!(events.contains(&event), "{event} is missing in {events:?}");
        }
        let before = hub.dump(&grant).await;
        let again = NewScan { name: Some("shop again".to_owned()), ..new };
        hub.hub.scans().create(&grant, again).await.unwrap();
        for _ in 0..LOOKS {
            if hub.scan_named(&grant, "shop again").await.is_some_and(|scan| scan.import_state.is_finished()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let fingerprints = |dump: &[String]| dump.iter().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(fingerprints(&hub.dump(&grant).await), fingerprints(&before));
        hub.stop().await;
    }

    async fn only_allowed_folders_and_known_types_are_scanned(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let scan = |path: &str, kind: &str| NewScan {
            target_path: Some(path.to_owned()),
            scan_types: vec![kind.to_owned()],
            ..NewScan::default()
        };
        let create = async |new| hub.hub.scans().create(&grant, new).await.unwrap_err();
        assert_eq!(create(scan("/etc", "code")).await.code, ErrorCode::TargetUnavailable);
        let escape = home.data().join("../..").display().to_string();
        assert_eq!(create(scan(&escape, "code")).await.code, ErrorCode::TargetUnavailable);
        let missing = home.data().join("absent").display().to_string();
        assert_eq!(create(scan(&missing, "code")).await.code, ErrorCode::TargetUnavailable);
        let inside = home.data().display().to_string();
        assert_eq!(create(scan(&inside, "astrology")).await.code, ErrorCode::InvalidInput);
        assert!(hub.scans(&grant).await.is_empty());
        hub.stop().await;
    }
}
