//! The past of every kind of scanner, asked for once.

use std::collections::{BTreeMap, BTreeSet};

use scanhelm_core::capability::Capability;
use scanhelm_core::finding::FindingState;
use scanhelm_core::ids::FindingId;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_core::status::ImportState;
use scanhelm_store::FindingFilter;
use scanhelm_vendor_sim::{ScanSeed, SeedState};

use super::vendors::VENDORS;
use crate::harness::{Home, LOOKS, Running, on_both_databases, seed};

const EARLIER: u32 = 3;

async fn findings(hub: &Running, grant: &Grant) -> BTreeMap<FindingId, FindingState> {
    let page = PageRequest { limit: 500, ..PageRequest::default() };
    let found = hub.hub.findings().list(grant, &FindingFilter::default(), &page).await.unwrap();
    assert_eq!(found.next_cursor, None);
    found.items.into_iter().map(|finding| (finding.id, finding.status)).collect()
}

on_both_databases! {
    /// Every completed run that a vendor still has comes in, once, in its place; what newer runs said stands.
    async fn r109_r110_every_vendors_past_comes_in_once_and_changes_nothing_newer(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        for vendor in VENDORS {
            let grant = hub.company(&vendor.connector.replace('-', "")).await;
            let connected = vendor.connected(&hub, &grant).await;
            let targets = vendor.targets.iter().map(|target| (*target).to_owned()).collect();
            let past = ScanSeed { targets, findings: 30, earlier_runs: EARLIER, ..seed("old", SeedState::Completed) };
            connected.sim.add_scan(past).unwrap();
            hub.sync(&grant).await;
            let name = vendor.name_of("old");
            let now = hub.await_scan(&grant, &name, |scan| {
                scan.import_state == ImportState::Done && scan.counts_known && scan.vendor_finished_at.is_some()
            }).await;
            let before = findings(&hub, &grant).await;
            let runs = hub.hub.scans().runs(&grant, now.id).await.unwrap().len();

            let ordered = hub.hub.integrations().backfill(&grant, connected.integration).await.unwrap();
            let expected = if vendor.offers(Capability::History) { u64::from(EARLIER) } else { 0 };
            assert_eq!((ordered.queued, ordered.complete), (expected, true), "{}", vendor.connector);
            let mut past = Vec::new();
            for _ in 0..LOOKS {
                past = hub.hub.scans().runs(&grant, now.id).await.unwrap();
                if past.iter().all(|run| run.import_state == ImportState::Done) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            assert!(past.iter().all(|run| run.import_state == ImportState::Done), "{past:#?}");
            let total = runs as u32 + expected as u32;
            assert_eq!(past.iter().map(|run| run.number).collect::<Vec<_>>(), (1..=total).rev().collect::<Vec<_>>());
            assert!(past.is_sorted_by(|newer, older| newer.vendor_finished_at > older.vendor_finished_at), "{past:#?}");
            let distinct: BTreeSet<_> = past.iter().map(|run| run.external_run_id.clone()).collect();
            assert_eq!(distinct.len(), past.len());
            // What the vendor handed out of each run is what the run says it holds.
            if vendor.offers(Capability::History) {
                let served = connected.served(&now);
                assert_eq!(served.len(), past.len(), "each run is fetched");
                assert!(served.iter().all(|served| served.times == 1), "and once");
                for run in &past {
                    let served = served.iter().find(|served| Some(&served.run) == run.external_run_id.as_ref());
                    if let Some(served) = served {
                        assert_eq!(run.imported_findings, served.findings.len() as u64, "{}", vendor.connector);
                    }
                }
            }
            let after = hub.scan_named(&grant, &name).await.unwrap();
            assert_eq!(
                (after.run_id, after.external_run_id, after.run_number, after.counts, after.imported_findings),
                (now.run_id, now.external_run_id, total, now.counts, now.imported_findings),
                "the scan shows its latest run"
            );
            let found = findings(&hub, &grant).await;
            for (id, state) in &before {
                assert_eq!(found.get(id), Some(state), "{}: what a newer run said stands", vendor.connector);
            }
            let late: Vec<_> = found.iter().filter(|(id, _)| !before.contains_key(id)).collect();
            assert!(late.iter().all(|(_, state)| **state != FindingState::Open), "{}: {late:?}", vendor.connector);

            let again = hub.hub.integrations().backfill(&grant, connected.integration).await.unwrap();
            assert_eq!((again.queued, again.complete), (0, true), "{}", vendor.connector);
            assert_eq!(findings(&hub, &grant).await, found);
        }
        hub.stop().await;
    }

    /// A report that could not be had is had when it is asked for again, and only then.
    async fn r109_what_failed_before_is_queued_again(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let sim = crate::harness::nessus().await;
        let refusing = sim.fault("status,code=404,op=scans.export".parse().unwrap());
        sim.add_scan(seed("one", SeedState::Completed)).unwrap();
        let integration = hub.connect(&grant, &sim).await;
        hub.await_scan(&grant, "one", |scan| scan.import_state == ImportState::Failed).await;
        sim.clear_fault(refusing);
        let ordered = hub.hub.integrations().backfill(&grant, integration).await.unwrap();
        assert_eq!((ordered.queued, ordered.complete), (1, true));
        let scan = hub.await_scan(&grant, "one", |scan| scan.import_state == ImportState::Done).await;
        assert_eq!((scan.imported_findings, scan.run_number, scan.error), (40, 1, None));
        let again = hub.hub.integrations().backfill(&grant, integration).await.unwrap();
        assert_eq!((again.queued, again.complete), (0, true));
        hub.stop().await;
    }

    /// The past of the others comes in, and its own as soon as the vendor tells it.
    async fn one_scan_that_cannot_be_asked_for_holds_up_no_other(database) {
        let home = Home::new(database);
        let hub = home.start().await;
        let grant = hub.company("Acme").await;
        let sim = crate::harness::nessus().await;
        let names = ["one", "two", "three"];
        let ids = names.map(|name| {
            let past = ScanSeed { earlier_runs: EARLIER, ..seed(name, SeedState::Completed) };
            sim.add_scan(past).unwrap().id
        });
        let integration = hub.connect(&grant, &sim).await;
        for name in names {
            hub.await_imported(&grant, name).await;
        }
        let broken = sim.fault(format!("status,code=503,op=scans.details,path=/scans/{}", ids[0]).parse().unwrap());
        let all = u64::from(EARLIER) * 3;
        let ordered = hub.hub.integrations().backfill(&grant, integration).await.unwrap();
        assert_eq!((ordered.queued, ordered.complete), (all - u64::from(EARLIER), false));
        sim.clear_fault(broken);
        let job = hub.await_job(&grant, ordered.job_id).await;
        assert_eq!(job.result.unwrap()["queued"], all);
        hub.stop().await;
    }
}
