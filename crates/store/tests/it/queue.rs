//! The pages and counts of the finding queue.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingState, SightingSource};
use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_store::{FindingFilter, NewFinding, SightingRow, SightingUpdate};

use crate::fixture::{World, at, content, on_both};
use crate::imports::{a_scan, import};

on_both!(every_page_of_every_order_is_what_sorting_all_gives, counts_are_those_of_the_rows_after_every_write,);

/// Whatever page of whatever filter in whatever order: what sorting and counting everything gives.
async fn every_page_of_every_order_is_what_sorting_all_gives(world: World) {
    const ROWS: usize = 90;
    let states = [FindingState::Open, FindingState::NotSeen, FindingState::RiskAccepted];
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let mut rows = Vec::new();
    for number in 0..ROWS {
        let mut finding = world.finding(world.company, assets["fqdn:a"], &format!("CVE-2024-{number}"), 1);
        finding.severity = Severity::ALL[number * 7 % Severity::ALL.len()];
        finding.status = states[number / 5 % states.len()];
        finding.title = format!("Weakness {}", number % 11);
        finding.first_seen_at = at((number % 4) as i64);
        finding.last_seen_at = at(10 + (number % 6) as i64);
        rows.push(finding);
    }
    tx.insert_findings(&rows).await.unwrap();
    tx.commit().await.unwrap();
    let severities: [&[Severity]; 3] = [&[], &[Severity::High], &[Severity::Low, Severity::Critical, Severity::Low]];
    let statuses: [&[FindingState]; 3] = [&[], &states[2..], &[states[1], states[0], states[1]]];
    for (severity, status) in
        severities.iter().flat_map(|severity| statuses.iter().map(move |status| (severity, status)))
    {
        let filter = FindingFilter { severity: severity.to_vec(), status: status.to_vec(), ..FindingFilter::default() };
        let wanted = |finding: &&NewFinding| {
            (severity.is_empty() || severity.contains(&finding.severity))
                && (status.is_empty() || status.contains(&finding.status))
        };
        let mut wanted: Vec<&NewFinding> = rows.iter().filter(wanted).collect();
        for order in ["severity", "title", "first_seen_at", "last_seen_at"] {
            wanted.sort_by_key(|finding| {
                let key = match order {
                    "severity" => finding.severity.rank().to_string(),
                    "title" => finding.title.clone(),
                    "first_seen_at" => finding.first_seen_at.to_string(),
                    _ => finding.last_seen_at.to_string(),
                };
                (key, finding.id.to_string())
            });
            for sort in [order.to_owned(), format!("-{order}")] {
                let mut page = PageRequest { limit: 7, cursor: None, sort: Sort::parse(&sort) };
                let mut listed = Vec::new();
                loop {
                    let found = world.store.list_findings(world.company, &filter, &page).await.unwrap();
                    let total = page.cursor.is_none().then_some(Total::Exactly(wanted.len() as u64));
                    assert_eq!(found.total, total, "{filter:?} by {sort}");
                    listed.extend(found.items.iter().map(|finding| finding.id));
                    match found.next_cursor {
                        Some(cursor) => page.cursor = Some(cursor),
                        None => break,
                    }
                }
                let mut expected: Vec<_> = wanted.iter().map(|finding| finding.id).collect();
                if page.sort.descending {
                    expected.reverse();
                }
                assert_eq!(listed, expected, "{filter:?} by {sort}");
            }
        }
    }
}

/// I8: what is counted as it is written is what is there, after each kind of write.
async fn counts_are_those_of_the_rows_after_every_write(world: World) {
    let same = async |after: &str| {
        for company in [world.company, world.other] {
            let all = PageRequest { limit: 500, ..PageRequest::default() };
            let rows = world.store.list_findings(company, &FindingFilter::default(), &all).await.unwrap().items;
            for (severity, state) in
                Severity::ALL.into_iter().flat_map(|severity| FindingState::ALL.map(|state| (severity, state)))
            {
                let filter =
                    FindingFilter { severity: vec![severity], status: vec![state], ..FindingFilter::default() };
                let there = rows.iter().filter(|row| row.severity == severity && row.status == state).count();
                let counted = world.store.finding_counts(company, &filter).await.unwrap().total();
                assert_eq!(counted, there as u64, "{severity:?} {state} after {after}");
            }
        }
    };
    let (scan, run) = a_scan(&world, "one").await;
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    import(&world, &tx, world.company, scan, run, 400).await;
    tx.commit().await.unwrap();
    same("an import").await;
    let all = PageRequest { limit: 500, ..PageRequest::default() };
    let rows = world.store.list_findings(world.company, &FindingFilter::default(), &all).await.unwrap().items;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let tx = world.store.begin().await.unwrap();
    let judged: Vec<_> = ids.iter().take(300).map(|id| (*id, FindingState::FalsePositive, Some(at(7)))).collect();
    tx.set_finding_status(&judged).await.unwrap();
    tx.set_finding_status(&judged[..10]).await.unwrap();
    tx.commit().await.unwrap();
    same("a judgement, and one that changes nothing").await;
    let tx = world.store.begin().await.unwrap();
    let known = tx.known_sightings(world.company, &source, &["ref-1".to_owned(), "ref-2".to_owned()]).await.unwrap();
    let worse = |row: &SightingRow| SightingUpdate {
        id: row.id,
        scan_id: scan,
        run_id: run,
        seen_at: at(9),
        replacement: Some(content(Severity::Critical, "worse", 8)),
    };
    let touched: Vec<_> = known.values().map(|row| row.finding_id).collect();
    tx.update_sightings(&known.values().map(worse).collect::<Vec<_>>()).await.unwrap();
    tx.refresh_findings(&touched).await.unwrap();
    tx.commit().await.unwrap();
    same("another severity").await;
    let tx = world.store.begin().await.unwrap();
    tx.set_finding_status(&[(ids[0], FindingState::Open, None)]).await.unwrap();
    tx.rollback().await.unwrap();
    same("a write that was taken back").await;
    let tx = world.store.begin().await.unwrap();
    assert!(tx.delete_scan(world.company, scan).await.unwrap());
    tx.commit().await.unwrap();
    same("the deletion of the scan").await;
    assert_eq!(world.store.finding_counts(world.company, &FindingFilter::default()).await.unwrap().total(), 0);
}
