//! What people say of assets, how they are found, and who has seen them when.

use std::collections::HashSet;

use scanhelm_core::Severity;
use scanhelm_core::asset::{Asset, AssetKind};
use scanhelm_core::coverage::AssetCoverage;
use scanhelm_core::finding::{FindingState, SightingSource};
use scanhelm_core::ids::{AssetId, UserId};
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_store::{AssetCounts, AssetFilter, OwnerFilter};

use crate::fixture::{World, at, on_both};

on_both!(
    tags_and_owners_are_kept_by_imports_and_found_by,
    a_change_needs_the_version_that_was_read,
    assets_are_found_by_when_and_by_whom_they_were_seen,
    coverage_tells_the_latest_run_of_each_source_and_never_guesses_a_log_in,
    open_findings_are_counted_by_severity,
);

async fn three(world: &World) -> [AssetId; 3] {
    let rows =
        [world.asset("fqdn:a", 1, 10, "a"), world.asset("fqdn:b", 1, 20, "b"), world.asset("fqdn:c", 1, 30, "c")];
    let tx = world.store.begin().await.unwrap();
    let ids = tx.upsert_assets(world.company, &rows).await.unwrap();
    tx.commit().await.unwrap();
    ["fqdn:a", "fqdn:b", "fqdn:c"].map(|identity| ids[identity])
}

async fn describe(world: &World, id: AssetId, tags: &[&str], owner: Option<UserId>, version: i64) -> bool {
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let tx = world.store.begin().await.unwrap();
    let done = tx.describe_asset(world.company, id, (&tags, owner), version).await.unwrap();
    tx.commit().await.unwrap();
    done
}

async fn found(world: &World, filter: AssetFilter) -> Vec<String> {
    let page = PageRequest { sort: Sort::parse("name"), ..PageRequest::default() };
    let names = |assets: Vec<Asset>| assets.into_iter().map(|asset| asset.name).collect();
    assert!(world.store.assets(world.other, &filter, &page).await.unwrap().items.is_empty());
    names(world.store.assets(world.company, &filter, &page).await.unwrap().items)
}

async fn tags_and_owners_are_kept_by_imports_and_found_by(world: World) {
    let [a, b, c] = three(&world).await;
    let ada = UserId::new(&world.ids);
    assert!(describe(&world, a, &["prod", "shop"], Some(ada), 1).await);
    assert!(describe(&world, b, &["prod"], None, 1).await);
    assert!(describe(&world, c, &["old"], None, 1).await && describe(&world, c, &[], None, 2).await);
    let tx = world.store.begin().await.unwrap();
    tx.upsert_assets(world.company, &[world.asset("fqdn:a", 5, 40, "a")]).await.unwrap();
    tx.commit().await.unwrap();
    let asset = world.store.asset(world.company, a).await.unwrap().unwrap();
    assert_eq!(
        (asset.tags, asset.owner_id, asset.last_seen_at),
        (vec!["prod".to_owned(), "shop".to_owned()], Some(ada), at(40))
    );
    let tag = |tags: &[&str]| AssetFilter {
        tag: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..AssetFilter::default()
    };
    assert_eq!(found(&world, tag(&["Prod"])).await, ["a", "b"]);
    assert_eq!(found(&world, tag(&["prod", "shop"])).await, ["a"]);
    assert!(found(&world, tag(&["old"])).await.is_empty());
    let owner = |owner| AssetFilter { owner: Some(owner), ..AssetFilter::default() };
    assert_eq!(found(&world, owner(OwnerFilter::User(ada))).await, ["a"]);
    assert_eq!(found(&world, owner(OwnerFilter::Gone)).await, ["a"], "she is no member");
    assert_eq!(found(&world, owner(OwnerFilter::Nobody)).await, ["b", "c"]);
    let counts = world.store.asset_counts(world.company, &AssetFilter::default(), at(25)).await.unwrap();
    let tags = vec![("prod".to_owned(), 2), ("shop".to_owned(), 1)];
    assert_eq!(
        counts,
        AssetCounts { kinds: vec![(AssetKind::Host, 3, 1)], tags, owners: vec![(None, 2), (Some(ada), 1)] }
    );
    assert_eq!(world.store.asset_counts(world.other, &tag(&["prod"]), at(25)).await.unwrap(), AssetCounts::default());
}

async fn a_change_needs_the_version_that_was_read(world: World) {
    let [a, ..] = three(&world).await;
    assert!(describe(&world, a, &["one"], None, 1).await);
    assert!(!describe(&world, a, &["two"], None, 1).await);
    let tx = world.store.begin().await.unwrap();
    assert!(!tx.describe_asset(world.other, a, (&[], None), 2).await.unwrap(), "another company's");
    tx.commit().await.unwrap();
    let asset = world.store.asset(world.company, a).await.unwrap().unwrap();
    assert_eq!((asset.tags, asset.version), (vec!["one".to_owned()], 2));
}

async fn assets_are_found_by_when_and_by_whom_they_were_seen(world: World) {
    let [a, b, _] = three(&world).await;
    let mut scan = world.stored_scan("s", 1).await;
    let run = world.stored_run(&mut scan).await;
    let (covering, finding_source) = (SightingSource::scanner("nmap"), SightingSource::scanner("nikto"));
    let tx = world.store.begin().await.unwrap();
    let covered = AssetCoverage { covered_at: at(9), authenticated: None, policy: None, complete: false };
    tx.record_coverage(world.company, &covering, scan.id, run, &[(a, covered)]).await.unwrap();
    let finding = world.finding(world.company, b, "CVE-1", 2);
    tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
    tx.insert_sightings(&[world.sighting(&finding, &finding_source, "r", scan.id, run, 2)]).await.unwrap();
    tx.commit().await.unwrap();
    let by = |source: &SightingSource| AssetFilter { source: Some(source.clone()), ..AssetFilter::default() };
    assert_eq!(found(&world, by(&covering)).await, ["a"]);
    assert_eq!(found(&world, by(&finding_source)).await, ["b"]);
    let stale = AssetFilter { last_seen_before: Some(at(20)), ..AssetFilter::default() };
    assert_eq!(found(&world, stale).await, ["a"]);
    let fresh = AssetFilter { last_seen_after: Some(at(20)), q: Some("B".to_owned()), ..AssetFilter::default() };
    assert_eq!(found(&world, fresh).await, ["b"]);
    let sites = AssetFilter { kind: vec![AssetKind::Site], ..AssetFilter::default() };
    assert!(found(&world, sites).await.is_empty());
}

async fn coverage_tells_the_latest_run_of_each_source_and_never_guesses_a_log_in(world: World) {
    let [a, ..] = three(&world).await;
    let mut scan = world.stored_scan("s", 1).await;
    let (nessus, nmap) = (SightingSource::scanner("nessus"), SightingSource::scanner("nmap"));
    let looks = [
        (&nessus, 10, Some(true), true),
        (&nessus, 20, Some(false), true),
        (&nessus, 30, None, false),
        (&nmap, 5, None, true),
    ];
    for (source, second, authenticated, complete) in looks {
        let run = world.stored_run(&mut scan).await;
        let covered = AssetCoverage { covered_at: at(second), authenticated, policy: None, complete: false };
        let tx = world.store.begin().await.unwrap();
        tx.record_coverage(world.company, source, scan.id, run, &[(a, covered)]).await.unwrap();
        tx.settle_coverage(run, complete).await.unwrap();
        tx.commit().await.unwrap();
    }
    // One that is still on its way tells nothing yet.
    let run = world.stored_run(&mut scan).await;
    let covered = AssetCoverage { covered_at: at(40), authenticated: Some(true), policy: None, complete: false };
    let tx = world.store.begin().await.unwrap();
    tx.record_coverage(world.company, &nessus, scan.id, run, &[(a, covered)]).await.unwrap();
    tx.commit().await.unwrap();
    let known = world.store.asset_coverage(world.company, &HashSet::from([a])).await.unwrap();
    let told: Vec<_> = known
        .iter()
        .map(|one| (one.covered_at, one.authenticated, one.complete, one.last_complete_at, one.last_authenticated_at))
        .collect();
    assert_eq!(told, [(at(30), None, false, Some(at(20)), Some(at(10))), (at(5), None, true, Some(at(5)), None),]);
    assert!(world.store.asset_coverage(world.other, &HashSet::from([a])).await.unwrap().is_empty());
}

async fn open_findings_are_counted_by_severity(world: World) {
    let [a, b, c] = three(&world).await;
    let states = [FindingState::Open, FindingState::InProgress, FindingState::Fixed, FindingState::RiskAccepted];
    let mut findings = Vec::new();
    for (number, status) in states.into_iter().enumerate() {
        for asset in [a, b] {
            let mut finding = world.finding(world.company, asset, &format!("CVE-{number}"), 1);
            finding.status = status;
            finding.severity = if number == 0 { Severity::Critical } else { Severity::Low };
            findings.push(finding);
        }
    }
    let tx = world.store.begin().await.unwrap();
    tx.insert_findings(&findings).await.unwrap();
    tx.commit().await.unwrap();
    let counts = world.store.open_findings_of(world.company, &[a, c]).await.unwrap();
    assert_eq!(counts.len(), 1);
    assert_eq!((counts[&a].critical, counts[&a].low, counts[&a].total()), (1, 1, 2));
    assert!(world.store.open_findings_of(world.other, &[a]).await.unwrap().is_empty());
}
