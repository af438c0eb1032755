//! What is forgotten with time, and what never is.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::finding::FindingState;
use scanhelm_core::page::PageRequest;
use scanhelm_core::permission::Grant;
use scanhelm_store::FindingFilter;

use crate::closing::later;
use crate::harness::{Ahead, Home, Running, on_both_databases};
use crate::upload::REPORT;

const DAY: Duration = Duration::from_hours(24);

async fn states(hub: &Running, grant: &Grant) -> Vec<FindingState> {
    let page = PageRequest { limit: 500, ..PageRequest::default() };
    let found = hub.hub.findings().list(grant, &FindingFilter::default(), &page).await.unwrap().items;
    found.into_iter().map(|finding| finding.status).collect()
}

on_both_databases! {
    async fn an_old_upload_goes_but_never_what_is_open(database) {
        let home = Home::new(database);
        let clock = Arc::new(Ahead::default());
        let hub = home.start_at(clock.clone(), |settings| settings.scans_kept = Some(DAY * 30)).await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", REPORT.as_bytes()).await;
        hub.upload(&grant, "2", later(1000).as_bytes()).await;
        let before = states(&hub, &grant).await;
        let open = before.iter().filter(|state| **state == FindingState::Open).count();
        assert!(open > 0 && before.contains(&FindingState::Fixed));

        clock.by(DAY * 29);
        hub.hub.steps().prune().await.unwrap();
        let both = hub.scans(&grant).await;
        assert_eq!(both.len(), 2, "not yet");
        let second = both.iter().map(|scan| scan.id).max().unwrap();
        clock.by(DAY * 2);
        hub.hub.steps().prune().await.unwrap();
        let scans = hub.scans(&grant).await;
        assert_eq!(scans.iter().map(|scan| scan.id).collect::<Vec<_>>(), [second], "what is open rests on it");
        assert_eq!(states(&hub, &grant).await, vec![FindingState::Open; open]);

        // As if somebody had deleted it, by the name of the hub.
        let page = PageRequest::default();
        let audit = hub.hub.accounts().audit_log(&grant, &page).await.unwrap().items;
        let deleted = audit.iter().filter(|entry| entry.action == "scan.delete").count();
        assert_eq!(deleted, 1, "{audit:?}");
        hub.stop().await;
    }

    async fn everything_stays_unless_somebody_says_otherwise(database) {
        let home = Home::new(database);
        let clock = Arc::new(Ahead::default());
        let hub = home.start_at(clock.clone(), |_| {}).await;
        let grant = hub.company("Acme").await;
        hub.upload(&grant, "1", REPORT.as_bytes()).await;
        hub.upload(&grant, "2", later(1000).as_bytes()).await;
        clock.by(DAY * 4000);
        hub.hub.steps().prune().await.unwrap();
        assert_eq!(hub.scans(&grant).await.len(), 2);
        hub.stop().await;
    }
}
