//! The pages and counts of the finding queue.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingState, SightingSource};
use scanhelm_core::ids::{FindingId, RunId};
use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_store::{FindingFilter, NewFinding, SightingRow, SightingUpdate};

use crate::fixture::{World, at, content, on_both};
use crate::imports::{a_scan, import};

on_both!(
    every_page_of_every_order_is_what_sorting_all_gives,
    counts_are_those_of_the_rows_after_every_write,
    a_search_finds_what_the_findings_say_now,
);

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
        finding.rating.risk = u8::try_from(number % 13).unwrap();
        finding.rating.due_at = (number % 3 > 0).then(|| at((number % 8) as i64));
        rows.push(finding);
    }
    tx.insert_findings(&rows).await.unwrap();
    tx.commit().await.unwrap();
    let by_title = PageRequest { limit: 500, cursor: None, sort: Sort::parse("title") };
    let by_title = world.store.list_findings(world.company, &FindingFilter::default(), &by_title).await.unwrap().items;
    let titles: Vec<_> = by_title.iter().map(|finding| &finding.title).collect();
    assert!(titles.is_sorted() && titles.len() == ROWS, "{titles:?}");
    let database_order = |id: &FindingId| by_title.iter().position(|finding| finding.id == *id).unwrap();
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
        for order in ["severity", "title", "first_seen_at", "last_seen_at", "risk", "due_at"] {
            wanted.sort_by_key(|finding| {
                let key = match order {
                    "severity" => finding.severity.rank().to_string(),
                    // Then in an order that is the database's own.
                    "title" => format!("{} {:04}", finding.title, database_order(&finding.id)),
                    "first_seen_at" => finding.first_seen_at.to_string(),
                    "risk" => format!("{:03}", finding.rating.risk),
                    "due_at" => finding.rating.due_at.map_or("at no time".to_owned(), |due| due.to_string()),
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
        finding_id: row.finding_id,
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

/// Whatever is written: what is found by a text is what the rows hold, alone and together with other conditions.
async fn a_search_finds_what_the_findings_say_now(world: World) {
    let (scan, run) = a_scan(&world, "one").await;
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    import(&world, &tx, world.company, scan, run, 40).await;
    tx.commit().await.unwrap();
    let all = PageRequest { limit: 500, ..PageRequest::default() };
    let rows = world.store.list_findings(world.company, &FindingFilter::default(), &all).await.unwrap().items;
    let one = rows.iter().find(|row| row.cves.len() == 1).unwrap().clone();
    let found = async |company, filter: FindingFilter| {
        let mut listed = Vec::new();
        for sort in ["-severity", "title", "last_seen_at"] {
            let page = PageRequest { limit: 500, cursor: None, sort: Sort::parse(sort) };
            let found = world.store.list_findings(company, &filter, &page).await.unwrap();
            listed = found.items.into_iter().map(|finding| finding.id).collect();
            listed.sort_unstable();
            assert_eq!(found.total, Some(Total::Exactly(listed.len() as u64)), "{filter:?} by {sort}");
            assert_eq!(world.store.finding_counts(company, &filter).await.unwrap().total(), listed.len() as u64);
            assert_eq!(world.store.finding_ids(company, &filter, 500).await.unwrap(), listed, "{filter:?} by {sort}");
        }
        listed
    };
    let words = |q: &str| FindingFilter { q: Some(q.to_owned()), ..FindingFilter::default() };
    let holding = |q: &str| {
        let holds = |text: &str| text.to_ascii_lowercase().contains(&q.to_ascii_lowercase());
        let mut ids: Vec<_> = rows.iter().filter(|row| holds(&row.title) || holds(&row.cves.join(" "))).collect();
        ids.sort_unstable_by_key(|row| row.id);
        ids.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    for q in [one.title.as_str(), &one.title.to_uppercase(), " cve-1 ", "nothing says this", "%", "'"] {
        assert_eq!(found(world.company, words(q)).await, holding(q.trim()), "{q}");
        assert_eq!(found(world.other, words(q)).await, [], "{q}");
    }
    // A fingerprint from its first digits, but none from its middle.
    assert_eq!(found(world.company, words(&one.fingerprint)).await, [one.id]);
    assert_eq!(found(world.company, words(&one.fingerprint[..16].to_uppercase())).await, [one.id]);
    assert_eq!(found(world.company, words(&one.fingerprint[1..20])).await, []);
    assert_eq!(found(world.other, words(&one.fingerprint)).await, []);
    let cve = FindingFilter { cve: Some(one.cves[0].to_ascii_lowercase()), ..FindingFilter::default() };
    let together = FindingFilter {
        scanner: Some("nessus".to_owned()),
        run_id: Some(run),
        scan_id: Some(scan),
        asset_id: Some(one.asset_id),
        severity: vec![one.severity],
        status: vec![one.status],
        ..cve.clone()
    };
    for filter in [
        &cve,
        &together,
        &FindingFilter { asset_id: None, ..together.clone() },
        &FindingFilter { asset_id: None, cve: None, q: Some(one.fingerprint.clone()), ..together.clone() },
    ] {
        assert_eq!(found(world.company, filter.clone()).await, [one.id], "{filter:?}");
    }
    for nothing in [
        FindingFilter { cve: Some(one.cves[0][1..].to_owned()), ..FindingFilter::default() },
        FindingFilter { scanner: Some("semgrep".to_owned()), ..together.clone() },
        FindingFilter { cwe: Some(9999), ..together.clone() },
        FindingFilter { run_id: Some(RunId::new(&world.ids)), scan_id: None, asset_id: None, ..together },
    ] {
        assert_eq!(found(world.company, nothing.clone()).await, [], "{nothing:?}");
    }
    // The scanner calls it something else from now on.
    let tx = world.store.begin().await.unwrap();
    let known = tx.known_sightings(world.company, &source, &["ref-1".to_owned()]).await.unwrap();
    let (reference, renamed) = known.into_iter().next().unwrap();
    let update = SightingUpdate {
        id: renamed.id,
        finding_id: renamed.finding_id,
        scan_id: scan,
        run_id: run,
        seen_at: at(9),
        replacement: Some(content(Severity::Low, "Another name altogether", 8)),
    };
    tx.update_sightings(&[update]).await.unwrap();
    tx.refresh_findings(&[renamed.finding_id]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(found(world.company, words("another NAME")).await, [renamed.finding_id], "{reference}");
    let old = rows.iter().find(|row| row.id == renamed.finding_id).unwrap().title.clone();
    assert!(!found(world.company, words(&old)).await.contains(&renamed.finding_id));
    // What nobody says any more is forgotten, and nothing else.
    let before = found(world.company, FindingFilter { cwe: Some(79), ..FindingFilter::default() }).await;
    let any = |any_cwe: &'static [u32]| FindingFilter { any_cwe, ..FindingFilter::default() };
    assert_eq!(found(world.company, any(&[7979, 79])).await, before, "one of several");
    assert!(found(world.company, any(&[7, 9, 7979])).await.is_empty(), "whole numbers only");
    let tx = world.store.begin().await.unwrap();
    let mut looked_at = Some(0);
    let mut steps = 0;
    while let Some(after) = looked_at {
        looked_at = tx.prune_finding_texts(world.company, after, 7).await.unwrap();
        steps += 1;
    }
    tx.commit().await.unwrap();
    assert_eq!(steps, 41_usize.div_ceil(7) + 1, "40 findings and what one of them said before");
    assert_eq!(found(world.company, FindingFilter { cwe: Some(79), ..FindingFilter::default() }).await, before);
    let tx = world.store.begin().await.unwrap();
    let of_forty = tx.prune_finding_texts(world.company, 0, 40).await.unwrap();
    assert!(of_forty.is_some());
    assert_eq!(tx.prune_finding_texts(world.company, 0, 41).await.unwrap(), of_forty, "there are no more");
}
