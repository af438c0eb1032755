//! The import's bulk path: what a batch writes, twice and in any order.

use scanhelm_core::asset::AssetKey;
use scanhelm_core::finding::correlation::shown;
use scanhelm_core::finding::verdict::Verdict;
use scanhelm_core::finding::{FindingState, SightingSource, SightingState};
use scanhelm_core::ids::{CompanyId, RunId, ScanId};
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::Actor;
use scanhelm_core::{ErrorCode, Severity};
use scanhelm_store::{FindingFilter, SightingUpdate, Transaction};

use crate::fixture::{World, at, content, on_both};

on_both!(
    what_is_known_is_found_by_its_keys,
    a_batch_imported_twice_changes_nothing,
    one_reference_is_one_sighting,
    assets_end_the_same_in_any_order,
    findings_show_their_worst_live_sighting_as_core_decides,
    late_history_only_widens,
    a_scan_shows_what_its_latest_run_saw,
    findings_are_filtered_sorted_and_counted,
    verdicts_outlive_their_findings,
    a_large_batch_fits,
);

pub(crate) async fn a_scan(world: &World, name: &str) -> (ScanId, RunId) {
    let mut scan = world.stored_scan(name, 1).await;
    let run = world.stored_run(&mut scan).await;
    (scan.id, run)
}

/// `count` findings on one asset, seen at `second`; known ones are touched. As the hub's import does it.
pub(crate) async fn import(
    world: &World,
    tx: &Transaction,
    company: CompanyId,
    scan: ScanId,
    run: RunId,
    count: usize,
) {
    let source = SightingSource::scanner("nessus");
    let assets = tx.upsert_assets(company, &[world.asset("fqdn:db1", 5, 5, "db1")]).await.unwrap();
    let findings: Vec<_> =
        (0..count).map(|number| world.finding(company, assets["fqdn:db1"], &format!("CVE-{number}"), 5)).collect();
    let references: Vec<_> = (0..count).map(|number| format!("ref-{number}")).collect();
    let known = tx.known_sightings(company, &source, &references).await.unwrap();
    let fingerprints: Vec<_> = findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    assert_eq!(tx.known_findings(company, &fingerprints).await.unwrap().len(), known.len());
    let (mut created, mut sightings, mut touched) = (Vec::new(), Vec::new(), Vec::new());
    for (finding, reference) in findings.into_iter().zip(references) {
        match known.get(&reference) {
            Some(row) => touched.push((run, row.finding_id, row.id)),
            None => {
                sightings.push(world.sighting(&finding, &source, &reference, scan, run, 5));
                created.push(finding);
            }
        }
    }
    tx.insert_findings(&created).await.unwrap();
    tx.insert_sightings(&sightings).await.unwrap();
    tx.link_sightings(touched).await.unwrap();
}

async fn what_is_known_is_found_by_its_keys(world: World) {
    let (scan, run) = a_scan(&world, "one").await;
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let finding = world.finding(world.company, assets["fqdn:a"], "CVE-1", 1);
    let mut sighting = world.sighting(&finding, &source, "it's \"quoted\" ü", scan, run, 1);
    sighting.shown.content = u64::MAX - 1;
    tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
    tx.insert_sightings(std::slice::from_ref(&sighting)).await.unwrap();
    tx.set_finding_status(&[(finding.id, FindingState::Fixed, Some(at(9)))]).await.unwrap();
    let references = [sighting.scanner_ref.clone(), "unknown".to_owned()];
    let known = tx.known_sightings(world.company, &source, &references).await.unwrap();
    assert_eq!(known.len(), 1);
    let row = &known[&sighting.scanner_ref];
    assert_eq!((row.id, row.finding_id, row.content), (sighting.id, finding.id, u64::MAX - 1));
    assert_eq!((row.finding_status, row.finding_resolved_at), (FindingState::Fixed, Some(at(9))));
    let other = SightingSource::scanner("other");
    assert!(tx.known_sightings(world.company, &other, &references).await.unwrap().is_empty());
    assert!(tx.known_sightings(world.other, &source, &references).await.unwrap().is_empty());
    assert!(tx.known_sightings(world.company, &source, &[]).await.unwrap().is_empty());
    let fingerprints = [finding.fingerprint.clone(), "0".repeat(64)];
    let known = tx.known_findings(world.company, &fingerprints).await.unwrap();
    assert_eq!(known[&finding.fingerprint].status, FindingState::Fixed);
    assert!(tx.known_findings(world.other, &fingerprints).await.unwrap().is_empty());
    tx.commit().await.unwrap();
    let stored = world.store.finding(world.company, finding.id).await.unwrap().unwrap();
    assert_eq!((stored.cves, stored.cwes, stored.location), (finding.cves, finding.cwes, finding.location));
    assert_eq!(world.store.finding_identity(world.company, finding.id).await.unwrap(), Some(finding.identity));
}

async fn a_batch_imported_twice_changes_nothing(world: World) {
    let (scan, run) = a_scan(&world, "one").await;
    let mut dumps = Vec::new();
    for _ in 0..2 {
        let tx = world.store.begin().await.unwrap();
        import(&world, &tx, world.company, scan, run, 700).await;
        tx.commit().await.unwrap();
        dumps.push(world.store.dump_findings(world.company).await.unwrap());
        assert_eq!(world.store.count_run_sightings(run).await.unwrap(), 700);
    }
    assert_eq!(dumps[0].len(), 1400);
    assert_eq!(dumps[0], dumps[1]);
    let tx = world.store.begin().await.unwrap();
    import(&world, &tx, world.other, scan, run, 3).await;
    drop(tx);
    assert_eq!(world.store.dump_findings(world.other).await.unwrap(), [""; 0]);
}

async fn one_reference_is_one_sighting(world: World) {
    let (scan, run) = a_scan(&world, "one").await;
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let finding = world.finding(world.company, assets["fqdn:a"], "CVE-1", 1);
    tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
    tx.insert_sightings(&[world.sighting(&finding, &source, "r", scan, run, 1)]).await.unwrap();
    let twin = tx.insert_sightings(&[world.sighting(&finding, &source, "r", scan, run, 1)]).await;
    assert_eq!(twin.unwrap_err().code, ErrorCode::Conflict);
    drop(tx);
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let finding = world.finding(world.company, assets["fqdn:a"], "CVE-1", 1);
    let twin = world.finding(world.company, assets["fqdn:a"], "CVE-1", 1);
    assert_eq!(tx.insert_findings(&[finding, twin]).await.unwrap_err().code, ErrorCode::Conflict);
}

async fn assets_end_the_same_in_any_order(world: World) {
    let mut old = world.asset("fqdn:db1", 1, 3, "old name");
    old.operating_system = Some("Linux 5".to_owned());
    let mut new = world.asset("fqdn:db1", 2, 9, "new name");
    new.keys.push(AssetKey::Ip("10.0.0.1".to_owned()));
    let tie = world.asset("fqdn:db1", 2, 9, "a name");
    let mut ends = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let rows = [&old, &new, &tie];
        let tx = world.store.begin().await.unwrap();
        let mut ids = std::collections::HashSet::new();
        for index in order {
            ids.insert(tx.upsert_assets(world.company, &[rows[index].clone()]).await.unwrap()["fqdn:db1"]);
        }
        assert_eq!(ids.len(), 1, "the first id stays");
        let asset = tx.asset(world.company, *ids.iter().next().unwrap()).await.unwrap().unwrap();
        ends.push((asset.name, asset.keys, asset.operating_system, asset.first_seen_at, asset.last_seen_at));
        tx.rollback().await.unwrap();
    }
    assert_eq!(ends[0].0, "new name");
    assert_eq!(ends[0].1.len(), 4);
    assert_eq!((ends[0].2.as_deref(), ends[0].3, ends[0].4), (Some("Linux 5"), at(1), at(9)));
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
    let tx = world.store.begin().await.unwrap();
    let batch = tx.upsert_assets(world.company, &[new, old, tie]).await.unwrap();
    let asset = tx.asset(world.company, batch["fqdn:db1"]).await.unwrap().unwrap();
    assert_eq!((asset.name, asset.keys.len()), ("new name".to_owned(), 4));
}

async fn findings_show_their_worst_live_sighting_as_core_decides(world: World) {
    let (scan, run) = a_scan(&world, "one").await;
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let cases = [
        vec![(SightingState::Seen, Severity::Low), (SightingState::Seen, Severity::High)],
        vec![(SightingState::Fixed, Severity::Critical), (SightingState::Seen, Severity::Info)],
        vec![(SightingState::NotSeen, Severity::Low), (SightingState::Fixed, Severity::High)],
        vec![
            (SightingState::Seen, Severity::High),
            (SightingState::Seen, Severity::High),
            (SightingState::Seen, Severity::Low),
        ],
    ];
    for (number, case) in cases.iter().enumerate() {
        let finding = world.finding(world.company, assets["fqdn:a"], &format!("CVE-{number}"), 50);
        tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
        for (place, (state, severity)) in case.iter().enumerate() {
            let source = SightingSource::scanner(if place == 0 { "z" } else { "b" });
            let second = 10 + place as i64;
            let mut sighting = world.sighting(&finding, &source, &format!("{number}/{place}"), scan, run, second);
            sighting.shown.severity = *severity;
            sighting.shown.title = format!("title {place}");
            tx.insert_sightings(std::slice::from_ref(&sighting)).await.unwrap();
            tx.set_sighting_state(&[(sighting.id, *state, Some("why"))]).await.unwrap();
        }
        tx.refresh_findings(&[finding.id]).await.unwrap();
        let evidence = tx.sightings(world.company, finding.id).await.unwrap();
        let keys: Vec<_> = evidence.iter().map(|s| format!("{} {}", s.source.as_str(), s.scanner_ref)).collect();
        let expected =
            shown(evidence.iter().zip(&keys).map(|(s, key)| (s.state, s.severity, key.as_str(), s.title.as_str())));
        let found = tx.finding(world.company, finding.id).await.unwrap().unwrap();
        assert_eq!(Some((found.severity, found.title.as_str())), expected, "case {number}");
        assert_eq!(found.sighting_count as usize, case.len());
        assert_eq!((found.first_seen_at, found.last_seen_at), (at(10), at(9 + case.len() as i64)));
    }
}

async fn late_history_only_widens(world: World) {
    let (scan, run) = a_scan(&world, "one").await;
    let (past_scan, past_run) = a_scan(&world, "past").await;
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let finding = world.finding(world.company, assets["fqdn:a"], "CVE-1", 50);
    let sighting = world.sighting(&finding, &source, "r", scan, run, 50);
    tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
    tx.insert_sightings(std::slice::from_ref(&sighting)).await.unwrap();
    let look = |scan_id, run_id, second, replacement| SightingUpdate {
        id: sighting.id,
        finding_id: finding.id,
        scan_id,
        run_id,
        seen_at: at(second),
        replacement,
    };
    tx.update_sightings(&[look(past_scan, past_run, 20, None)]).await.unwrap();
    let stale = Some(content(Severity::Low, "stale", 1));
    tx.update_sightings(&[look(past_scan, past_run, 30, stale)]).await.unwrap();
    tx.update_sightings(&[look(past_scan, past_run, 10, None)]).await.unwrap();
    let kept = &tx.sightings(world.company, finding.id).await.unwrap()[0];
    assert_eq!((kept.first_seen_at, kept.last_seen_at), (at(10), at(50)));
    assert_eq!((kept.severity, kept.run_id, kept.scan_id), (Severity::High, run, scan));
    let newer = Some(content(Severity::Critical, "newer", 9));
    tx.set_sighting_state(&[(sighting.id, SightingState::NotSeen, Some("why"))]).await.unwrap();
    tx.update_sightings(&[look(past_scan, past_run, 60, newer)]).await.unwrap();
    let replaced = &tx.sightings(world.company, finding.id).await.unwrap()[0];
    assert_eq!((replaced.severity, replaced.title.as_str()), (Severity::Critical, "newer"));
    assert_eq!((replaced.state, replaced.last_seen_at, replaced.run_id), (SightingState::Seen, at(60), past_run));
    assert_eq!(tx.count_run_sightings(past_run).await.unwrap(), 1);
    assert_eq!(tx.count_run_sightings(run).await.unwrap(), 1);
}

async fn a_scan_shows_what_its_latest_run_saw(world: World) {
    let mut one = world.stored_scan("one", 1).await;
    let first = world.stored_run(&mut one).await;
    let (two, second_run) = a_scan(&world, "two").await;
    let tx = world.store.begin().await.unwrap();
    import(&world, &tx, world.company, one.id, first, 5).await;
    // Another scan of the same integration sees three of the same: both have seen them.
    import(&world, &tx, world.company, two, second_run, 3).await;
    tx.commit().await.unwrap();
    let of = async |scan| {
        let filter = FindingFilter { scan_id: Some(scan), ..FindingFilter::default() };
        world.store.list_findings(world.company, &filter, &PageRequest::default()).await.unwrap().items.len()
    };
    assert_eq!((of(one.id).await, of(two).await), (5, 3));
    let page = PageRequest::default();
    assert_eq!(world.store.scan_assets(world.company, two, &page).await.unwrap().items.len(), 1);
    let third = world.stored_run(&mut one).await;
    assert_eq!(of(one.id).await, 0);
    let tx = world.store.begin().await.unwrap();
    import(&world, &tx, world.company, one.id, third, 2).await;
    tx.commit().await.unwrap();
    assert_eq!(of(one.id).await, 2);
    let filter = FindingFilter { run_id: Some(first), ..FindingFilter::default() };
    assert_eq!(world.store.finding_counts(world.company, &filter).await.unwrap().high, 5);
}

async fn findings_are_filtered_sorted_and_counted(world: World) {
    let (scan, run) = a_scan(&world, "one").await;
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    let rows = [world.asset("fqdn:a", 1, 1, "a"), world.asset("fqdn:b", 1, 1, "b")];
    let assets = tx.upsert_assets(world.company, &rows).await.unwrap();
    let mut findings = Vec::new();
    for (number, severity) in
        [Severity::Low, Severity::Critical, Severity::Critical, Severity::Info].into_iter().enumerate()
    {
        let asset = assets[if number == 0 { "fqdn:a" } else { "fqdn:b" }];
        let mut finding = world.finding(world.company, asset, &format!("CVE-2021-{number}"), number as i64);
        finding.severity = severity;
        finding.cwes = vec![if number == 3 { 7 } else { 79 }];
        finding.title = format!("{number}0% done");
        findings.push(finding);
    }
    findings[3].cves = vec!["CVE-2021-11".to_owned()];
    findings[0].status = FindingState::NotSeen;
    tx.insert_findings(&findings).await.unwrap();
    let mut odd = world.sighting(&findings[2], &source, "r", scan, run, 1);
    odd.shown.scanner = "zap".to_owned();
    tx.insert_sightings(&[odd]).await.unwrap();
    tx.commit().await.unwrap();
    let titles = async |filter: &FindingFilter, sort: Sort| {
        let (mut page, mut titles) = (PageRequest { limit: 1, cursor: None, sort }, String::new());
        loop {
            let found = world.store.list_findings(world.company, filter, &page).await.unwrap();
            titles.extend(found.items.iter().filter_map(|finding| finding.title.chars().next()));
            match found.next_cursor {
                Some(cursor) => page.cursor = Some(cursor),
                None => return titles,
            }
        }
    };
    let all = FindingFilter::default();
    assert_eq!(titles(&all, Sort::default()).await, "2103");
    assert_eq!(titles(&all, Sort::parse("last_seen_at")).await, "0123");
    assert_eq!(titles(&all, Sort::parse("-title")).await, "3210");
    let default = Sort::default;
    let by = |filter: FindingFilter| async move { filter };
    let worst = by(FindingFilter { severity: vec![Severity::Critical, Severity::Info], ..all.clone() }).await;
    assert_eq!(titles(&worst, default()).await, "213");
    let mut ids: Vec<_> = [1, 2, 3].map(|number: usize| findings[number].id).to_vec();
    ids.sort_unstable();
    assert_eq!(world.store.finding_ids(world.company, &worst, 9).await.unwrap(), ids);
    assert_eq!(world.store.finding_ids(world.company, &worst, 2).await.unwrap(), ids[..2]);
    let lost = by(FindingFilter { status: vec![FindingState::NotSeen], ..all.clone() }).await;
    assert_eq!(titles(&lost, default()).await, "0");
    let cve = by(FindingFilter { cve: Some("cve-2021-1".to_owned()), ..all.clone() }).await;
    assert_eq!(titles(&cve, default()).await, "1", "a whole number, in any case");
    let cwe = by(FindingFilter { cwe: Some(7), ..all.clone() }).await;
    assert_eq!(titles(&cwe, default()).await, "3");
    let scanner = by(FindingFilter { scanner: Some("zap".to_owned()), ..all.clone() }).await;
    assert_eq!(titles(&scanner, default()).await, "2");
    let asset = by(FindingFilter { asset_id: Some(assets["fqdn:a"]), ..all.clone() }).await;
    assert_eq!(titles(&asset, default()).await, "0");
    let q = by(FindingFilter { q: Some("30%".to_owned()), ..all.clone() }).await;
    assert_eq!(titles(&q, default()).await, "3");
    let late = by(FindingFilter { last_seen_after: Some(at(2)), first_seen_before: Some(at(3)), ..all.clone() }).await;
    assert_eq!(titles(&late, default()).await, "2");
    let counts = world.store.finding_counts(world.company, &all).await.unwrap();
    assert_eq!((counts.critical, counts.low, counts.info, counts.total()), (2, 1, 1, 4));
}

async fn verdicts_outlive_their_findings(world: World) {
    let verdict = |state, second, expires_at| Verdict {
        fingerprint: "ab".repeat(32),
        state,
        reason: Some("test host".to_owned()),
        actor: Actor::System,
        at: at(second),
        expires_at,
    };
    let first = verdict(FindingState::RiskAccepted, 1, Some(at(9)));
    let second = verdict(FindingState::FalsePositive, 2, None);
    let tx = world.store.begin().await.unwrap();
    tx.save_verdicts(world.company, std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(tx.expired_triage(world.company, at(9), 9).await.unwrap(), std::slice::from_ref(&first));
    tx.save_verdicts(world.company, std::slice::from_ref(&second)).await.unwrap();
    tx.commit().await.unwrap();
    let store = &world.store;
    let print = &second.fingerprint;
    assert_eq!(store.triage(world.company, print).await.unwrap(), Some(second.clone()));
    assert_eq!(store.triage_history(world.company, print).await.unwrap(), [second.clone(), first]);
    let known = store.triage_of(world.company, &[print.clone(), "x".to_owned()]).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(store.expired_triage(world.company, at(99), 9).await.unwrap(), []);
    assert_eq!(store.triage(world.other, print).await.unwrap(), None);
    assert_eq!(store.triage_history(world.other, print).await.unwrap(), []);
}

async fn a_large_batch_fits(world: World) {
    let (scan, run) = a_scan(&world, "one").await;
    for _ in 0..2 {
        let tx = world.store.begin().await.unwrap();
        import(&world, &tx, world.company, scan, run, 20_000).await;
        tx.commit().await.unwrap();
    }
    let filter = FindingFilter::default();
    assert_eq!(world.store.finding_counts(world.company, &filter).await.unwrap().total(), 20_000);
    assert_eq!(world.store.count_run_sightings(run).await.unwrap(), 20_000);
}
