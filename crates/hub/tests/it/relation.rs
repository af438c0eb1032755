//! What several scanners report of one weakness is one row with everybody's evidence, whatever came first.

use std::collections::BTreeSet;

use scanhelm_core::finding::{Finding, FindingState};
use scanhelm_core::page::{PageRequest, Total};
use scanhelm_core::permission::Grant;
use scanhelm_hub::FindingFilter;
use scanhelm_hub::findings::ComparisonOutcome;
use serde_json::Value;

use crate::harness::{Database, Home, Running, on_both_databases};
use crate::report_meaning::same_company;
use crate::said::{report, says};

const HOST: &str = "10.0.0.5";

/// One weakness as four scanners bundle it.
fn four() -> [Value; 4] {
    [
        says("nessus", "1", HOST, 443, &["CVE-2020-0001", "CVE-2020-0002", "CVE-2020-0003"]),
        says("qualys", "2", HOST, 443, &["CVE-2020-0001", "CVE-2020-0002"]),
        says("insightvm", "3", HOST, 443, &["CVE-2020-0001", "CVE-2020-0002", "CVE-2020-0003", "CVE-2020-0004"]),
        says("openvas", "4", HOST, 443, &["CVE-2020-0001", "CVE-2020-0002", "CVE-2020-0004"]),
    ]
}

/// A roll-up that names one of them among twenty, neighbours, and the same on another port.
fn strangers() -> Vec<Value> {
    let many: Vec<String> = (2..22).map(|number| format!("CVE-2020-{number:04}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    vec![
        says("qualys", "roll-up", HOST, 443, &many),
        says("nessus", "roll-up", HOST, 443, &many[4..]),
        says("nessus", "5", HOST, 443, &["CVE-2020-0009"]),
        says("nessus", "1", HOST, 8443, &["CVE-2020-0001", "CVE-2020-0002"]),
        says("nessus", "6", "10.0.0.6", 443, &["CVE-2020-0001", "CVE-2020-0002"]),
    ]
}

async fn listed(hub: &Running, grant: &Grant, filter: FindingFilter) -> Vec<Finding> {
    let page = PageRequest { limit: 500, ..PageRequest::default() };
    let found = hub.hub.findings().list(grant, &filter, &page).await.unwrap();
    assert_eq!(found.total, Some(Total::Exactly(found.items.len() as u64)));
    assert_eq!(hub.hub.findings().counts(grant, &filter).await.unwrap().total(), found.items.len() as u64);
    found.items
}

async fn grouped(hub: &Running, grant: &Grant) -> Vec<Finding> {
    listed(hub, grant, FindingFilter { grouped: true, ..FindingFilter::default() }).await
}

async fn by_rule(hub: &Running, grant: &Grant, title: &str) -> Finding {
    let filter = FindingFilter { q: Some(title.to_owned()), ..FindingFilter::default() };
    listed(hub, grant, filter).await.into_iter().find(|finding| finding.title == title).unwrap()
}

/// All groups as their members' fingerprints, from the dump.
async fn groups(hub: &Running, grant: &Grant) -> Vec<String> {
    let dump = hub.dump(grant).await;
    dump.into_iter().filter(|line| line.split('\t').nth(1) == Some("finding")).collect()
}

on_both_databases! {
    async fn what_four_scanners_report_of_one_weakness_is_one_row_with_four_sightings(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        for (number, record) in four().into_iter().enumerate() {
            hub.upload(&grant, &number.to_string(), &report(&[record])).await;
        }
        hub.upload(&grant, "strangers", &report(&strangers())).await;
        assert_eq!(listed(&hub, &grant, FindingFilter::default()).await.len(), 9);
        let rows = grouped(&hub, &grant).await;
        // The four, the two roll-ups, the single advisory, the other port, the other host.
        assert_eq!(rows.len(), 5, "{rows:#?}");
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let sizes = hub.hub.findings().group_sizes(&grant, &ids).await.unwrap();
        let mut all: Vec<_> = sizes.values().map(|size| (size.findings, size.sightings, size.scanners.join(" "))).collect();
        all.sort();
        assert_eq!(all, [(2, 2, "nessus qualys".to_owned()), (4, 4, "insightvm nessus openvas qualys".to_owned())]);
        let all = listed(&hub, &grant, FindingFilter::default()).await;
        let nessus = all.iter().find(|row| row.title == "nessus 1" && row.cves.len() == 3).unwrap();
        let view = hub.hub.findings().get(&grant, nessus.id).await.unwrap();
        let reasons: BTreeSet<_> =
            view.related.iter().map(|other| (other.rules[0].scanner.as_str(), other.reason.as_str())).collect();
        assert_eq!(
            reasons,
            BTreeSet::from([
                ("insightvm", "both name CVE-2020-0001, CVE-2020-0002, CVE-2020-0003, 3 of the 4 CVEs that either names"),
                ("openvas", "both name CVE-2020-0001, CVE-2020-0002, 2 of the 4 CVEs that either names"),
                ("qualys", "both name CVE-2020-0001, CVE-2020-0002, 2 of the 3 CVEs that either names"),
            ])
        );
        // Fingerprints and evidence stay each finding's own.
        assert_eq!((view.sightings.len(), view.finding.sighting_count), (1, 1));
        let qualys = by_rule(&hub, &grant, "qualys 2").await;
        let compared = hub.hub.findings().compare(&grant, nessus.id, qualys.id).await.unwrap();
        assert_eq!(compared.outcome, ComparisonOutcome::SameWeakness);
        assert!(compared.words.starts_with("They are one weakness at one place: both name"), "{}", compared.words);
        let equal: Vec<_> = compared.parts.iter().filter(|part| part.equal).map(|part| part.part).collect();
        assert_eq!(equal, ["asset", "location", "ordinal"]);
        let advisory = by_rule(&hub, &grant, "nessus 5").await;
        let roll_up = by_rule(&hub, &grant, "qualys roll-up").await;
        let compared = hub.hub.findings().compare(&grant, advisory.id, roll_up.id).await.unwrap();
        assert_eq!(
            (compared.outcome, compared.words.as_str()),
            (
                ComparisonOutcome::Different,
                "They are two: both name CVE-2020-0009, but that is less than half of the 20 CVEs that either names."
            )
        );
        let itself = hub.hub.findings().compare(&grant, nessus.id, nessus.id).await.unwrap();
        assert_eq!(itself.outcome, ComparisonOutcome::SameFinding);
        let stranger = hub.company("Other").await;
        assert!(hub.hub.findings().compare(&stranger, nessus.id, qualys.id).await.is_err());
        assert!(hub.hub.findings().group_sizes(&stranger, &ids).await.unwrap().is_empty());
        hub.stop().await;
    }

    /// The filter holds for the row that is shown: a weakness stays in view as long as one of its findings matches.
    async fn of_a_group_the_strongest_that_matches_is_shown(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "four", &report(&four())).await;
        for scanner in ["nessus", "qualys", "insightvm", "openvas"] {
            let filter = FindingFilter { grouped: true, scanner: Some(scanner.to_owned()), ..FindingFilter::default() };
            let rows = listed(&hub, &grant, filter).await;
            assert_eq!(rows.len(), 1, "{scanner}");
            assert!(rows[0].title.starts_with(scanner), "{scanner}: {}", rows[0].title);
        }
        let shown = grouped(&hub, &grant).await.remove(0);
        hub.hub.findings().transition(&grant, shown.id, FindingState::FalsePositive, "backported", None).await.unwrap();
        let open = FindingFilter { grouped: true, status: vec![FindingState::Open], ..FindingFilter::default() };
        let next = listed(&hub, &grant, open).await;
        assert_eq!(next.len(), 1, "three are still open");
        assert_ne!(next[0].id, shown.id);
        assert_eq!(grouped(&hub, &grant).await[0].id, next[0].id, "what waits for somebody goes first");
        hub.stop().await;
    }

    /// A verdict is on a fingerprint, whatever becomes of the group; who joins later is told of it and stays open.
    async fn verdicts_are_each_findings_own_and_survive_every_change_of_the_group(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let [nessus, qualys, ..] = four();
        hub.upload(&grant, "nessus", &report(std::slice::from_ref(&nessus))).await;
        let judged = by_rule(&hub, &grant, "nessus 1").await;
        hub.hub.findings().transition(&grant, judged.id, FindingState::FalsePositive, "backported", None).await.unwrap();
        hub.upload(&grant, "qualys", &report(std::slice::from_ref(&qualys))).await;
        let later = by_rule(&hub, &grant, "qualys 2").await;
        assert_eq!(later.status, FindingState::Open, "nobody has judged what Qualys says");
        let view = hub.hub.findings().get(&grant, later.id).await.unwrap();
        let told = view.related[0].verdict.as_ref().unwrap();
        assert_eq!((told.state, told.reason.as_deref()), (FindingState::FalsePositive, Some("backported")));
        assert_eq!(grouped(&hub, &grant).await[0].id, later.id, "the open one stands for both");
        let scan = hub.scan_named(&grant, "nessus").await.unwrap();
        hub.hub.scans().delete(&grant, scan.id, false, false).await.unwrap();
        hub.hub.steps().relate_findings().await.unwrap();
        assert!(hub.hub.findings().get(&grant, later.id).await.unwrap().related.is_empty());
        assert!(groups(&hub, &grant).await.iter().all(|line| line.ends_with('\t')), "one alone is no group");
        hub.upload(&grant, "again", &report(&[nessus])).await;
        let again = by_rule(&hub, &grant, "nessus 1").await;
        assert_eq!(again.status, FindingState::FalsePositive);
        assert_eq!(hub.hub.findings().get(&grant, again.id).await.unwrap().related[0].finding.id, later.id);
        hub.stop().await;
    }

    /// What a crash, a deletion or an earlier version left is a condition in the database: any hub that comes by acts.
    async fn an_asset_that_is_due_is_grouped_by_whoever_comes_by(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "four", &report(&four())).await;
        let right = groups(&hub, &grant).await;
        let findings = listed(&hub, &grant, FindingFilter::default()).await;
        hub.stop().await;
        let hub = home.start_resting(std::sync::Arc::new(scanhelm_hub::system::SystemClock), |_| {}).await;
        let transaction = hub.hub.store().begin().await.unwrap();
        transaction.clear_relation_groups(&[findings[0].asset_id]).await.unwrap();
        let long_ago = scanhelm_core::Timestamp::from_seconds(0);
        transaction.mark_relation_due(grant.company, &[findings[0].asset_id], long_ago).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(grouped(&hub, &grant).await.len(), 4);
        assert_eq!(hub.hub.steps().relate_findings().await.unwrap(), 1);
        assert_eq!(hub.hub.steps().relate_findings().await.unwrap(), 0, "done once");
        assert_eq!(groups(&hub, &grant).await, right);
        hub.stop().await;
    }
}

/// Any interleaving and repetition of the imports ends in the same groups.
async fn same_groups_in_any_order(database: Database, orders: usize) {
    let mut runs: Vec<Vec<Value>> = four().into_iter().map(|record| vec![record]).collect();
    let strangers = strangers();
    runs.push(strangers[..2].to_vec());
    runs.push(strangers[2..].to_vec());
    let mut ends = BTreeSet::new();
    for order in 0..orders {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = same_company(&hub).await;
        let mut turn = runs.clone();
        turn.rotate_left(order % runs.len());
        if order >= runs.len() {
            turn.reverse();
        }
        // Some again, in between and at the end.
        turn.insert(3, turn[0].clone());
        turn.push(turn[2].clone());
        for (number, records) in turn.iter().enumerate() {
            hub.upload(&grant, &number.to_string(), &report(records)).await;
        }
        ends.insert(groups(&hub, &grant).await);
        hub.stop().await;
    }
    assert_eq!(ends.len(), 1, "{ends:#?}");
    let marks =
        ends.first().unwrap().iter().filter_map(|line| line.split('\t').next_back()).filter(|group| !group.is_empty());
    assert_eq!(marks.collect::<BTreeSet<_>>().len(), 2, "the four, and the two roll-ups");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_order_ends_in_the_same_groups_on_sqlite() {
    same_groups_in_any_order(Database::Sqlite, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_order_ends_in_the_same_groups_on_postgres() {
    same_groups_in_any_order(Database::Postgres, 3).await;
}
