//! Absent is not fixed; late history changes nothing newer.

use scanhelm_core::finding::FindingState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_store::FindingFilter;

use crate::harness::{Home, Running, on_both_databases};
use crate::upload::REPORT;

/// The lab report as of another time, without the OpenSSL item.
pub(crate) fn later(second: u32) -> String {
    let start = REPORT.find("<ReportItem port=\"443\"").unwrap();
    let end = start + REPORT[start..].find("</ReportItem>").unwrap() + "</ReportItem>\n".len();
    let mut text = REPORT.to_owned();
    text.replace_range(start..end, "");
    at(&text, second)
}

pub(crate) fn at(text: &str, second: u32) -> String {
    text.replace("1700000600", &format!("{}", 1_700_000_600 + second))
}

async fn state_of(hub: &Running, grant: &Grant, cve: &str) -> FindingState {
    let filter = FindingFilter { cve: Some(cve.to_owned()), ..FindingFilter::default() };
    let found = hub.hub.findings().list(grant, &filter, &PageRequest::default()).await.unwrap();
    assert_eq!(found.items.len(), 1);
    found.items[0].status
}

const CVE: &str = "CVE-2022-3602";

on_both_databases! {
    async fn a_covering_run_without_it_fixes_it_and_a_newer_sight_reopens(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", REPORT.as_bytes()).await;
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::Open);
        let result = hub.upload(&grant, "2", later(1000).as_bytes()).await.result.unwrap();
        assert_eq!(result["fixed"].as_u64(), Some(1));
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::Fixed);
        let result = hub.upload(&grant, "3", at(REPORT, 2000).as_bytes()).await.result.unwrap();
        assert_eq!(result["reopened"].as_u64(), Some(1));
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::Open);
        hub.stop().await;
    }

    /// The finding may be the very record that could not be read.
    async fn a_run_with_records_set_aside_fixes_nothing_and_a_whole_one_does(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", REPORT.as_bytes()).await;
        let spoilt = at(REPORT, 1000).replacen("<ReportItem port=\"443\"", "<ReportItem port=\"none\"", 1);
        let result = hub.upload(&grant, "2", spoilt.as_bytes()).await.result.unwrap();
        assert_eq!((result["quarantined_total"].as_u64(), result["fixed"].as_u64()), (Some(1), Some(0)));
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::NotSeen);
        let result = hub.upload(&grant, "3", later(2000).as_bytes()).await.result.unwrap();
        assert_eq!(result["fixed"].as_u64(), Some(1));
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::Fixed);
        hub.stop().await;
    }

    async fn history_that_arrives_late_neither_reopens_nor_closes(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "new", later(1000).as_bytes()).await;
        hub.upload(&grant, "old", REPORT.as_bytes()).await;
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::Fixed);
        hub.stop().await;
    }

    async fn another_policy_or_no_login_proves_nothing(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", REPORT.as_bytes()).await;
        let other_policy = later(1000).replace("Basic", "Web only");
        let result = hub.upload(&grant, "2", other_policy.as_bytes()).await.result.unwrap();
        assert_eq!((result["fixed"].as_u64(), result["not_seen"].as_u64()), (Some(0), Some(1)));
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::NotSeen);
        hub.stop().await;
    }

    async fn a_verdict_outlives_scans_and_newer_sights(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", REPORT.as_bytes()).await;
        let filter = FindingFilter { cve: Some(CVE.to_owned()), ..FindingFilter::default() };
        let found = hub.hub.findings().list(&grant, &filter, &PageRequest::default()).await.unwrap();
        let id = found.items[0].id;
        hub.hub.findings().transition(&grant, id, FindingState::FalsePositive, "backported", None).await.unwrap();
        hub.upload(&grant, "2", at(REPORT, 2000).as_bytes()).await;
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::FalsePositive);
        for scan in hub.scans(&grant).await {
            hub.hub.scans().delete(&grant, scan.id, false, false).await.unwrap();
        }
        assert!(hub.dump(&grant).await.is_empty());
        hub.upload(&grant, "3", at(REPORT, 3000).as_bytes()).await;
        assert_eq!(state_of(&hub, &grant, CVE).await, FindingState::FalsePositive);
        hub.stop().await;
    }
}
