//! Tags of catalogues: what a filter finds and what is counted is what the findings show, whoever told it.

use futures::TryStreamExt;
use scanhelm_core::Severity;
use scanhelm_core::compliance::Tag;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::{CompanyId, FindingId};
use scanhelm_core::page::{PageRequest, Sort, Total};
use scanhelm_store::{FindingFilter, NewFinding};

use crate::fixture::{World, content, on_both};
use crate::imports::a_scan;

on_both!(a_filter_by_tag_finds_what_shows_it);

/// Rules that are read, one by each kind of reading, and rules that are not.
const RULES: [(&str, &str); 10] = [
    ("hadolint", "DL3002"),
    ("hadolint", "DL3008"),
    ("trivy", "CVE-2024-1"),
    ("trivy", "xCVE-2024-1"),
    ("trivy", "AWS-0026"),
    ("osv-scanner", "anything"),
    ("checkov", "CKV_AWS_18"),
    ("checkov", "CKV_AWS_1"),
    ("nessus", "DL3002"),
    ("testssl", "cipherlist_NULL"),
];
const CWES: [&[u32]; 5] = [&[], &[79], &[798, 16], &[7979], &[]];

/// A finding and by what it was seen.
type Seen = (NewFinding, Vec<(&'static str, &'static str)>);

/// Findings of every kind of CWEs, each seen by one rule or by two.
async fn seen_by_rules(world: &World, company: CompanyId, scan: &str, count: usize) -> Vec<Seen> {
    let (scan, run) = a_scan(world, scan).await;
    let tx = world.store.begin().await.unwrap();
    let assets = tx.upsert_assets(company, &[world.asset("fqdn:a", 1, 1, "a")]).await.unwrap();
    let (mut seen, mut sightings) = (Vec::new(), Vec::new());
    for number in 0..count {
        let mut finding = world.finding(company, assets["fqdn:a"], &format!("CVE-2024-{number}"), 1);
        finding.cwes = CWES[number / RULES.len() % CWES.len()].to_vec();
        finding.severity = Severity::ALL[number * 7 % Severity::ALL.len()];
        let second = (number % 3 == 0).then(|| RULES[(number / 3) % RULES.len()]);
        let rules: Vec<_> = std::iter::once(RULES[number % RULES.len()]).chain(second).collect();
        for (place, (scanner, rule)) in rules.iter().enumerate() {
            let source = SightingSource::scanner(scanner);
            let mut sighting = world.sighting(&finding, &source, &format!("{number}-{place}"), scan, run, 1);
            sighting.shown = content(finding.severity, &finding.title, 7);
            sighting.shown.scanner = (*scanner).to_owned();
            sighting.shown.rule_id = (*rule).to_owned();
            sightings.push(sighting);
        }
        seen.push((finding, rules));
    }
    let findings: Vec<_> = seen.iter().map(|(finding, _)| finding.clone()).collect();
    tx.insert_findings(&findings).await.unwrap();
    tx.insert_sightings(&sightings).await.unwrap();
    tx.commit().await.unwrap();
    seen
}

/// In the order of ids, by a list in this order, by ids, by counts and by an export; all say the same.
async fn found(world: &World, filter: &FindingFilter, sort: &str) -> Vec<FindingId> {
    let ids = world.store.finding_ids(world.company, filter, 500).await.unwrap();
    let page = PageRequest { limit: 500, cursor: None, sort: Sort::parse(sort) };
    let page = world.store.list_findings(world.company, filter, &page).await.unwrap();
    let mut listed: Vec<_> = page.items.iter().map(|finding| finding.id).collect();
    listed.sort_unstable();
    assert_eq!(listed, ids, "{filter:?} by {sort}");
    assert_eq!(page.total, Some(Total::Exactly(ids.len() as u64)), "{filter:?} by {sort}");
    let counted = world.store.finding_counts(world.company, filter).await.unwrap().total();
    assert_eq!(counted, ids.len() as u64, "{filter:?}");
    let exported = world.store.exported_findings(world.company, filter).await.unwrap();
    let mut exported: Vec<_> = exported.map_ok(|row| row.finding.id).try_collect().await.unwrap();
    exported.sort_unstable();
    assert_eq!(exported, ids, "{filter:?}");
    ids
}

async fn a_filter_by_tag_finds_what_shows_it(world: World) {
    // Somebody else's are neither found nor counted.
    seen_by_rules(&world, world.other, "theirs", 40).await;
    let tags: Vec<Tag> = Tag::all().collect();
    let none = world.store.finding_compliance(world.company, &FindingFilter::default()).await.unwrap();
    assert_eq!(none, tags.iter().map(|tag| (*tag, 0)).collect::<Vec<_>>());
    let seen = seen_by_rules(&world, world.company, "ours", 150).await;
    let grouped = FindingFilter { grouped: true, ..FindingFilter::default() };
    let worst = FindingFilter { severity: vec![Severity::Critical], ..FindingFilter::default() };
    let said = FindingFilter { q: Some("cve-2024-1".to_owned()), ..FindingFilter::default() };
    for around in [FindingFilter::default(), grouped, worst, said] {
        let counted = world.store.finding_compliance(world.company, &around).await.unwrap();
        assert_eq!(counted.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(), tags, "in the order of the catalogues");
        // Of a narrower filter the counts say it for those that are not listed.
        let listed = if around == FindingFilter::default() { 1 } else { 7 };
        for (number, (tag, count)) in counted.into_iter().enumerate() {
            let shows = |(finding, rules): &&Seen| {
                Tag::of(&finding.cwes, rules.iter().copied()).contains(&tag)
                    && (around.severity.is_empty() || around.severity.contains(&finding.severity))
                    && around.q.as_ref().is_none_or(|q| finding.title.to_lowercase().contains(q))
            };
            let mut shown: Vec<_> = seen.iter().filter(shows).map(|(finding, _)| finding.id).collect();
            shown.sort_unstable();
            assert_eq!(count, shown.len() as u64, "{tag} of {around:?}");
            if number % listed > 0 {
                continue;
            }
            let sort = ["-severity", "title", "last_seen_at"][number % 3];
            let filter = FindingFilter { compliance: Some(tag), ..around.clone() };
            assert_eq!(found(&world, &filter, sort).await, shown, "{tag} of {around:?}");
        }
    }
}
