//! What a run changed against another.

use scanhelm_core::finding::delta::Difference;
use scanhelm_core::ids::{RunId, ScanId};
use scanhelm_core::permission::Grant;
use scanhelm_core::{ErrorCode, SeverityCounts};
use scanhelm_hub::scans::{Delta, DeltaQuestion};

use crate::closing::{at, later};
use crate::harness::{Home, Running, on_both_databases};
use crate::upload::REPORT;

async fn upload(hub: &Running, grant: &Grant, name: &str, report: &str) -> (ScanId, RunId) {
    let result = hub.upload(grant, name, report.as_bytes()).await.result.unwrap();
    let scan: ScanId = result["scan_id"].as_str().unwrap().parse().unwrap();
    (scan, hub.hub.scans().runs(grant, scan).await.unwrap()[0].id)
}

async fn delta(hub: &Running, grant: &Grant, scan: ScanId, against: Option<RunId>) -> Delta {
    hub.hub.scans().delta(grant, scan, DeltaQuestion { against, limit: 50, ..DeltaQuestion::default() }).await.unwrap()
}

/// How many of each difference, and that the lists hold what the counts say.
fn sizes(delta: &Delta) -> Vec<(&'static str, u64)> {
    let parts = delta.parts.iter().inspect(|part| {
        let listed: SeverityCounts = part.findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(listed, part.counts, "{:?}", part.difference);
    });
    parts.map(|part| (part.difference.as_str(), part.counts.total())).filter(|(_, total)| *total > 0).collect()
}

on_both_databases! {
    async fn a_run_tells_what_is_new_back_unchanged_fixed_and_out_of_sight(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let (first, first_run) = upload(&hub, &grant, "1", REPORT).await;
        let alone = delta(&hub, &grant, first, None).await;
        assert!(alone.against.is_none());
        let all = alone.parts[0].counts.total();
        assert_eq!(sizes(&alone), [("new", all)]);

        let (second, second_run) = upload(&hub, &grant, "2", &later(1000)).await;
        assert_eq!(sizes(&delta(&hub, &grant, second, Some(first_run)).await), [("unchanged", all - 1), ("fixed", 1)]);

        let (third, third_run) = upload(&hub, &grant, "3", &at(REPORT, 2000)).await;
        let back = delta(&hub, &grant, third, Some(second_run)).await;
        assert_eq!(sizes(&back), [("regressed", 1), ("unchanged", all - 1)]);
        assert_eq!(back.parts[1].difference, Difference::Regressed);
        assert_eq!(back.parts[1].findings[0].cves, ["CVE-2022-3602"]);

        let other_policy = later(3000).replace("Basic", "Web only");
        let (fourth, _) = upload(&hub, &grant, "4", &other_policy).await;
        let unproven = delta(&hub, &grant, fourth, Some(third_run)).await;
        assert_eq!(sizes(&unproven), [("unchanged", all - 1), ("not_seen", 1)]);

        let stranger = hub.company("Globex").await;
        let (own, _) = upload(&hub, &stranger, "1", REPORT).await;
        for (scan, against) in [(first, None), (own, Some(first_run))] {
            let question = DeltaQuestion { against, limit: 50, ..DeltaQuestion::default() };
            let refused = hub.hub.scans().delta(&stranger, scan, question).await.unwrap_err();
            assert_eq!(refused.code, ErrorCode::NotFound);
        }
        hub.stop().await;
    }
}
