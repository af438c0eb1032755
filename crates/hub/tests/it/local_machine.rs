//! The machine of the hub as a target: only where the operator grants it, and only when it is asked for by name.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use scanhelm_core::ErrorCode;
use scanhelm_core::finding::FindingState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::scan::{Origin, Scan};
use scanhelm_core::status::Status;
use scanhelm_hub::scans::NewScan;
use scanhelm_store::FindingFilter;

use crate::harness::{Home, Running, on_both_databases};

/// Tells of the machine what the file beside it says.
const LYNIS: &str = r#"#!/bin/sh
[ "$1" = show ] && { echo 3.0.8; exit; }
for word in "$@"; do [ "$last" = --report-file ] && report=$word; last=$word; done
{ echo lynis_version=3.0.8; echo report_datetime_start=2026-01-01 00:00:00; echo hostname=web1; echo test_category=all
  echo report_datetime_end=2026-01-01 00:00:09; cat "$(dirname "$0")/says"; } > "$report"
"#;

fn of_machine(name: &str) -> NewScan {
    NewScan { name: Some(name.to_owned()), this_machine: true, ..NewScan::default() }
}

fn home(database: crate::harness::Database) -> Home {
    let home = Home::new(database);
    let tools = home.data().join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("lynis"), LYNIS).unwrap();
    fs::set_permissions(tools.join("lynis"), fs::Permissions::from_mode(0o755)).unwrap();
    home
}

async fn start(home: &Home, this_machine: bool) -> Running {
    home.start_with(|settings| {
        settings.local.tool_paths = vec![home.data().join("tools")];
        settings.local.allowed_roots = vec![home.data().join("tools")];
        settings.local.this_machine = this_machine;
    })
    .await
}

on_both_databases! {
    async fn the_machine_of_the_hub_is_scanned_where_the_operator_grants_it(database) {
        let home = home(database);
        let says = |lines: &[&str]| {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            fs::write(home.data().join("tools/says"), text).unwrap();
        };
        let hub = start(&home, true).await;
        let grant = hub.company("Acme").await;
        let offered = hub.hub.scans().scanners(&grant).await.unwrap();
        assert!(offered.iter().any(|scanner| scanner.id == "lynis" && scanner.available));
        let scanned = async |name: &str| {
            let created = hub.hub.scans().create(&grant, of_machine(name)).await.unwrap().scan;
            assert_eq!((created.origin, created.targets, created.scan_type.as_str()), (Origin::Local, vec!["this machine".to_owned()], "baseline"));
            let ended = |scan: &Scan| scan.vendor_state.is_terminal() && (scan.import_state.is_finished() || scan.error.is_some());
            let scan = hub.await_scan(&grant, name, ended).await;
            assert_eq!(scan.status(), Status::Completed, "{:?}", scan.error);
            let page = PageRequest { limit: 100, ..PageRequest::default() };
            let listed = hub.hub.findings().list(&grant, &FindingFilter::default(), &page).await.unwrap();
            let assets = hub.hub.scans().assets(&grant, scan.id, &page).await.unwrap().items;
            let named: Vec<String> = assets.into_iter().map(|asset| asset.name).collect();
            (named, listed.items.into_iter().map(|finding| finding.status).collect::<Vec<_>>())
        };
        let finding = "warning[]=AUTH-9286|Passwords never expire|-|-|";
        says(&[finding]);
        assert_eq!(scanned("first").await, (vec!["web1".to_owned()], vec![FindingState::Open]));
        says(&[]);
        // It found nothing, so it has no asset with findings; and it does not say that it looked at everything.
        assert_eq!(scanned("second").await, (Vec::new(), vec![FindingState::Open]));

        // It says so where it comes to its end. As root it then closes what the same tests found; with other tests, as
        // without the rights that some need, what is not seen stays in the queue.
        let (tests, same, fewer) = ("tests_executed=SSH-7408|AUTH-9286|", "tests_executed=AUTH-9286|SSH-7408|", "tests_executed=SSH-7408|");
        let end = "finish=true";
        says(&[finding, tests, end]);
        assert_eq!(scanned("found").await, (vec!["web1".to_owned()], vec![FindingState::Open]));
        says(&[tests]);
        assert_eq!(scanned("broken off").await.1, [FindingState::Open]);
        let is_root = fs::metadata(home.data().join("tools")).unwrap().uid() == 0;
        let closed = |state| if is_root { state } else { FindingState::Open };
        says(&[fewer, end]);
        assert_eq!(scanned("fewer tests").await.1, [closed(FindingState::NotSeen)]);
        says(&[same, end]);
        assert_eq!(scanned("the same tests").await.1, [closed(FindingState::Fixed)]);
        says(&[finding, tests, end]);
        assert_eq!(scanned("back").await.1, [FindingState::Open]);

        // Nothing brings the machine along that was not asked for, and it is asked for with its type alone.
        let folder = NewScan {
            name: Some("both".to_owned()),
            target_path: Some(home.data().join("tools").display().to_string()),
            scan_types: vec!["code".to_owned(), "baseline".to_owned()],
            ..NewScan::default()
        };
        let refused = hub.hub.scans().create(&grant, folder).await.unwrap_err();
        assert!(refused.code == ErrorCode::InvalidInput && refused.to_string().contains("this_machine"), "{refused}");
        let other = NewScan { scan_types: vec!["network".to_owned()], ..of_machine("other type") };
        assert_eq!(hub.hub.scans().create(&grant, other).await.unwrap_err().code, ErrorCode::InvalidInput);
        hub.stop().await;

        let closed = start(&home, false).await;
        let refused = closed.hub.scans().create(&grant, of_machine("closed")).await.unwrap_err();
        assert!(refused.code == ErrorCode::TargetUnavailable && refused.detail.contains("`[local] this_machine = true`"), "{refused}");
        let offered = closed.hub.scans().scanners(&grant).await.unwrap();
        assert!(offered.iter().all(|scanner| scanner.id != "lynis"));
        closed.stop().await;
    }
}
