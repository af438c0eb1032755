//! Findings on their way out of the hub.

use std::time::Duration;

use futures::StreamExt;
use scanhelm_core::ErrorCode;
use scanhelm_core::finding::FindingState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_hub::findings::Output;
use scanhelm_store::FindingFilter;
use serde_json::Value;

use crate::closing::later;
use crate::harness::{Home, LOOKS, Running, on_both_databases};
use crate::upload::REPORT;

async fn exported(hub: &Running, grant: &Grant, filter: &FindingFilter, format: Output) -> String {
    let mut export = hub.hub.findings().export(grant, filter, format).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(piece) = export.next().await {
        bytes.extend(piece.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

async fn lines(hub: &Running, grant: &Grant, filter: &FindingFilter) -> Vec<Value> {
    let text = exported(hub, grant, filter, Output::Ndjson).await;
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// So many hosts with the two findings of the report.
fn hosts(count: usize) -> String {
    let start = REPORT.find("<ReportHost").unwrap();
    let end = REPORT.find("</Report>").unwrap();
    let host = &REPORT[start..end];
    let named = |number| host.replace("10.0.0.5", &format!("10.1.{}.{}", number / 250, number % 250));
    let all: String = (0..count).map(named).collect();
    format!("{}{all}{}", &REPORT[..start], &REPORT[end..])
}

on_both_databases! {
    async fn an_export_is_what_the_filter_matches_worst_first_with_its_evidence_and_judgement(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", REPORT.as_bytes()).await;
        let listed = hub.hub.findings().list(&grant, &FindingFilter::default(), &PageRequest::default()).await.unwrap();
        let weak = listed.items.iter().find(|finding| finding.title == "Weak MAC").unwrap();
        hub.hub.findings().transition(&grant, weak.id, FindingState::RiskAccepted, "inside only", None).await.unwrap();

        let all = lines(&hub, &grant, &FindingFilter::default()).await;
        let told: Vec<_> = all.iter().map(|line| (line["title"].as_str().unwrap(), line["hub"]["status"].as_str().unwrap())).collect();
        assert_eq!(told, [("Old OpenSSL", "open"), ("Weak MAC", "risk_accepted")]);
        assert_eq!((&all[0]["description"], &all[0]["scanner"], &all[0]["rule_id"]), (&"d".into(), &"nessus".into(), &"1001".into()));
        assert_eq!(all[0]["asset"]["keys"][0]["value"], "10.0.0.5");
        assert_eq!((&all[1]["hub"]["reason"], &all[1]["hub"]["id"]), (&"inside only".into(), &weak.id.to_string().into()));

        let high = FindingFilter { cve: Some("CVE-2022-3602".to_owned()), ..FindingFilter::default() };
        assert_eq!(lines(&hub, &grant, &high).await, all[..1]);
        assert_eq!(exported(&hub, &grant, &high, Output::Csv).await.lines().count(), 2);
        let nothing = FindingFilter { q: Some("no such thing".to_owned()), ..FindingFilter::default() };
        assert_eq!(exported(&hub, &grant, &nothing, Output::Ndjson).await, "");

        let stranger = hub.company("Globex").await;
        assert_eq!(exported(&hub, &stranger, &FindingFilter::default(), Output::Ndjson).await, "");
        let scan_id = Some(hub.scans(&grant).await[0].id);
        let foreign = FindingFilter { scan_id, ..FindingFilter::default() };
        assert_eq!(exported(&hub, &stranger, &foreign, Output::Ndjson).await, "");
        hub.stop().await;
    }

    /// What the next import fixes, and what it brings, is not in an export that began before.
    async fn an_export_is_of_the_moment_in_which_it_began(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        // More than fits between the database and whoever reads.
        let count = 400;
        let first = hub.upload(&grant, "1", hosts(count).as_bytes()).await.result.unwrap();
        let first = first["scan_id"].as_str().unwrap().parse().unwrap();
        let store = hub.hub.store().clone();
        let all = FindingFilter::default();
        let mut begun = Box::pin(store.exported_findings(grant.company, &all).await.unwrap());
        let mut rows = vec![begun.next().await.unwrap().unwrap()];
        hub.upload(&grant, "2", later(1000).as_bytes()).await;
        hub.upload(&grant, "3", hosts(3).as_bytes()).await;
        hub.hub.scans().delete(&grant, first, false, false).await.unwrap();
        while let Some(row) = begun.next().await {
            rows.push(row.unwrap());
        }
        drop(begun);
        assert_eq!(rows.len(), 2 * count);
        assert!(rows.iter().all(|row| row.finding.status == FindingState::Open));
        assert_eq!(lines(&hub, &grant, &all).await.len(), 7, "two of three hosts each, and one of another");
        hub.stop().await;
    }

    async fn an_export_that_nobody_takes_ends_and_gives_its_place_back(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", hosts(400).as_bytes()).await;
        let filter = FindingFilter::default();
        let begin = async || hub.hub.findings().export(&grant, &filter, Output::Html).await;
        let (first, second) = (begin().await.unwrap(), begin().await.unwrap());
        assert_eq!(begin().await.unwrap_err().code, ErrorCode::RateLimited);
        drop((first, second));
        let mut looks = 0;
        while let Err(error) = begin().await {
            assert_eq!(error.code, ErrorCode::RateLimited);
            looks += 1;
            assert!(looks < LOOKS, "the places never came back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let left = std::fs::read_dir(home.data().join("spool")).unwrap().count();
        assert_eq!(left, 0, "files stayed in the spool");
        hub.stop().await;
    }

    /// A28: what cannot be made is refused, and no file looks like one.
    async fn fm_a28_a_full_or_broken_disk_is_a_refusal_and_not_a_short_file(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", REPORT.as_bytes()).await;
        let spool = home.data().join("spool");
        std::fs::remove_dir(&spool).unwrap();
        std::fs::write(&spool, "in the way").unwrap();
        let refused = hub.hub.findings().export(&grant, &FindingFilter::default(), Output::Csv).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Internal);
        assert!(refused.detail.contains("folder"), "{}", refused.detail);
        std::fs::remove_file(&spool).unwrap();
        assert_eq!(exported(&hub, &grant, &FindingFilter::default(), Output::Csv).await.lines().count(), 3);
        hub.stop().await;
    }
}
