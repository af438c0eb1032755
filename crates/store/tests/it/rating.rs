//! What findings are rated by, and their ratings: feeds are loaded whole or not at all, every change is wanted once, and
//! what is sorted and filtered is what was written.

use scanhelm_core::Timestamp;
use scanhelm_core::asset::Criticality;
use scanhelm_core::feed::{EpssScore, FeedKind, FeedRecord, FeedState, KevEntry, NvdEntry};
use scanhelm_core::finding::sla::SlaPolicy;
use scanhelm_core::finding::{FindingState, Rating};
use scanhelm_core::ids::{AssetId, FindingId};
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::Actor;
use scanhelm_store::{FindingFilter, ReRating};

use crate::fixture::{World, at, on_both};

on_both!(
    a_feed_is_replaced_and_what_it_no_longer_names_is_forgotten,
    an_older_file_of_nvd_changes_nothing_newer,
    findings_are_sorted_and_filtered_by_their_ratings,
    many_are_read_in_the_order_of_an_index_and_few_are_sorted,
    what_comes_closed_has_stopped_its_clock,
    the_clock_stops_once_and_starts_anew_only_after_a_fix,
    criticality_and_policy_have_versions,
    a_wish_to_rate_anew_is_kept_until_a_pass_has_served_it,
    findings_come_in_the_order_of_their_fingerprints,
);

fn epss(cve: &str, score: f64) -> FeedRecord {
    FeedRecord::Epss { cve: cve.to_owned(), score: EpssScore { score, percentile: 0.5 } }
}

fn nvd(cve: &str, vector: &str, second: i64) -> FeedRecord {
    FeedRecord::Nvd(NvdEntry {
        cve: cve.to_owned(),
        vectors: vec![vector.to_owned()],
        cwes: vec![79],
        modified_at: at(second),
    })
}

async fn load(world: &World, kind: FeedKind, records: &[FeedRecord], loading: i64) -> u64 {
    let tx = world.store.begin().await.unwrap();
    tx.write_feed_records(kind, records, loading).await.unwrap();
    let forgotten = if kind.is_whole() { tx.forget_feed_records(kind, loading).await.unwrap() } else { 0 };
    tx.commit().await.unwrap();
    forgotten
}

async fn a_feed_is_replaced_and_what_it_no_longer_names_is_forgotten(world: World) {
    let cves: Vec<String> = (1..=3).map(|number| format!("CVE-2024-000{number}")).collect();
    assert!(world.store.cve_facts(&cves).await.unwrap().is_empty());
    load(&world, FeedKind::Epss, &[epss(&cves[0], 0.1), epss(&cves[1], 0.2), epss(&cves[1], 0.25)], 1).await;
    let kev = KevEntry {
        cve: cves[2].clone(),
        name: "A thing".to_owned(),
        added_at: at(5),
        due_at: Some(at(9)),
        ransomware: true,
    };
    load(&world, FeedKind::Kev, &[FeedRecord::Kev(kev.clone())], 1).await;
    let facts = world.store.cve_facts(&cves).await.unwrap();
    assert_eq!(facts[&cves[1]].epss, Some(EpssScore { score: 0.25, percentile: 0.5 }), "of two the last");
    assert_eq!((facts[&cves[2]].kev.as_ref(), facts[&cves[2]].epss), (Some(&kev), None));
    assert_eq!(load(&world, FeedKind::Epss, &[epss(&cves[1], 0.3)], 2).await, 1);
    let facts = world.store.cve_facts(&cves).await.unwrap();
    assert!(!facts.contains_key(&cves[0]) && facts[&cves[1]].epss.unwrap().score == 0.3);
    assert_eq!(world.store.count_feed(FeedKind::Epss).await.unwrap(), 1);
    let tx = world.store.begin().await.unwrap();
    assert!(tx.write_feed_records(FeedKind::Kev, &[epss(&cves[0], 0.1)], 3).await.is_err(), "another feed's record");
    tx.rollback().await.unwrap();
    load(&world, FeedKind::Cwe, &[FeedRecord::Cwe { id: 79, name: "XSS".to_owned() }], 1).await;
    assert_eq!(world.store.cwe_names(&[79, 80]).await.unwrap(), [(79, "XSS".to_owned())].into());
    let state = FeedState {
        version: Some("v1".to_owned()),
        records: 1,
        attempted_at: Some(at(3)),
        error: Some("cut".to_owned()),
        ..FeedState::empty(FeedKind::Epss)
    };
    let tx = world.store.begin().await.unwrap();
    tx.save_feed(&FeedState::empty(FeedKind::Epss)).await.unwrap();
    tx.save_feed(&state).await.unwrap();
    tx.commit().await.unwrap();
    let feeds = world.store.feeds().await.unwrap();
    assert_eq!((feeds.len(), &feeds[0]), (4, &state));
}

async fn an_older_file_of_nvd_changes_nothing_newer(world: World) {
    let cve = "CVE-2024-0001".to_owned();
    load(&world, FeedKind::Nvd, &[nvd(&cve, "new", 20), nvd(&cve, "older in the same file", 15)], 1).await;
    load(&world, FeedKind::Nvd, &[nvd(&cve, "old", 10)], 2).await;
    let facts = world.store.cve_facts(std::slice::from_ref(&cve)).await.unwrap();
    assert_eq!(facts[&cve].nvd.as_ref().unwrap().vectors, ["new"]);
    load(&world, FeedKind::Nvd, &[nvd(&cve, "newest", 30)], 3).await;
    let facts = world.store.cve_facts(std::slice::from_ref(&cve)).await.unwrap();
    assert_eq!(facts[&cve].nvd.as_ref().unwrap().vectors, ["newest"]);
}

/// An asset with findings of these ratings, in their order.
async fn rated(world: &World, ratings: &[Rating]) -> (AssetId, Vec<FindingId>) {
    let tx = world.store.begin().await.unwrap();
    let rows = [world.asset("fqdn:a", 1, 1, "a")];
    let asset = tx.upsert_assets(world.company, &rows).await.unwrap()["fqdn:a"];
    let findings: Vec<_> = ratings
        .iter()
        .enumerate()
        .map(|(number, rating)| {
            let mut finding = world.finding(world.company, asset, &format!("CVE-2024-100{number}"), 10);
            finding.rating = *rating;
            finding
        })
        .collect();
    tx.insert_findings(&findings).await.unwrap();
    tx.commit().await.unwrap();
    (asset, findings.into_iter().map(|finding| finding.id).collect())
}

async fn findings_are_sorted_and_filtered_by_their_ratings(world: World) {
    let ratings = [
        Rating { risk: 40, epss: None, kev: false, due_at: None },
        Rating { risk: 90, epss: Some(0.9), kev: true, due_at: Some(at(100)) },
        Rating { risk: 90, epss: Some(0.001), kev: false, due_at: Some(at(50)) },
        Rating::default(),
    ];
    let (_, ids) = rated(&world, &ratings).await;
    let listed = async |filter: FindingFilter, sort: &str| -> Vec<usize> {
        let mut found = vec![];
        let mut page = PageRequest { limit: 3, sort: Sort::parse(sort), ..PageRequest::default() };
        loop {
            let part = world.store.list_findings(world.company, &filter, &page).await.unwrap();
            found.extend(part.items.iter().map(|item| ids.iter().position(|id| *id == item.id).unwrap()));
            match part.next_cursor {
                Some(cursor) => page.cursor = Some(cursor),
                None => return found,
            }
        }
    };
    let all = FindingFilter::default;
    assert_eq!(listed(all(), "-risk").await, [2, 1, 0, 3]);
    assert_eq!(listed(all(), "due_at").await, [2, 1, 0, 3], "what is due at no time comes last");
    assert_eq!(listed(FindingFilter { kev: Some(true), ..all() }, "-risk").await, [1]);
    assert_eq!(listed(FindingFilter { kev: Some(false), ..all() }, "-risk").await, [2, 0, 3]);
    assert_eq!(listed(FindingFilter { epss_min: Some(0.001), ..all() }, "-risk").await, [2, 1]);
    assert_eq!(listed(FindingFilter { risk_min: Some(40), ..all() }, "-risk").await, [2, 1, 0]);
    assert_eq!(listed(FindingFilter { due_before: Some(at(100)), ..all() }, "due_at").await, [2]);
    let tx = world.store.begin().await.unwrap();
    tx.set_finding_status(&[(ids[2], FindingState::RiskAccepted, None)]).await.unwrap();
    tx.write_ratings(&[(ids[0], Rating { risk: 99, epss: Some(0.5), kev: true, due_at: Some(at(60)) })]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(listed(FindingFilter { due_before: Some(at(100)), ..all() }, "due_at").await, [0], "waived is not late");
    let changed = world.store.finding(world.company, ids[0]).await.unwrap().unwrap();
    assert_eq!(changed.rating, Rating { risk: 99, epss: Some(0.5), kev: true, due_at: Some(at(60)) });
    assert_eq!(listed(all(), "-risk").await, [0, 2, 1, 3]);
}

/// Whatever the condition and the order, and on either side of what is few: what sorting all that match gives.
async fn many_are_read_in_the_order_of_an_index_and_few_are_sorted(world: World) {
    const MANY: usize = 20_040;
    let ratings: Vec<Rating> = (0..MANY + 60)
        .map(|number| {
            let rated = number < MANY;
            let spread = |most: usize| u8::try_from(number * 7919 % most).unwrap();
            Rating {
                risk: if rated { 20 + spread(80) } else { spread(20) },
                epss: rated.then(|| 0.1 + f64::from(spread(80)) / 100.0),
                kev: rated,
                due_at: rated.then(|| at(i64::from(spread(200)))),
            }
        })
        .collect();
    let (_, ids) = rated(&world, &ratings).await;
    let waived: Vec<_> = ids.iter().step_by(11).map(|id| (*id, FindingState::FalsePositive, None)).collect();
    let tx = world.store.begin().await.unwrap();
    tx.set_finding_status(&waived).await.unwrap();
    tx.commit().await.unwrap();
    // Of equals in the order of their ids, which rise with their numbers.
    let sorted = |key: &dyn Fn(&Rating) -> i64, descending: bool| {
        let mut order: Vec<usize> = (0..ratings.len()).collect();
        order.sort_by_key(|number| (key(&ratings[*number]), *number));
        if descending {
            order.reverse();
        }
        order
    };
    let orders = [
        ("-risk", sorted(&|rating| i64::from(rating.risk), true)),
        ("due_at", sorted(&|rating| rating.due_at.map_or(i64::MAX, Timestamp::as_millis), false)),
        ("-severity", sorted(&|_| 0, true)),
    ];
    let all = FindingFilter::default;
    let filters = [
        all(),
        FindingFilter { kev: Some(true), ..all() },
        FindingFilter { epss_min: Some(0.1), ..all() },
        FindingFilter { epss_min: Some(0.8), ..all() },
        FindingFilter { risk_min: Some(20), ..all() },
        FindingFilter { risk_min: Some(98), ..all() },
        FindingFilter { due_before: Some(at(500)), ..all() },
        FindingFilter { due_before: Some(at(2)), ..all() },
        FindingFilter { kev: Some(true), status: vec![FindingState::FalsePositive], ..all() },
        FindingFilter { risk_min: Some(20), status: vec![FindingState::Open], ..all() },
        FindingFilter { due_before: Some(at(500)), status: vec![FindingState::FalsePositive], ..all() },
    ];
    for filter in filters {
        let wanted = |number: &usize| {
            let rating = &ratings[*number];
            let state = if number.is_multiple_of(11) { FindingState::FalsePositive } else { FindingState::Open };
            filter.kev.is_none_or(|kev| rating.kev == kev)
                && filter.epss_min.is_none_or(|least| rating.epss.is_some_and(|epss| epss >= least))
                && filter.risk_min.is_none_or(|least| rating.risk >= least)
                && filter
                    .due_before
                    .is_none_or(|end| state == FindingState::Open && rating.due_at.is_some_and(|due| due < end))
                && (filter.status.is_empty() || filter.status.contains(&state))
        };
        for (sort, order) in &orders {
            let expected: Vec<_> =
                order.iter().filter(|number| wanted(number)).take(20).map(|number| ids[*number]).collect();
            let page = PageRequest { limit: 20, sort: Sort::parse(sort), ..PageRequest::default() };
            let listed = world.store.list_findings(world.company, &filter, &page).await.unwrap();
            let listed: Vec<_> = listed.items.into_iter().map(|finding| finding.id).collect();
            assert_eq!(listed, expected, "{filter:?} by {sort}");
        }
    }
}

async fn what_comes_closed_has_stopped_its_clock(world: World) {
    let tx = world.store.begin().await.unwrap();
    let asset = tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap()["fqdn:a"];
    for (number, (state, stopped)) in
        [(FindingState::Closed, Some(at(7))), (FindingState::NotSeen, None)].into_iter().enumerate()
    {
        let mut finding = world.finding(world.company, asset, &format!("CVE-2024-200{number}"), 5);
        (finding.status, finding.resolved_at) = (state, Some(at(7)));
        tx.insert_findings(std::slice::from_ref(&finding)).await.unwrap();
        let kept = tx.finding(world.company, finding.id).await.unwrap().unwrap();
        assert_eq!((kept.status, kept.stopped_at), (state, stopped));
    }
    tx.commit().await.unwrap();
}

async fn the_clock_stops_once_and_starts_anew_only_after_a_fix(world: World) {
    let (_, ids) = rated(&world, &[Rating::default()]).await;
    let set = async |state, resolved: Option<i64>| {
        let tx = world.store.begin().await.unwrap();
        tx.set_finding_status(&[(ids[0], state, resolved.map(at))]).await.unwrap();
        tx.commit().await.unwrap();
        let finding = world.store.finding(world.company, ids[0]).await.unwrap().unwrap();
        (finding.stopped_at, finding.reopened_at)
    };
    let seen = async |second| {
        let tx = world.store.begin().await.unwrap();
        tx.restart_clocks(&[(ids[0], at(second))]).await.unwrap();
        tx.commit().await.unwrap();
    };
    assert_eq!(set(FindingState::Fixed, Some(50)).await, (Some(at(50)), None));
    assert_eq!(set(FindingState::VerifiedFixed, Some(90)).await, (Some(at(50)), None), "confirming does not make late");
    seen(120).await;
    assert_eq!(set(FindingState::Open, None).await, (None, Some(at(120))));
    // Neither being closed by a person nor not being seen is a fix.
    for (state, stops) in [(FindingState::Closed, true), (FindingState::NotSeen, false)] {
        assert_eq!(set(state, Some(130)).await, (stops.then_some(at(130)), Some(at(120))));
        seen(140).await;
        assert_eq!(set(FindingState::Open, None).await, (None, Some(at(120))));
    }
}

async fn criticality_and_policy_have_versions(world: World) {
    let (asset, _) = rated(&world, &[]).await;
    let tx = world.store.begin().await.unwrap();
    assert!(tx.set_criticality(world.company, asset, Criticality::Critical, 1).await.unwrap());
    assert!(!tx.set_criticality(world.company, asset, Criticality::Low, 1).await.unwrap());
    assert!(!tx.set_criticality(world.other, asset, Criticality::Low, 2).await.unwrap());
    // What a report says of an asset does not touch what people say.
    tx.upsert_assets(world.company, &[world.asset("fqdn:a", 1, 9, "renamed")]).await.unwrap();
    tx.commit().await.unwrap();
    let known = world.store.asset(world.company, asset).await.unwrap().unwrap();
    assert_eq!((known.criticality, known.version, known.name.as_str()), (Criticality::Critical, 2, "renamed"));
    let critical = world.store.criticality_of(world.company, &[asset]).await.unwrap();
    assert_eq!(critical, [(asset, Criticality::Critical)]);
    assert!(world.store.criticality_of(world.other, &[asset]).await.unwrap().is_empty());

    assert_eq!(world.store.sla_policy(world.company).await.unwrap(), None);
    let policy = SlaPolicy { enabled: true, ..SlaPolicy::default() };
    let put = async |version| {
        let tx = world.store.begin().await.unwrap();
        let put = tx.put_sla_policy(world.company, &policy, Actor::System, at(1), version).await.unwrap();
        tx.commit().await.unwrap();
        put
    };
    assert!(!put(Some(1)).await && put(Some(0)).await && !put(Some(0)).await && put(Some(1)).await && put(None).await);
    let row = world.store.sla_policy(world.company).await.unwrap().unwrap();
    assert_eq!((row.version, row.policy, row.updated_at), (3, policy.clone(), at(1)));
    assert_eq!(world.store.sla_policy(world.other).await.unwrap(), None);
}

async fn a_wish_to_rate_anew_is_kept_until_a_pass_has_served_it(world: World) {
    assert!(world.store.unrated_companies().await.unwrap().is_empty());
    for _ in 0..2 {
        let tx = world.store.begin().await.unwrap();
        tx.want_rating(world.company).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(world.store.unrated_companies().await.unwrap(), [world.company]);
    let under_way = ReRating { wanted: 2, done: 0, pass: 1, position: "abc".to_owned(), rated: 7 };
    let save = async |state: &ReRating| {
        let tx = world.store.begin().await.unwrap();
        tx.save_re_rating(world.company, state).await.unwrap();
        tx.commit().await.unwrap();
    };
    save(&under_way).await;
    assert_eq!(world.store.re_rating(world.company).await.unwrap(), under_way);
    save(&ReRating { done: 1, ..under_way.clone() }).await;
    assert_eq!(world.store.unrated_companies().await.unwrap(), [world.company], "one wish is left");
    save(&ReRating { done: 2, ..under_way }).await;
    assert!(world.store.unrated_companies().await.unwrap().is_empty());
    assert_eq!(world.store.re_rating(world.other).await.unwrap(), ReRating::default());
}

async fn findings_come_in_the_order_of_their_fingerprints(world: World) {
    let (_, ids) =
        rated(&world, &[Rating::default(), Rating { risk: 7, ..Rating::default() }, Rating::default()]).await;
    let mut seen = vec![];
    let mut position = String::new();
    loop {
        let rows = world.store.rated_after(world.company, &position, 2).await.unwrap();
        let Some(last) = rows.last() else { break };
        position.clone_from(&last.fingerprint);
        seen.extend(rows);
    }
    assert!(seen.is_sorted_by_key(|row| row.fingerprint.clone()) && seen.len() == 3);
    let second = seen.iter().find(|row| row.id == ids[1]).unwrap();
    assert_eq!((second.rating.risk, second.cves.as_slice()), (7, &["CVE-2024-1001".to_owned()][..]));
    assert_eq!(world.store.rated(world.company, &ids[..1]).await.unwrap()[0].finding.criticality, Criticality::Normal);
    assert!(world.store.rated_after(world.other, "", 2).await.unwrap().is_empty());
    assert!(world.store.rated(world.other, &ids).await.unwrap().is_empty());
}
