//! Suppression rules, and findings as they see them.

use scanhelm_core::finding::suppression::{Expression, Rule};
use scanhelm_core::finding::{FindingState, SightingSource, SightingState};
use scanhelm_core::ids::{SuppressionRuleId, UserId};
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::permission::Actor;
use scanhelm_core::{ErrorCode, Ids};
use scanhelm_store::FindingFilter;

use crate::fixture::{World, at, on_both};

on_both!(rules_are_kept_listed_and_lapse, findings_are_looked_up_for_rules_and_name_the_one_that_suppresses_them);

fn rule(world: &World, name: &str, second: i64) -> Rule {
    Rule {
        id: SuppressionRuleId::new(&world.ids),
        company_id: world.company,
        name: name.to_owned(),
        expression: Expression { rules: vec!["10*".to_owned()], ..Expression::default() },
        reason: "a lab".to_owned(),
        owner_id: UserId(world.ids.next()),
        expires_at: at(second + 100),
        enabled: true,
        pending: false,
        changed_by: None,
        approved_by: Some(Actor::System),
        approved_at: Some(at(second)),
        created_by: Actor::System,
        created_at: at(second),
        updated_at: at(second),
        version: 1,
    }
}

async fn rules_are_kept_listed_and_lapse(world: World) {
    let (mut newer, older) = (rule(&world, "Newer", 5), rule(&world, "Older", 1));
    let waiting = Rule { pending: true, ..rule(&world, "Waiting", 2) };
    let tx = world.store.begin().await.unwrap();
    for rule in [&newer, &older, &waiting] {
        tx.insert_suppression_rule(rule).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(world.store.suppression_rule(world.company, newer.id).await.unwrap(), Some(newer.clone()));
    assert_eq!(world.store.suppression_rule(world.other, newer.id).await.unwrap(), None);
    let page = PageRequest { sort: Sort::parse("name"), ..PageRequest::default() };
    let names = async |company| {
        let rules = world.store.suppression_rules(company, &page).await.unwrap().items;
        rules.into_iter().map(|rule| rule.name).collect::<Vec<_>>()
    };
    assert_eq!(names(world.company).await, ["Newer", "Older", "Waiting"]);
    assert!(names(world.other).await.is_empty());
    let active = world.store.active_suppression_rules(world.company, at(10)).await.unwrap();
    assert_eq!(active.iter().map(|rule| rule.id).collect::<Vec<_>>(), [older.id, newer.id]);

    let tx = world.store.begin().await.unwrap();
    let taken = Rule { name: "Older".to_owned(), ..rule(&world, "", 9) };
    assert_eq!(tx.insert_suppression_rule(&taken).await.unwrap_err().code, ErrorCode::Conflict);
    drop(tx);
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.lapse_suppression_rules(world.company, at(101)).await.unwrap(), [older]);
    assert!(tx.lapse_suppression_rules(world.company, at(101)).await.unwrap().is_empty());
    newer.enabled = false;
    assert_eq!(tx.update_suppression_rule(&newer, 1).await.unwrap(), 2);
    assert_eq!(tx.update_suppression_rule(&newer, 1).await.unwrap_err().code, ErrorCode::StaleVersion);
    assert!(!tx.delete_suppression_rule(world.other, waiting.id).await.unwrap());
    assert!(tx.delete_suppression_rule(world.company, waiting.id).await.unwrap());
    tx.commit().await.unwrap();
    assert!(world.store.companies_with_lapsed_rules(at(101)).await.unwrap().is_empty());
    assert_eq!(world.store.companies_with_lapsed_rules(at(105)).await.unwrap(), [world.company]);
    assert!(world.store.active_suppression_rules(world.company, at(10)).await.unwrap().len() == 1);
}

async fn findings_are_looked_up_for_rules_and_name_the_one_that_suppresses_them(world: World) {
    let mut scan = world.stored_scan("weekly", 0).await;
    let run = world.stored_run(&mut scan).await;
    let source = SightingSource::scanner("nessus");
    let tx = world.store.begin().await.unwrap();
    let asset = world.asset("fqdn:web.acme.test", 1, 1, "web.acme.test");
    let assets = tx.upsert_assets(world.company, std::slice::from_ref(&asset)).await.unwrap();
    let findings: Vec<_> = ["CVE-2021-0001", "CVE-2021-0002", "CVE-2021-0003"]
        .iter()
        .map(|cve| world.finding(world.company, assets[&asset.identity], cve, 1))
        .collect();
    tx.insert_findings(&findings).await.unwrap();
    let sightings: Vec<_> = findings
        .iter()
        .map(|finding| world.sighting(finding, &source, &finding.fingerprint, scan.id, run, 1))
        .collect();
    tx.insert_sightings(&sightings).await.unwrap();
    tx.set_sighting_state(&[(sightings[1].id, SightingState::Fixed, None)]).await.unwrap();
    tx.set_finding_status(&[(findings[2].id, FindingState::InProgress, None)]).await.unwrap();
    let rule = rule(&world, "Lab", 1);
    tx.insert_suppression_rule(&rule).await.unwrap();
    tx.set_finding_status(&[(findings[0].id, FindingState::Suppressed, None)]).await.unwrap();
    tx.name_suppressing(&[(findings[0].id, rule.id)]).await.unwrap();
    tx.commit().await.unwrap();

    let asked = [findings[2].fingerprint.clone(), "unknown".to_owned(), findings[0].fingerprint.clone()];
    let by_reference = async |company, source| {
        let known = world.store.findings_by_reference(company, source, &asked).await.unwrap();
        asked.each_ref().map(|reference| known.get(reference).copied())
    };
    let found = [Some(findings[2].id), None, Some(findings[0].id)];
    assert_eq!(by_reference(world.company, &source).await, found);
    assert_eq!(by_reference(world.other, &source).await, [None; 3]);
    assert_eq!(by_reference(world.company, &SightingSource::scanner("nmap")).await, [None; 3]);

    let ids: Vec<_> = findings.iter().map(|finding| finding.id).collect();
    let mut rows = world.store.suppressible(world.company, &ids).await.unwrap();
    rows.sort_by_key(|row| row.id);
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), ids[..2], "nobody asks about work under way");
    assert_eq!((rows[0].status, rows[0].rule), (FindingState::Suppressed, Some(rule.id)));
    assert_eq!(rows[0].subject.seen_by, [("nessus".to_owned(), "10863".to_owned())]);
    assert_eq!(rows[0].subject.asset_name, "web.acme.test");
    assert!(rows[1].subject.seen_by.is_empty() && rows[1].sightings == [SightingState::Fixed]);
    assert!(world.store.suppressible(world.other, &ids).await.unwrap().is_empty());
    let mut walked = Vec::new();
    let mut position = String::new();
    while let Some(row) = world.store.suppressible_after(world.company, &position, 1).await.unwrap().pop() {
        position.clone_from(&row.fingerprint);
        walked.push(row.id);
    }
    walked.sort_unstable();
    assert_eq!(walked, ids[..2]);

    assert_eq!(world.store.suppressed_by(world.company, &[rule.id]).await.unwrap()[&rule.id], 1);
    let shown = world.store.finding(world.company, ids[0]).await.unwrap().unwrap();
    assert_eq!((shown.status, shown.suppression_rule_id), (FindingState::Suppressed, Some(rule.id)));
    let open = FindingFilter { status: vec![FindingState::Open], ..FindingFilter::default() };
    assert_eq!(world.store.finding_counts(world.company, &open).await.unwrap().total(), 1);
    let hidden = FindingFilter { status: vec![FindingState::Suppressed], ..FindingFilter::default() };
    let listed = world.store.list_findings(world.company, &hidden, &PageRequest::default()).await.unwrap();
    assert_eq!(listed.items.iter().map(|finding| finding.id).collect::<Vec<_>>(), ids[..1]);

    // Any other state forgets the rule; another name of the asset is something to match by.
    let tx = world.store.begin().await.unwrap();
    tx.set_finding_status(&[(ids[0], FindingState::Open, None)]).await.unwrap();
    tx.upsert_assets(world.company, std::slice::from_ref(&asset)).await.unwrap();
    assert_eq!(tx.suppression_pass(world.company).await.unwrap().wanted, 0);
    let renamed = world.asset("fqdn:web.acme.test", 2, 2, "shop.acme.test");
    tx.upsert_assets(world.company, &[renamed]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(world.store.suppressed_by(world.company, &[rule.id]).await.unwrap().is_empty());
    assert_eq!(world.store.unmatched_companies().await.unwrap(), [world.company]);
}
