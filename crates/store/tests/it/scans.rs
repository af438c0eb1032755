//! Scans and runs: unique rules, versions, filters, stable pages, deletion.

use std::collections::BTreeSet;

use scanhelm_core::ErrorCode;
use scanhelm_core::asset::AssetKind;
use scanhelm_core::ci::CiMetadata;
use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{BlockId, CommandId, ImportId, JobId, SubScannerId};
use scanhelm_core::import::{Import, ImportCounts, ImportNews};
use scanhelm_core::integration::{BlockEntry, SubScanner};
use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::{Origin, Scan, SkippedScanner};
use scanhelm_core::status::{ImportState, Status, VendorState};
use scanhelm_core::{Severity, SeverityCounts};
use scanhelm_store::{FindingFilter, ScanFilter, SightingUpdate};

use crate::fixture::{World, at, link, linked, on_both};

on_both!(
    every_field_survives,
    names_that_people_give_are_unique_in_their_company,
    what_was_only_seen_is_noted_together_unless_someone_was_faster,
    a_vendor_scan_is_one_scan_in_each_incarnation,
    a_lost_update_is_refused,
    filters_select_what_they_say,
    assessment_runs_are_counted_from_their_scans,
    pages_neither_repeat_nor_skip_while_rows_come_in,
    every_order_pages_through_every_row_once,
    a_foreign_or_broken_cursor_is_a_field_error,
    import_due_is_the_condition_of_core,
    deleting_a_scan_takes_what_only_it_saw,
    deleting_an_integration_keeps_its_scans,
    sub_scanners_keep_their_ids,
    imports_resume_from_their_checkpoint,
    commands_stay_open_until_their_outcome_is_known,
    one_replica_polls_an_integration,
);

fn rich(world: &World, integration: scanhelm_core::ids::IntegrationId) -> Scan {
    let mut scan = linked(world.scan("Weekly ünicode", Origin::Adopted, 5), integration, "42");
    scan.vendor = Some("nessus".to_owned());
    scan.vendor_state = VendorState::Completed;
    scan.import_state = ImportState::Partial;
    scan.vendor_status_raw = Some("completed".to_owned());
    scan.progress = Some(99.5);
    scan.external_run_id = Some("history-9".to_owned());
    scan.started_at = Some(at(6));
    scan.finished_at = Some(at(7));
    scan.vendor_finished_at = Some(at(8));
    scan.last_observed_at = Some(at(9));
    scan.vendor_missing_since = Some(at(10));
    scan.counts = SeverityCounts { critical: 1, high: 2, medium: 3, low: 4, info: 5 };
    scan.counts_known = true;
    scan.imported_findings = 15;
    scan.asset_count = Some(3);
    scan.targets = vec!["10.0.0.0/24".to_owned()];
    scan.config = serde_json::json!({"policy": "Basic", "nested": [1, null]});
    scan.ci = CiMetadata { commit_sha: Some("abc".to_owned()), pr_number: Some(7), ..CiMetadata::default() };
    scan.assessment_run_id = Some("assessment".to_owned());
    scan.scanners_run = vec!["bandit".to_owned()];
    scan.scanners_skipped = vec![SkippedScanner {
        scanner: "nmap".to_owned(),
        reason: "not installed".to_owned(),
        install_hint: Some("apt-get install nmap".to_owned()),
    }];
    scan.error = Some("why".to_owned());
    scan.client_token = Some("token-1".to_owned());
    scan
}

async fn every_field_survives(world: World) {
    let integration = world.stored_integration(world.company, "Nessus").await.id;
    let mut scan = rich(&world, integration);
    world.store_scan(&scan).await.unwrap();
    assert_eq!(world.store.scan(world.company, scan.id).await.unwrap(), Some(scan.clone()));
    let expected = Some(scan.id);
    let store = &world.store;
    let by_link = store.scan_by_link(&link(integration, "server-1", "42")).await.unwrap();
    assert_eq!(by_link.map(|scan| scan.id), expected);
    assert_eq!(store.scan_by_token(integration, "token-1").await.unwrap().map(|scan| scan.id), expected);
    assert_eq!(store.scans_by_links(integration, "server-1").await.unwrap().len(), 1);
    assert_eq!(store.scans_by_links(integration, "server-2").await.unwrap(), []);
    scan.upload_sha256 = Some("ff".to_owned());
    scan.counts.critical = 1_000_000;
    let tx = store.begin().await.unwrap();
    scan.version = tx.save_scan(&scan, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(scan.version, 2);
    assert_eq!(store.scan_by_upload(world.company, "ff").await.unwrap(), Some(scan));
}

async fn names_that_people_give_are_unique_in_their_company(world: World) {
    world.stored_scan("Nightly", 1).await;
    let twin = world.scan("Nightly", Origin::Scheduled, 2);
    assert_eq!(world.store_scan(&twin).await.unwrap_err().code, ErrorCode::ScanNameTaken);
    world.store_scan(&world.scan("Nightly", Origin::Adopted, 3)).await.unwrap();
    world.store_scan(&world.scan("Nightly", Origin::Upload, 4)).await.unwrap();
    let mut foreign = world.scan("Nightly", Origin::Manual, 5);
    foreign.company_id = world.other;
    world.store_scan(&foreign).await.unwrap();
    let integration = world.stored_integration(world.company, "Nessus").await;
    let tx = world.store.begin().await.unwrap();
    let mut same = integration.clone();
    same.id = world.integration(world.company, "x").id;
    assert_eq!(tx.insert_integration(&same, b"").await.unwrap_err().code, ErrorCode::IntegrationNameTaken);
}

async fn what_was_only_seen_is_noted_together_unless_someone_was_faster(world: World) {
    let integration = world.stored_integration(world.company, "Nessus").await.id;
    let foreign = world.stored_integration(world.company, "Other").await.id;
    let mut scans = Vec::new();
    for (number, of) in [(1, integration), (2, integration), (3, foreign)] {
        let scan = linked(world.scan("seen", Origin::Adopted, number), of, &number.to_string());
        world.store_scan(&scan).await.unwrap();
        scans.push(scan);
    }
    let tx = world.store.begin().await.unwrap();
    scans[1].error = Some("faster".to_owned());
    scans[1].version = tx.save_scan(&scans[1], 1).await.unwrap();
    let at = at(50);
    let seen: Vec<_> = scans.iter().map(|scan| (scan.id, 1)).collect();
    assert_eq!(tx.save_seen(integration, at, &seen).await.unwrap(), [scans[0].id]);
    assert_eq!(tx.save_seen(integration, at, &[]).await.unwrap(), []);
    tx.commit().await.unwrap();
    scans[0].last_observed_at = Some(at);
    scans[0].version = 2;
    for scan in scans {
        assert_eq!(world.store.scan(world.company, scan.id).await.unwrap(), Some(scan));
    }
}

async fn a_vendor_scan_is_one_scan_in_each_incarnation(world: World) {
    let integration = world.stored_integration(world.company, "Nessus").await.id;
    world.store_scan(&linked(world.scan("a", Origin::Adopted, 1), integration, "42")).await.unwrap();
    let again = linked(world.scan("b", Origin::Adopted, 2), integration, "42");
    assert_eq!(world.store_scan(&again).await.unwrap_err().code, ErrorCode::ScanAlreadyLinked);
    let mut reinstalled = again;
    reinstalled.link = Some(link(integration, "server-2", "42"));
    world.store_scan(&reinstalled).await.unwrap();
}

async fn a_lost_update_is_refused(world: World) {
    let mut mine = world.stored_scan("one", 1).await;
    let mut theirs = mine.clone();
    let tx = world.store.begin().await.unwrap();
    mine.error = Some("mine".to_owned());
    assert_eq!(tx.save_scan(&mine, 1).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    theirs.error = Some("theirs".to_owned());
    assert_eq!(tx.save_scan(&theirs, 1).await.unwrap_err().code, ErrorCode::StaleVersion);
    theirs.company_id = world.other;
    assert_eq!(tx.save_scan(&theirs, 2).await.unwrap_err().code, ErrorCode::StaleVersion);
    tx.rollback().await.unwrap();
    let stored = world.store.scan(world.company, mine.id).await.unwrap().unwrap();
    assert_eq!((stored.error.as_deref(), stored.version), (Some("mine"), 2));

    let mut integration = world.stored_integration(world.company, "Nessus").await;
    let tx = world.store.begin().await.unwrap();
    integration.name = "Renamed".to_owned();
    assert_eq!(tx.update_integration(&integration, 1).await.unwrap(), 2);
    assert_eq!(tx.update_integration(&integration, 1).await.unwrap_err().code, ErrorCode::StaleVersion);
}

async fn assessment_runs_are_counted_from_their_scans(world: World) {
    let of = |name: &str, second: i64, run: Option<&str>| {
        let mut scan = world.scan(name, Origin::Manual, second);
        scan.assessment_run_id = run.map(str::to_owned);
        scan
    };
    let mut importing = of("importing", 1, Some("Q3"));
    importing.vendor_state = VendorState::Completed;
    importing.import_state = ImportState::Running;
    importing.counts = SeverityCounts { critical: 1, high: 2, medium: 3, low: 4, info: 5 };
    importing.imported_findings = 6;
    let mut failed = of("failed", 9, Some("Q3"));
    failed.vendor_state = VendorState::Failed;
    failed.counts = SeverityCounts { critical: 10, ..SeverityCounts::default() };
    let mut done = of("done", 5, Some("Q4"));
    done.vendor_state = VendorState::Completed;
    let mut foreign = of("foreign", 7, Some("Q3"));
    foreign.company_id = world.other;
    for scan in [&importing, &failed, &done, &foreign, &of("alone", 3, None)] {
        world.store_scan(scan).await.unwrap();
    }
    let page = |limit, cursor| PageRequest { limit, cursor, ..PageRequest::default() };
    let found = world.store.assessment_runs(world.company, &page(1, None)).await.unwrap();
    assert_eq!(found.total, Some(Total::Exactly(2)));
    let first = &found.items[0];
    assert_eq!((first.id.as_str(), first.scans, first.imported_findings), ("Q3", 2, 6));
    assert_eq!((first.first_created_at, first.created_at), (at(1), at(9)));
    assert_eq!(first.counts, SeverityCounts { critical: 11, high: 2, medium: 3, low: 4, info: 5 });
    let counted: Vec<_> = first.by_status.iter().filter(|(_, scans)| *scans > 0).copied().collect();
    assert_eq!(counted, [(Status::Importing, 1), (Status::Failed, 1)]);
    assert!(!first.is_over());
    let second = world.store.assessment_runs(world.company, &page(1, found.next_cursor)).await.unwrap();
    assert_eq!(second.items.iter().map(|run| (run.id.as_str(), run.is_over())).collect::<Vec<_>>(), [("Q4", true)]);
    assert_eq!(second.next_cursor, None);
}

async fn filters_select_what_they_say(world: World) {
    let integration = world.stored_integration(world.company, "Nessus").await.id;
    let mut importing = linked(world.scan("Importing 100%", Origin::Adopted, 1), integration, "1");
    importing.vendor_state = VendorState::Completed;
    importing.import_state = ImportState::Running;
    let mut completed = importing.clone();
    completed = Scan { id: world.scan("x", Origin::Manual, 2).id, ..completed };
    completed.name = "Completed 100x".to_owned();
    completed.link = Some(link(integration, "server-1", "2"));
    completed.import_state = ImportState::Done;
    completed.created_at = at(2);
    let mut running = linked(world.scan("Running", Origin::Adopted, 3), integration, "3");
    running.vendor_state = VendorState::Running;
    running.last_observed_at = Some(at(50));
    running.ci.branch_name = Some("main".to_owned());
    running.ci.commit_sha = Some("c0ffee".to_owned());
    running.assessment_run_id = Some("Q3".to_owned());
    let local = world.scan("Local", Origin::Local, 4);
    for scan in [&importing, &completed, &running, &local] {
        world.store_scan(scan).await.unwrap();
    }
    let names = async |filter: ScanFilter| {
        let page = PageRequest { sort: Sort::parse("created_at"), ..PageRequest::default() };
        let found = world.store.list_scans(world.company, &filter, &page).await.unwrap();
        assert_eq!(found.total, Some(Total::Exactly(world.store.count_scans(world.company, &filter).await.unwrap())));
        let ids: BTreeSet<_> = found.items.iter().map(|scan| scan.id).collect();
        for sort in ["name", "-started_at", "finished_at", "-status", "severity", "-created_at"] {
            let page = PageRequest { sort: Sort::parse(sort), ..PageRequest::default() };
            let again = world.store.list_scans(world.company, &filter, &page).await.unwrap().items;
            assert_eq!(again.iter().map(|scan| scan.id).collect::<BTreeSet<_>>(), ids, "{filter:?} by {sort}");
        }
        found.items.into_iter().map(|scan| scan.name.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ScanFilter::default();
    assert_eq!(names(all.clone()).await, ["Importing", "Completed", "Running", "Local"]);
    assert_eq!(names(ScanFilter { status: vec![Status::Importing], ..all.clone() }).await, ["Importing"]);
    let ended = vec![Status::Completed, Status::Queued];
    assert_eq!(names(ScanFilter { status: ended, ..all.clone() }).await, ["Completed", "Local"]);
    assert_eq!(names(ScanFilter { origin: Some(Origin::Local), ..all.clone() }).await, ["Local"]);
    assert_eq!(names(ScanFilter { integration_id: Some(integration), ..all.clone() }).await.len(), 3);
    assert_eq!(names(ScanFilter { branch_name: Some("main".to_owned()), ..all.clone() }).await, ["Running"]);
    let commit = ScanFilter { commit_sha: Some("c0ffee".to_owned()), ..all.clone() };
    assert_eq!(names(commit.clone()).await, ["Running"]);
    assert_eq!(names(ScanFilter { origin: Some(Origin::Local), ..commit }).await, [""; 0]);
    assert_eq!(names(ScanFilter { assessment_run_id: Some("Q3".to_owned()), ..all.clone() }).await, ["Running"]);
    assert_eq!(names(ScanFilter { sub_scanner_id: Some(SubScannerId::new(&world.ids)), ..all.clone() }).await, [""; 0]);
    assert_eq!(names(ScanFilter { q: Some("C0FF".to_owned()), ..all.clone() }).await, ["Running"]);
    let done = Some(ImportState::Done);
    assert_eq!(names(ScanFilter { import_state: done, ..all.clone() }).await, ["Completed"]);
    assert_eq!(names(ScanFilter { q: Some("100%".to_owned()), ..all.clone() }).await, ["Importing"]);
    assert_eq!(names(ScanFilter { q: Some("RUNn".to_owned()), ..all.clone() }).await, ["Running"]);
    let stale = ScanFilter { stale: Some(true), stale_before: at(60), ..all.clone() };
    assert_eq!(names(stale.clone()).await, ["Running"]);
    assert_eq!(names(ScanFilter { stale_before: at(50), ..stale.clone() }).await, [""; 0]);
    assert_eq!(names(ScanFilter { stale: Some(false), ..stale }).await.len(), 3);
    let between = ScanFilter { created_after: Some(at(2)), created_before: Some(at(4)), ..all };
    assert_eq!(names(between).await, ["Completed", "Running"]);
}

async fn pages_neither_repeat_nor_skip_while_rows_come_in(world: World) {
    // Equal times, so that only the tie-break orders them.
    for number in 0..9 {
        world.stored_scan(&format!("scan {number}"), number / 4).await;
    }
    let before: BTreeSet<_> = (0..9).map(|number| format!("scan {number}")).collect();
    for descending in [true, false] {
        let mut page =
            PageRequest { limit: 2, cursor: None, sort: Sort { field: "created_at".to_owned(), descending } };
        let mut seen = Vec::new();
        for round in 0.. {
            let found = world.store.list_scans(world.company, &ScanFilter::default(), &page).await.unwrap();
            seen.extend(found.items.into_iter().map(|scan| scan.name));
            world.stored_scan(&format!("late {descending} {round}"), if descending { 100 } else { -100 }).await;
            match found.next_cursor {
                Some(cursor) => page.cursor = Some(cursor),
                None => break,
            }
        }
        let old: Vec<_> = seen.iter().filter(|name| name.starts_with("scan")).cloned().collect();
        assert_eq!(old.len(), before.len());
        assert_eq!(old.into_iter().collect::<BTreeSet<_>>(), before);
    }
}

async fn every_order_pages_through_every_row_once(world: World) {
    for number in 0..7_u32 {
        let mut scan = world.scan(&format!("{}", 9 - number), Origin::Upload, i64::from(number));
        scan.started_at = (number % 2 == 0).then(|| at(i64::from(number)));
        scan.vendor_state = VendorState::ALL[number as usize % 6];
        scan.counts = SeverityCounts { high: u64::from(number % 3), info: 1_000, ..SeverityCounts::default() };
        world.store_scan(&scan).await.unwrap();
    }
    for sort in ["name", "-name", "started_at", "-finished_at", "status", "-severity", "created_at"] {
        let mut page = PageRequest { limit: 2, cursor: None, sort: Sort::parse(sort) };
        let mut seen: Vec<Scan> = Vec::new();
        loop {
            let found = world.store.list_scans(world.company, &ScanFilter::default(), &page).await.unwrap();
            seen.extend(found.items);
            match found.next_cursor {
                Some(cursor) => page.cursor = Some(cursor),
                None => break,
            }
        }
        assert_eq!(seen.iter().map(|scan| scan.id).collect::<BTreeSet<_>>().len(), 7, "{sort}");
        assert_eq!(seen.len(), 7, "{sort}");
        match sort {
            "name" => assert!(seen.is_sorted_by_key(|scan| scan.name.clone())),
            "status" => assert!(seen.is_sorted_by_key(|scan| scan.status().as_str())),
            "started_at" => assert!(seen.is_sorted_by_key(|scan| scan.started_at)),
            "-severity" => assert!(seen.is_sorted_by_key(|scan| std::cmp::Reverse(scan.counts.high))),
            _ => {}
        }
    }
}

async fn a_foreign_or_broken_cursor_is_a_field_error(world: World) {
    for number in 0..3 {
        world.stored_scan(&format!("{number}"), number).await;
    }
    let filter = ScanFilter::default();
    let first = PageRequest { limit: 1, ..PageRequest::default() };
    let cursor = world.store.list_scans(world.company, &filter, &first).await.unwrap().next_cursor;
    let other_order = PageRequest { cursor, sort: Sort::parse("name"), ..first.clone() };
    let nonsense = PageRequest { cursor: Some("' OR 1=1 --".to_owned()), ..first.clone() };
    for page in [other_order, nonsense] {
        let error = world.store.list_scans(world.company, &filter, &page).await.unwrap_err();
        assert_eq!((error.code, error.fields[0].field.as_str()), (ErrorCode::InvalidInput, "cursor"));
    }
    let unknown = PageRequest { sort: Sort::parse("version; DROP TABLE scans"), ..first };
    let error = world.store.list_scans(world.company, &filter, &unknown).await.unwrap_err();
    assert_eq!(error.fields[0].field, "sort");
}

async fn import_due_is_the_condition_of_core(world: World) {
    let integration = world.stored_integration(world.company, "Nessus").await.id;
    let mut expected = BTreeSet::new();
    for (number, (vendor_state, import_state)) in
        VendorState::ALL.into_iter().flat_map(|v| ImportState::ALL.into_iter().map(move |i| (v, i))).enumerate()
    {
        let mut scan = linked(world.scan("x", Origin::Adopted, 1), integration, &number.to_string());
        scan.vendor_state = vendor_state;
        scan.import_state = import_state;
        if scan.import_is_due() {
            expected.insert(scan.id);
        }
        world.store_scan(&scan).await.unwrap();
    }
    let mut unlinked = world.scan("unlinked", Origin::Manual, 1);
    unlinked.vendor_state = VendorState::Completed;
    world.store_scan(&unlinked).await.unwrap();
    let due = world.store.scans_with_import_due("import:", 100).await.unwrap();
    assert_eq!(due.iter().map(|scan| scan.id).collect::<BTreeSet<_>>(), expected);
    assert_eq!(world.store.scans_with_import_due("import:", 1).await.unwrap().len(), 1);
    let mut local = world.scan("local", Origin::Local, 2);
    local.vendor_state = VendorState::Running;
    world.store_scan(&local).await.unwrap();
    assert_eq!(world.store.active_local_scans().await.unwrap(), [local]);
}

async fn deleting_a_scan_takes_what_only_it_saw(world: World) {
    let (mut one, mut two) = (world.stored_scan("one", 1).await, world.stored_scan("two", 2).await);
    let (first, second) = (world.stored_run(&mut one).await, world.stored_run(&mut two).await);
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let (shared, own) = (
        world.finding(world.company, assets["fqdn:a"], "CVE-1", 1),
        world.finding(world.company, assets["fqdn:a"], "CVE-2", 1),
    );
    tx.insert_findings(&[shared.clone(), own.clone()]).await.unwrap();
    let shared_sighting = world.sighting(&shared, &source, "shared", two.id, second, 1);
    tx.insert_sightings(&[shared_sighting.clone(), world.sighting(&own, &source, "own", one.id, first, 1)])
        .await
        .unwrap();
    let again = SightingUpdate {
        id: shared_sighting.id,
        finding_id: shared.id,
        scan_id: one.id,
        run_id: first,
        seen_at: at(3),
        replacement: Some(shared_sighting.shown.clone()),
    };
    tx.update_sightings(&[again]).await.unwrap();
    tx.commit().await.unwrap();

    let tx = world.store.begin().await.unwrap();
    assert!(!tx.delete_scan(world.other, one.id).await.unwrap());
    assert!(tx.delete_scan(world.company, one.id).await.unwrap());
    assert!(!tx.delete_scan(world.company, one.id).await.unwrap());
    tx.commit().await.unwrap();
    let store = &world.store;
    assert_eq!(store.scan(world.company, one.id).await.unwrap(), None);
    assert_eq!(store.run(first).await.unwrap(), None);
    assert_eq!(store.finding(world.company, own.id).await.unwrap(), None);
    assert_eq!(store.finding(world.company, shared.id).await.unwrap().unwrap().sighting_count, 1);
    let kept = store.sightings(world.company, shared.id).await.unwrap();
    assert_eq!((kept[0].scan_id, kept[0].run_id), (two.id, second));
    let tx = store.begin().await.unwrap();
    assert!(tx.delete_scan(world.company, two.id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.dump_findings(world.company).await.unwrap(), [""; 0]);
    assert_eq!(store.asset(world.company, assets["fqdn:a"]).await.unwrap().unwrap().kind, AssetKind::Host);
    assert_eq!(store.finding_counts(world.company, &FindingFilter::default()).await.unwrap().get(Severity::High), 0);
}

async fn deleting_an_integration_keeps_its_scans(world: World) {
    let integration = world.stored_integration(world.company, "Nessus").await.id;
    let scan = rich(&world, integration);
    world.store_scan(&scan).await.unwrap();
    let block = BlockEntry {
        id: BlockId::new(&world.ids),
        company_id: world.company,
        integration_id: integration,
        incarnation: "server-1".to_owned(),
        external_scan_id: "7".to_owned(),
        name: "gone".to_owned(),
        created_at: at(1),
        created_by: Actor::System,
    };
    let tx = world.store.begin().await.unwrap();
    tx.insert_block(&block).await.unwrap();
    tx.insert_block(&BlockEntry { id: BlockId::new(&world.ids), ..block.clone() }).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.store.blocklist(world.company).await.unwrap(), [block]);
    assert!(world.store.blocked(integration).await.unwrap().contains(&("server-1".to_owned(), "7".to_owned())));

    let tx = world.store.begin().await.unwrap();
    assert!(!tx.delete_integration(world.other, integration).await.unwrap());
    assert!(tx.delete_integration(world.company, integration).await.unwrap());
    tx.commit().await.unwrap();
    let kept = world.store.scan(world.company, scan.id).await.unwrap().unwrap();
    assert_eq!((kept.integration_id, kept.link, kept.vendor_state), (None, None, VendorState::Completed));
    assert_eq!(kept.version, scan.version + 1);
    assert_eq!(world.store.blocklist(world.company).await.unwrap(), []);
    assert_eq!(world.store.sealed_credentials(integration).await.unwrap_err().code, ErrorCode::NotFound);
}

async fn sub_scanners_keep_their_ids(world: World) {
    let integration = world.stored_integration(world.company, "Nessus").await.id;
    let node = |external: &str, name: &str| SubScanner {
        id: SubScannerId::new(&world.ids),
        company_id: world.company,
        integration_id: integration,
        external_id: external.to_owned(),
        name: name.to_owned(),
        status: Some("on".to_owned()),
        version: None,
        last_seen_at: at(1),
    };
    let tx = world.store.begin().await.unwrap();
    let first = node("1", "a");
    tx.replace_sub_scanners(integration, vec![first.clone(), node("2", "b")]).await.unwrap();
    tx.replace_sub_scanners(integration, vec![node("1", "renamed"), node("3", "c")]).await.unwrap();
    tx.commit().await.unwrap();
    let present = world.store.sub_scanners(world.company, integration).await.unwrap();
    let names: Vec<_> = present.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["c", "renamed"]);
    assert_eq!(world.store.sub_scanner(world.company, first.id).await.unwrap().unwrap().name, "renamed");
}

async fn imports_resume_from_their_checkpoint(world: World) {
    let mut scan = world.stored_scan("one", 1).await;
    let run = world.stored_run(&mut scan).await;
    let mut import = Import {
        id: ImportId::new(&world.ids),
        company_id: world.company,
        scan_id: scan.id,
        run_id: run,
        job_id: JobId::new(&world.ids),
        state: ImportState::Running,
        checkpoint: 0,
        counts: ImportCounts::default(),
        news: ImportNews::default(),
        quarantined: Vec::new(),
        vendor_state: Some(serde_json::json!({"export": 9})),
        report_sha256: None,
        error: None,
        started_at: at(1),
        finished_at: None,
    };
    let tx = world.store.begin().await.unwrap();
    tx.insert_import(&import).await.unwrap();
    tx.commit().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    import.checkpoint = 20_000;
    import.counts.created = 19_999;
    tx.save_import(&import).await.unwrap();
    tx.commit().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.save_import(&Import { checkpoint: 40_000, ..import.clone() }).await.unwrap();
    drop(tx);
    assert_eq!(world.store.import(import.id).await.unwrap().as_ref(), Some(&import));
    assert_eq!(world.store.import_by_run(run).await.unwrap().as_ref(), Some(&import));
    assert_eq!(world.store.latest_import(world.company, scan.id).await.unwrap(), Some(import));
}

async fn commands_stay_open_until_their_outcome_is_known(world: World) {
    let integration = world.stored_integration(world.company, "Nessus").await.id;
    let scan = world.stored_scan("one", 1).await;
    let mut command = Command {
        id: CommandId::new(&world.ids),
        company_id: world.company,
        scan_id: Some(scan.id),
        integration_id: integration,
        kind: CommandKind::Launch,
        target: Some("42".to_owned()),
        state: CommandState::Recorded,
        actor: Actor::System,
        detail: None,
        created_at: at(1),
        sent_at: None,
        finished_at: None,
    };
    let mut open = Vec::new();
    let tx = world.store.begin().await.unwrap();
    tx.insert_command(&command).await.unwrap();
    for state in CommandState::ALL {
        command.state = state;
        tx.save_command(&command).await.unwrap();
        open.push(tx.open_commands(integration).await.unwrap().len());
    }
    assert_eq!(open, [0, 1, 0, 0, 1]);
    assert_eq!(tx.scan_commands(world.company, scan.id).await.unwrap(), [command.clone()]);
    tx.delete_scan(world.company, scan.id).await.unwrap();
    assert_eq!(tx.command(world.company, command.id).await.unwrap().unwrap().scan_id, None);
}

async fn one_replica_polls_an_integration(world: World) {
    let id = world.stored_integration(world.company, "Nessus").await.id;
    let tx = world.store.begin().await.unwrap();
    assert!(tx.lease_integration(id, "a", at(30), at(0)).await.unwrap());
    assert!(tx.lease_integration(id, "a", at(40), at(10)).await.unwrap());
    assert!(!tx.lease_integration(id, "b", at(50), at(39)).await.unwrap());
    assert!(tx.lease_integration(id, "b", at(70), at(40)).await.unwrap());
    assert_eq!(tx.release_integration_leases("b").await.unwrap(), 1);
    assert!(tx.lease_integration(id, "a", at(90), at(41)).await.unwrap());
}
