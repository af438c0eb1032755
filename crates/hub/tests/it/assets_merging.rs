//! Two assets that are one machine: what was found meets, what is reported later lands there, and taking it back leaves
//! everything as if nobody had ever said so.

use scanhelm_core::asset::Asset;
use scanhelm_core::finding::identity::scanner_ref;
use scanhelm_core::finding::suppression::Expression;
use scanhelm_core::finding::{Finding, FindingRecord, FindingState, Location, SightingSource};
use scanhelm_core::ids::{FindingId, ScanId, SuppressionRuleId};
use scanhelm_core::job::Job;
use scanhelm_core::merging::AssetMerge;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::{Grant, Role};
use scanhelm_core::{ErrorCode, Timestamp};
use scanhelm_hub::AssetFilter;
use scanhelm_hub::findings::{Action, OwnerChoice, PolicyChange};
use scanhelm_hub::suppression::NewRule;
use scanhelm_store::FindingFilter;
use serde_json::{Value, json};

use crate::harness::{Home, Running, on_both_databases};
use crate::report_meaning::{self, Host, item};
use crate::said::{report, says, says_of_code, with};
use crate::triage::{member, user};
use crate::upload::REPORT;

const CVE: &[&str] = &["CVE-2014-0160"];
const ONE: &str = "10.0.0.5";
const OTHER: &str = "10.0.0.6";
const THIRD: &str = "10.0.0.7";

async fn asset(hub: &Running, grant: &Grant, address: &str) -> Asset {
    let filter = AssetFilter { q: Some(format!("ip:{address}")), ..AssetFilter::default() };
    let found = hub.hub.assets().list(grant, &filter, &PageRequest::default()).await.unwrap().0.items;
    assert_eq!(found.len(), 1, "{address}");
    found.into_iter().next().unwrap().asset
}

async fn listed(hub: &Running, grant: &Grant) -> usize {
    let page = PageRequest::default();
    hub.hub.assets().list(grant, &AssetFilter::default(), &page).await.unwrap().0.items.len()
}

async fn findings(hub: &Running, grant: &Grant) -> Vec<Finding> {
    hub.hub.findings().list(grant, &FindingFilter::default(), &PageRequest::default()).await.unwrap().items
}

async fn only(hub: &Running, grant: &Grant) -> Finding {
    let found = findings(hub, grant).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

/// The finding on the asset of this address.
async fn on(hub: &Running, grant: &Grant, address: &str) -> Finding {
    let id = asset(hub, grant, address).await.id;
    let found: Vec<_> = findings(hub, grant).await.into_iter().filter(|finding| finding.asset_id == id).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

async fn on_port(hub: &Running, grant: &Grant, address: &str, of: u16) -> Finding {
    let id = asset(hub, grant, address).await.id;
    let is_there = |finding: &Finding| matches!(finding.location, Location::Network { port, .. } if port == of);
    let found = findings(hub, grant).await.into_iter().find(|finding| finding.asset_id == id && is_there(finding));
    found.unwrap_or_else(|| panic!("{address}:{of}"))
}

/// These are all, each with the rule that suppresses it.
async fn assert_suppressed(hub: &Running, grant: &Grant, expected: &[(&str, u16, Option<SuppressionRuleId>)]) {
    assert_eq!(findings(hub, grant).await.len(), expected.len());
    for (address, port, rule) in expected {
        let finding = on_port(hub, grant, address, *port).await;
        let state = if rule.is_some() { FindingState::Suppressed } else { FindingState::Open };
        assert_eq!((finding.status, finding.suppression_rule_id), (state, *rule), "{address}:{port}");
    }
}

fn scan(job: &Job) -> ScanId {
    job.result.as_ref().unwrap()["scan_id"].as_str().unwrap().parse().unwrap()
}

/// What the list of a scan shows.
async fn seen_by(hub: &Running, grant: &Grant, scan: ScanId) -> Vec<FindingId> {
    let filter = FindingFilter { scan_id: Some(scan), ..FindingFilter::default() };
    let listed = hub.hub.findings().list(grant, &filter, &PageRequest::default()).await.unwrap().items;
    let mut ids: Vec<FindingId> = listed.into_iter().map(|finding| finding.id).collect();
    ids.sort_unstable();
    ids
}

async fn merge(hub: &Running, grant: &Grant, into: &str, from: &str) -> AssetMerge {
    let (into, from) = (asset(hub, grant, into).await, asset(hub, grant, from).await);
    hub.hub.assets().merge(grant, into.id, from.id, "one machine", Some(into.version)).await.unwrap()
}

async fn undo(hub: &Running, grant: &Grant, merge: &AssetMerge) {
    hub.hub.assets().undo_merge(grant, merge.id).await.unwrap();
}

async fn judge(hub: &Running, grant: &Grant, finding: &Finding, to: FindingState) {
    hub.hub.findings().transition(grant, finding.id, to, "looked at it", None).await.unwrap();
}

fn heartbleed(scanner: &str, address: &str) -> Value {
    says(scanner, "73412", address, 443, CVE)
}

fn later(record: Value) -> Value {
    with(record, json!({"seen_at": "2026-03-01T00:00:00Z"}))
}

on_both_databases! {
    async fn what_is_reported_of_a_merged_asset_lands_on_the_other(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "one", &report(&[heartbleed("nessus", ONE)])).await;
        hub.upload(&grant, "other", &report(&[says("nessus", "10863", OTHER, 22, &[])])).await;
        let moved = on(&hub, &grant, OTHER).await;
        merge(&hub, &grant, ONE, OTHER).await;
        assert_eq!(listed(&hub, &grant).await, 1);
        let id = asset(&hub, &grant, ONE).await.id;
        let found = findings(&hub, &grant).await;
        assert!(found.iter().all(|finding| finding.asset_id == id) && found.iter().any(|one| one.id == moved.id));
        for scanner in ["nessus", "qualys", "openvas"] {
            let result = hub.upload(&grant, scanner, &report(&[heartbleed(scanner, OTHER)])).await.result.unwrap();
            assert_eq!(result["created"].as_u64(), Some(0), "{scanner}");
        }
        assert_eq!(listed(&hub, &grant).await, 1);
        let met = findings(&hub, &grant).await.into_iter().find(|finding| finding.id != moved.id).unwrap();
        assert_eq!((met.asset_id, met.sighting_count), (id, 4));
        // Whoever reports the one that is gone is told what stands of the finding on the other.
        judge(&hub, &grant, &met, FindingState::FalsePositive).await;
        let reported: FindingRecord = serde_json::from_value(heartbleed("qualys", OTHER)).unwrap();
        let told = hub.hub.findings().standings(&grant, "scanhelm", &[scanner_ref(&reported, 0)]).await.unwrap();
        let told: Vec<_> = told.into_iter().flatten().map(|standing| (standing.finding, standing.status)).collect();
        assert_eq!(told, [(met.id, FindingState::FalsePositive)]);
        hub.stop().await;
    }

    /// One machine was looked at by whoever looked at either of its names, and is listed by that.
    async fn a_merged_asset_is_covered_by_who_covered_either(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        for (scanner, address) in [("openvas", ONE), ("qualys", OTHER)] {
            hub.upload(&grant, scanner, &report(&[says(scanner, "1", address, 22, &[])])).await;
        }
        let tags = [("host-ip", THIRD)];
        let host = Host { tags: &tags, ended: Some(1_700_000_000), items: vec![item(1, 22, 3)] };
        hub.upload(&grant, "third.nessus", &report_meaning::report(&[host])).await;
        let covered = async |address: &str| {
            let id = asset(&hub, &grant, address).await.id;
            let seen = hub.hub.assets().get(&grant, id).await.unwrap().coverage;
            let mut scanners: Vec<_> = seen.into_iter().flat_map(|by| by.scanners).collect();
            scanners.sort();
            scanners
        };
        let by_nessus = async || {
            let filter = AssetFilter { source: Some(SightingSource::scanner("nessus")), ..AssetFilter::default() };
            let listed = hub.hub.assets().list(&grant, &filter, &PageRequest::default()).await.unwrap().0.items;
            listed.into_iter().map(|entry| entry.asset.id).collect::<Vec<_>>()
        };
        let [one, other] = [asset(&hub, &grant, ONE).await.id, asset(&hub, &grant, OTHER).await.id];
        merge(&hub, &grant, OTHER, THIRD).await;
        let outer = merge(&hub, &grant, ONE, OTHER).await;
        assert_eq!(covered(ONE).await, ["nessus", "openvas", "qualys"]);
        assert_eq!(by_nessus().await, [one]);
        undo(&hub, &grant, &outer).await;
        assert_eq!(covered(ONE).await, ["openvas"]);
        assert_eq!(covered(OTHER).await, ["nessus", "qualys"]);
        assert_eq!(by_nessus().await, [other]);
        hub.stop().await;
    }

    /// Whoever owned a finding of either owns it where it is now; apart, each has the owner it was given.
    async fn owners_come_along_and_go_back(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let ann = user(&member(&hub.hub, grant.company, "ann", Role::Analyst).await);
        let bob = user(&member(&hub.hub, grant.company, "bob", Role::Analyst).await);
        for address in [ONE, OTHER] {
            hub.upload(&grant, address, &report(&[heartbleed("nessus", address), says("nessus", "10863", address, 22, &[])])).await;
        }
        let owner = async |address: &str, port: u16| on_port(&hub, &grant, address, port).await.owner_id;
        let give = async |address: &str, port: u16, user| {
            let id = on_port(&hub, &grant, address, port).await.id;
            let action = Action { owner: Some(OwnerChoice::User(user)), ..Action::default() };
            hub.hub.findings().act(&grant, id, action).await.unwrap();
        };
        give(ONE, 443, ann).await;
        give(OTHER, 443, bob).await;
        give(OTHER, 22, bob).await;
        let merged = merge(&hub, &grant, ONE, OTHER).await;
        assert_eq!((owner(ONE, 443).await, owner(ONE, 22).await), (Some(ann), Some(bob)));
        give(ONE, 22, ann).await;
        undo(&hub, &grant, &merged).await;
        assert_eq!((owner(ONE, 443).await, owner(ONE, 22).await), (Some(ann), Some(ann)));
        assert_eq!((owner(OTHER, 443).await, owner(OTHER, 22).await), (Some(bob), Some(bob)));
        hub.stop().await;
    }

    /// Merge, import, undo is import: with findings that meet, that move and that come later, on either asset.
    async fn undoing_leaves_what_imports_would_have_left(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", &report(&[heartbleed("nessus", ONE), says("nessus", "2", ONE, 1, &[])])).await;
        hub.upload(&grant, "2", &report(&[heartbleed("qualys", OTHER), says("nessus", "3", OTHER, 2, &[])])).await;
        let before = hub.dump(&grant).await;
        let ids: Vec<_> = findings(&hub, &grant).await.into_iter().map(|finding| finding.id).collect();
        let said = merge(&hub, &grant, ONE, OTHER).await;
        assert_eq!(findings(&hub, &grant).await.len(), 3);
        undo(&hub, &grant, &said).await;
        assert_eq!(hub.dump(&grant).await, before);
        let mut back: Vec<_> = findings(&hub, &grant).await.into_iter().map(|finding| finding.id).collect();
        back.sort_unstable();
        let mut ids = ids;
        ids.sort_unstable();
        assert_eq!(back, ids, "with their ids");

        let reports = [
            report(&[later(heartbleed("nessus", OTHER)), says("nessus", "4", OTHER, 4, &[])]),
            report(&[says("nessus", "4", ONE, 4, &[]), says("nessus", "3", ONE, 2, &[])]),
            report(&[says("openvas", "5", OTHER, 5, &["CVE-2020-1"]), later(says("nessus", "2", OTHER, 1, &[]))]),
        ];
        let said = merge(&hub, &grant, ONE, OTHER).await;
        for (index, bytes) in reports.iter().enumerate() {
            hub.upload(&grant, &format!("merged {index}"), bytes).await;
        }
        undo(&hub, &grant, &said).await;
        let undone = hub.dump(&grant).await;
        for (index, bytes) in reports.iter().enumerate() {
            let result = hub.upload(&grant, &format!("again {index}"), bytes).await.result.unwrap();
            assert_eq!((result["created"].as_u64(), result["updated"].as_u64()), (Some(0), Some(0)), "{index}");
        }
        assert_eq!(hub.dump(&grant).await, undone);
        let own = |dump: &[String]| {
            let mut rows: Vec<String> = dump
                .iter()
                .filter(|line| line.split('\t').nth(1) == Some("finding"))
                .map(|line| line.split('\t').skip(2).take(8).collect::<Vec<_>>().join("\t"))
                .collect();
            rows.sort_unstable();
            rows
        };
        let plain = hub.company("Plain").await;
        hub.upload(&plain, "1", &report(&[heartbleed("nessus", ONE), says("nessus", "2", ONE, 1, &[])])).await;
        hub.upload(&plain, "2", &report(&[heartbleed("qualys", OTHER), says("nessus", "3", OTHER, 2, &[])])).await;
        for (index, bytes) in reports.iter().enumerate() {
            hub.upload(&plain, &format!("plain {index}"), bytes).await;
        }
        assert_eq!(own(&undone), own(&hub.dump(&plain).await));
        hub.stop().await;
    }

    async fn the_newer_judgement_stands_and_undoing_gives_each_its_own(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", &report(&[heartbleed("nessus", ONE), heartbleed("nessus", OTHER)])).await;
        judge(&hub, &grant, &on(&hub, &grant, ONE).await, FindingState::RiskAccepted).await;
        judge(&hub, &grant, &on(&hub, &grant, OTHER).await, FindingState::FalsePositive).await;
        hub.hub.findings().add_comment(&grant, on(&hub, &grant, OTHER).await.id, "of the other").await.unwrap();
        let said = merge(&hub, &grant, ONE, OTHER).await;
        let met = only(&hub, &grant).await;
        assert_eq!(met.status, FindingState::FalsePositive);
        let comments = hub.hub.findings().comments(&grant, met.id, &PageRequest::default()).await.unwrap();
        assert_eq!(comments.items.len(), 1);
        undo(&hub, &grant, &said).await;
        assert_eq!(on(&hub, &grant, ONE).await.status, FindingState::RiskAccepted);
        assert_eq!(on(&hub, &grant, OTHER).await.status, FindingState::FalsePositive);

        let said = merge(&hub, &grant, ONE, OTHER).await;
        judge(&hub, &grant, &only(&hub, &grant).await, FindingState::Open).await;
        undo(&hub, &grant, &said).await;
        for address in [ONE, OTHER] {
            assert_eq!(on(&hub, &grant, address).await.status, FindingState::Open, "{address}: given during the merge");
        }
        hub.stop().await;
    }

    async fn a_chain_lands_on_its_end_and_comes_apart_from_there(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let all = [ONE, OTHER, THIRD].map(|address| heartbleed("nessus", address));
        hub.upload(&grant, "all", &report(&all)).await;
        let before = hub.dump(&grant).await;
        let first = merge(&hub, &grant, OTHER, THIRD).await;
        let second = merge(&hub, &grant, ONE, OTHER).await;
        hub.upload(&grant, "third", &report(&[heartbleed("qualys", THIRD)])).await;
        assert_eq!((only(&hub, &grant).await.sighting_count, listed(&hub, &grant).await), (4, 1));
        let refused = hub.hub.assets().undo_merge(&grant, first.id).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Conflict);
        undo(&hub, &grant, &second).await;
        assert_eq!(on(&hub, &grant, OTHER).await.sighting_count, 3);
        undo(&hub, &grant, &first).await;
        assert_eq!(on(&hub, &grant, THIRD).await.sighting_count, 2);
        let kept: Vec<_> = hub.dump(&grant).await.into_iter().filter(|line| before.contains(line)).collect();
        assert_eq!(kept.len(), before.len() - 1, "only what qualys saw is new");
        hub.stop().await;
    }

    async fn a_scan_lists_what_it_saw_wherever_that_is_now(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let one = scan(&hub.upload(&grant, "1", &report(&[heartbleed("nessus", ONE)])).await);
        let records = [heartbleed("qualys", OTHER), says("nessus", "3", OTHER, 2, &[])];
        let other = scan(&hub.upload(&grant, "2", &report(&records)).await);
        let before = (seen_by(&hub, &grant, one).await, seen_by(&hub, &grant, other).await);
        assert_eq!((before.0.len(), before.1.len()), (1, 2));
        let said = merge(&hub, &grant, ONE, OTHER).await;
        let merged = (seen_by(&hub, &grant, one).await, seen_by(&hub, &grant, other).await);
        assert_eq!(merged.0, before.0);
        assert!(merged.1.len() == 2 && merged.1.contains(&before.0[0]), "{merged:?}");
        let during = scan(&hub.upload(&grant, "3", &report(&[later(heartbleed("nessus", OTHER))])).await);
        assert_eq!(seen_by(&hub, &grant, during).await, before.0);
        undo(&hub, &grant, &said).await;
        assert_eq!((seen_by(&hub, &grant, one).await, seen_by(&hub, &grant, other).await), before);
        assert_eq!(seen_by(&hub, &grant, during).await, [on_port(&hub, &grant, OTHER, 443).await.id]);
        hub.stop().await;
    }

    async fn rules_suppress_by_the_asset_that_a_finding_is_on(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let rule = NewRule {
            name: "lab".to_owned(),
            expression: Expression { asset_name: Some(OTHER.to_owned()), ..Expression::default() },
            reason: "a lab".to_owned(),
            owner: OwnerChoice::Caller,
            expires_at: Timestamp::from_seconds(4_000_000_000),
            enabled: true,
        };
        let rule = hub.hub.suppression().create(&grant, rule).await.unwrap().rule.id;
        let records = [heartbleed("nessus", ONE), heartbleed("nessus", OTHER), says("nessus", "3", OTHER, 2, &[])];
        hub.upload(&grant, "1", &report(&records)).await;
        let apart = [(ONE, 443, None), (OTHER, 443, Some(rule)), (OTHER, 2, Some(rule))];
        for (into, from, expected) in [
            (ONE, OTHER, [(ONE, 443, None), (ONE, 2, None)]),
            (OTHER, ONE, [(OTHER, 443, Some(rule)), (OTHER, 2, Some(rule))]),
        ] {
            assert_suppressed(&hub, &grant, &apart).await;
            let said = merge(&hub, &grant, into, from).await;
            assert_suppressed(&hub, &grant, &expected).await;
            undo(&hub, &grant, &said).await;
        }
        assert_suppressed(&hub, &grant, &apart).await;
        hub.stop().await;
    }

    /// The limit is for what is moved, not for what is there, and never keeps a merge from being undone.
    async fn a_large_asset_takes_in_a_small_one_and_lets_it_go(database) {
        let home = Home::new(database);
        let hub = home.start_with(|settings| settings.assets.most_merged = 2).await;
        let grant = hub.company("Acme").await;
        let on_ports = |address: &'static str, last: u16| -> Vec<Value> {
            (1..=last).map(|port| says("nessus", "10863", address, port, &[])).collect()
        };
        let records = [on_ports(ONE, 3), on_ports(OTHER, 2)].concat();
        hub.upload(&grant, "1", &report(&records)).await;
        let before = hub.dump(&grant).await;
        let (one, other) = (asset(&hub, &grant, ONE).await, asset(&hub, &grant, OTHER).await);
        let refused = hub.hub.assets().merge(&grant, other.id, one.id, "", None).await.unwrap_err();
        assert!(refused.code == ErrorCode::Conflict && refused.detail.contains("3 findings; at most 2"), "{refused}");
        assert_eq!(hub.dump(&grant).await, before);
        let said = merge(&hub, &grant, ONE, OTHER).await;
        // More than the limit are its own by now.
        hub.upload(&grant, "2", &report(&on_ports(OTHER, 4))).await;
        undo(&hub, &grant, &said).await;
        let count = async |id| findings(&hub, &grant).await.iter().filter(|finding| finding.asset_id == id).count();
        assert_eq!((count(one.id).await, count(other.id).await), (3, 4));
        hub.stop().await;
    }

    /// What is on two addresses of one machine is fixed when it is gone from both.
    async fn a_merged_finding_closes_when_it_is_gone_wherever_it_was_reported(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let of = |address: &str| REPORT.replace("10.0.0.5", address);
        let without = |address: &str| -> String {
            let newer = of(address).replace("1700000600", "1700086400");
            newer.lines().filter(|line| !line.contains("1002")).collect::<Vec<_>>().join("\n")
        };
        for address in [ONE, OTHER] {
            hub.upload(&grant, address, of(address).as_bytes()).await;
        }
        merge(&hub, &grant, ONE, OTHER).await;
        let weak = async || on_port(&hub, &grant, ONE, 22).await;
        assert_eq!((weak().await.status, weak().await.sighting_count), (FindingState::Open, 2));
        let first = hub.upload(&grant, "newer", without(OTHER).as_bytes()).await.result.unwrap();
        assert_eq!((first["fixed"].as_u64(), weak().await.status), (Some(0), FindingState::Open), "{first}");
        let last = hub.upload(&grant, "newer", without(ONE).as_bytes()).await.result.unwrap();
        assert_eq!((last["fixed"].as_u64(), weak().await.status), (Some(1), FindingState::Fixed), "{last}");
        hub.stop().await;
    }

    /// Moving it would leave the request without its finding.
    async fn what_waits_for_approval_is_not_moved(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", &report(&[says("nessus", "1", ONE, 1, &[]), says("nessus", "2", OTHER, 2, &[])])).await;
        let change = PolicyChange { states: Some(vec![FindingState::RiskAccepted]), request_days: Some(7) };
        hub.hub.findings().change_policy(&grant, change, None).await.unwrap();
        let waiting = on(&hub, &grant, OTHER).await;
        judge(&hub, &grant, &waiting, FindingState::RiskAccepted).await;
        let (one, other) = (asset(&hub, &grant, ONE).await, asset(&hub, &grant, OTHER).await);
        let before = hub.dump(&grant).await;
        let refused = hub.hub.assets().merge(&grant, one.id, other.id, "", None).await.unwrap_err();
        assert!(refused.code == ErrorCode::Conflict && refused.detail.contains("waits for a decision"), "{refused}");
        assert_eq!((hub.dump(&grant).await, listed(&hub, &grant).await), (before, 2));
        hub.stop().await;
    }

    async fn what_cannot_be_merged_is_refused_and_others_assets_are_not_found(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let stranger = hub.company("Zenith").await;
        let records =
            [heartbleed("nessus", ONE), heartbleed("nessus", OTHER), says_of_code("semgrep", "eval", "a.py", 1, "eval(x)")];
        hub.upload(&grant, "1", &report(&records)).await;
        hub.upload(&stranger, "1", &report(&[heartbleed("nessus", ONE)])).await;
        let assets = hub.hub.assets();
        let (one, other) = (asset(&hub, &grant, ONE).await, asset(&hub, &grant, OTHER).await);
        let foreign = asset(&hub, &stranger, ONE).await.id;
        let page = PageRequest::default();
        let code = assets.list(&grant, &AssetFilter::default(), &page).await.unwrap().0.items;
        let code = code.into_iter().find(|entry| entry.asset.kind != one.kind).unwrap().asset.id;
        for (into, from, expected) in [
            (one.id, one.id, ErrorCode::Conflict),
            (one.id, code, ErrorCode::Conflict),
            (one.id, foreign, ErrorCode::InvalidInput),
            (foreign, one.id, ErrorCode::NotFound),
        ] {
            assert_eq!(assets.merge(&grant, into, from, "", None).await.unwrap_err().code, expected);
        }
        let stale = assets.merge(&grant, one.id, other.id, "", Some(one.version + 1)).await.unwrap_err();
        assert_eq!(stale.code, ErrorCode::StaleVersion);
        let said = merge(&hub, &grant, ONE, OTHER).await;
        assert_eq!(assets.merge(&grant, other.id, one.id, "", None).await.unwrap_err().code, ErrorCode::Conflict);
        assert_eq!(assets.undo_merge(&stranger, said.id).await.unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(assets.merges(&stranger, one.id).await.unwrap_err().code, ErrorCode::NotFound);
        undo(&hub, &grant, &said).await;
        assert_eq!(assets.undo_merge(&grant, said.id).await.unwrap_err().code, ErrorCode::Conflict);
        let told = assets.merges(&grant, one.id).await.unwrap();
        assert!(told.len() == 1 && told[0].undone.is_some() && told[0].absorbed_identity() == other.identity);
        hub.stop().await;
    }
}
