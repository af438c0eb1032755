//! Absent is not fixed: which sightings a finished import has to judge, and by what coverage.

use scanhelm_core::coverage::{AssetCoverage, Closing, may_close};
use scanhelm_core::finding::{SightingSource, SightingState};
use scanhelm_core::ids::{AssetId, RunId, ScanId, SightingId};

use crate::fixture::{World, at, on_both};

on_both!(
    only_a_settled_newer_coverage_of_the_asset_counts,
    the_order_of_imports_does_not_matter,
    another_policy_does_not_take_a_proof_away,
    candidates_come_in_pages_and_stay_with_their_source,
    of_several_notes_of_an_asset_the_latest_stands,
    coverage_of_another_scanner_is_no_evidence_between_two_runs,
);

struct Estate {
    asset: AssetId,
    sighting: SightingId,
    source: SightingSource,
    runs: Vec<(ScanId, RunId)>,
}

/// One sighting, last seen at 10 by run 0 (policy `default`, not logged in), and four runs.
async fn estate(world: &World) -> Estate {
    let mut scan = world.stored_scan("one", 1).await;
    let mut runs = Vec::new();
    for _ in 0..4 {
        runs.push((scan.id, world.stored_run(&mut scan).await));
    }
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    let rows = [world.asset("fqdn:a", 1, 1, "a"), world.asset("fqdn:b", 1, 1, "b")];
    let assets = tx.upsert_assets(world.company, &rows).await.unwrap();
    let (here, elsewhere) = (
        world.finding(world.company, assets["fqdn:a"], "CVE-1", 10),
        world.finding(world.company, assets["fqdn:b"], "CVE-1", 10),
    );
    tx.insert_findings(&[here.clone(), elsewhere.clone()]).await.unwrap();
    let sighting = world.sighting(&here, &source, "a", runs[0].0, runs[0].1, 10);
    let uncovered = world.sighting(&elsewhere, &source, "b", runs[0].0, runs[0].1, 10);
    tx.insert_sightings(&[sighting.clone(), uncovered]).await.unwrap();
    tx.commit().await.unwrap();
    Estate { asset: assets["fqdn:a"], sighting: sighting.id, source, runs }
}

fn coverage(second: i64, policy: &str) -> AssetCoverage {
    AssetCoverage { covered_at: at(second), authenticated: None, policy: Some(policy.to_owned()), complete: true }
}

/// Covers, completes, and applies core's judgement as the hub does.
async fn finish(world: &World, estate: &Estate, run: usize, covered: &AssetCoverage) -> Option<Closing> {
    let (scan, run) = estate.runs[run];
    let tx = world.store.begin().await.unwrap();
    tx.record_coverage(world.company, &estate.source, scan, run, &[(estate.asset, covered.clone())]).await.unwrap();
    assert_eq!(tx.settle_coverage(run, true).await.unwrap(), 1);
    let candidates = tx.closing_candidates(world.company, &estate.source, run, None, 100).await.unwrap();
    assert!(candidates.iter().all(|candidate| candidate.asset_id == estate.asset));
    let judged = candidates.first().map(|candidate| {
        assert_eq!(candidate.sighting_id, estate.sighting);
        may_close(candidate.coverage.as_ref(), &candidate.found)
    });
    match judged {
        Some(Closing::Fixed) => {
            tx.set_sighting_state(&[(estate.sighting, SightingState::Fixed, None)]).await.unwrap();
        }
        Some(Closing::NotSeen(why)) => {
            tx.set_sighting_state(&[(estate.sighting, SightingState::NotSeen, Some(why))]).await.unwrap();
        }
        _ => {}
    }
    tx.commit().await.unwrap();
    judged
}

async fn only_a_settled_newer_coverage_of_the_asset_counts(world: World) {
    let estate = estate(&world).await;
    let (scan, run) = estate.runs[1];
    let tx = world.store.begin().await.unwrap();
    let candidates = async |run| tx.closing_candidates(world.company, &estate.source, run, None, 9).await.unwrap();
    assert_eq!(candidates(run).await, []);
    tx.record_coverage(world.company, &estate.source, scan, run, &[(estate.asset, coverage(10, "default"))])
        .await
        .unwrap();
    assert_eq!(candidates(run).await, [], "not newer than the sight");
    tx.record_coverage(world.company, &estate.source, scan, run, &[(estate.asset, coverage(20, "default"))])
        .await
        .unwrap();
    assert_eq!(candidates(run).await, [], "its records are still coming in");
    tx.settle_coverage(run, false).await.unwrap();
    let open = candidates(run).await;
    assert_eq!(open.len(), 1);
    assert!(matches!(may_close(open[0].coverage.as_ref(), &open[0].found), Closing::NotSeen(_)));
    tx.settle_coverage(run, true).await.unwrap();
    let done = candidates(run).await;
    assert_eq!(may_close(done[0].coverage.as_ref(), &done[0].found), Closing::Fixed);
    assert_eq!(candidates(estate.runs[0].1).await.len(), 1, "history learns from newer coverage");
    let foreign = tx.closing_candidates(world.other, &estate.source, run, None, 9).await.unwrap();
    assert_eq!(foreign, []);
    tx.set_sighting_state(&[(estate.sighting, SightingState::Fixed, None)]).await.unwrap();
    assert_eq!(candidates(run).await, []);
}

async fn the_order_of_imports_does_not_matter(world: World) {
    let looks = [(1, coverage(20, "default")), (2, coverage(30, "other")), (3, coverage(5, "default"))];
    let estate = estate(&world).await;
    for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]] {
        for index in order {
            let (run, covered) = &looks[index];
            finish(&world, &estate, *run, covered).await;
        }
        let dump = world.store.dump_findings(world.company).await.unwrap();
        assert!(
            dump.iter().any(|line| line.contains("\tsighting\t") && line.contains("\tfixed\t")),
            "{order:?} {dump:#?}"
        );
        let tx = world.store.begin().await.unwrap();
        tx.set_sighting_state(&[(estate.sighting, SightingState::Seen, None)]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn another_policy_does_not_take_a_proof_away(world: World) {
    let estate = estate(&world).await;
    assert!(matches!(finish(&world, &estate, 2, &coverage(30, "other")).await, Some(Closing::NotSeen(_))));
    assert_eq!(finish(&world, &estate, 1, &coverage(20, "default")).await, Some(Closing::Fixed));
}

async fn candidates_come_in_pages_and_stay_with_their_source(world: World) {
    let estate = estate(&world).await;
    let other = SightingSource::scanner("other");
    let (scan, run) = estate.runs[1];
    let tx = world.store.begin().await.unwrap();
    let mut expected = vec![estate.sighting];
    for number in 0..6 {
        let finding = world.finding(world.company, estate.asset, &format!("CVE-9{number}"), 10);
        tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
        let sighting = world.sighting(&finding, &estate.source, &format!("p{number}"), scan, estate.runs[0].1, 10);
        let foreign = world.sighting(&finding, &other, &format!("p{number}"), scan, estate.runs[0].1, 10);
        expected.push(sighting.id);
        tx.insert_sightings(&[sighting, foreign]).await.unwrap();
    }
    tx.record_coverage(world.company, &estate.source, scan, run, &[(estate.asset, coverage(20, "default"))])
        .await
        .unwrap();
    tx.settle_coverage(run, true).await.unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = tx.closing_candidates(world.company, &estate.source, run, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.sighting_id);
        seen.extend(page.into_iter().map(|candidate| candidate.sighting_id));
    }
    assert_eq!(seen, expected);
}

async fn of_several_notes_of_an_asset_the_latest_stands(world: World) {
    let estate = estate(&world).await;
    let (scan, run) = estate.runs[1];
    let tx = world.store.begin().await.unwrap();
    let notes = [(estate.asset, coverage(40, "late")), (estate.asset, coverage(20, "default"))];
    tx.record_coverage(world.company, &estate.source, scan, run, &notes).await.unwrap();
    tx.record_coverage(world.company, &estate.source, scan, run, &[(estate.asset, coverage(30, "middle"))])
        .await
        .unwrap();
    tx.settle_coverage(run, false).await.unwrap();
    let candidates = tx.closing_candidates(world.company, &estate.source, run, None, 9).await.unwrap();
    let kept = candidates[0].coverage.clone().unwrap();
    assert_eq!((kept.covered_at, kept.policy.as_deref(), kept.complete), (at(40), Some("late"), false));
}

/// What another scanner covered later proves nothing about what this one saw.
async fn coverage_of_another_scanner_is_no_evidence_between_two_runs(world: World) {
    let estate = estate(&world).await;
    let before = estate.runs[0].1;
    for (index, source, proves) in [(1, SightingSource::scanner("other"), false), (2, estate.source.clone(), true)] {
        let (scan, run) = estate.runs[index];
        let tx = world.store.begin().await.unwrap();
        tx.record_coverage(world.company, &source, scan, run, &[(estate.asset, coverage(20, "default"))])
            .await
            .unwrap();
        tx.settle_coverage(run, true).await.unwrap();
        tx.commit().await.unwrap();
        let later = world.store.run(run).await.unwrap().unwrap();
        let all = world.store.run_evidence(world.company, &later, Some(before)).await.unwrap();
        assert_eq!(all.len(), 2, "that of the other asset is covered by nobody");
        let covered = all.iter().filter(|one| one.evidence.coverage.is_some()).count();
        assert_eq!(covered, usize::from(proves), "{source:?}");
    }
}
