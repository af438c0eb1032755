//! Much of everything from one vendor does not make the others wait (C20). What stands in a list of 100,000 scans, and
//! a report of 250,000 findings (C19), are tested where they cost what they cost: in the store and in the formats.

use std::time::{Duration, Instant};

use scanhelm_core::page::{PageRequest, Total};
use scanhelm_hub::ScanFilter;
use scanhelm_vendor_sim::{ScanSeed, SeedState};

use crate::harness::{Home, LOOKS, nessus, on_both_databases, seed};

const MANY: usize = 300;
const CROWD: usize = 30;

on_both_databases! {
    /// However long the list: one call a look, everything in it adopted once, and pages are answered meanwhile.
    async fn a_long_list_is_one_call_and_the_hub_stays_responsive(database) {
        let sim = nessus().await;
        for number in 0..MANY {
            sim.add_scan(ScanSeed { hosts: 1, findings: 0, ..seed(&format!("scan {number:04}"), SeedState::Empty) }).unwrap();
        }
        let home = Home::new(database);
        let hub = home.start_with(|settings| settings.sync.details_per_look = 5).await;
        let grant = hub.company("Acme").await;
        hub.connect(&grant, &sim).await;
        let mut slowest = Duration::ZERO;
        let mut adopted = Total::Exactly(0);
        for _ in 0..LOOKS {
            let begun = Instant::now();
            let page = PageRequest { limit: 50, ..PageRequest::default() };
            let listed = hub.hub.scans().list(&grant, &ScanFilter::default(), &page).await.unwrap();
            slowest = slowest.max(begun.elapsed());
            adopted = listed.total.unwrap();
            if adopted == Total::Exactly(MANY as u64) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(adopted, Total::Exactly(MANY as u64));
        assert!(slowest < Duration::from_secs(5), "a page took {slowest:?} while the list was taken in");
        hub.sync(&grant).await;
        let ledger = sim.ledger();
        let calls = |operation: &str| ledger.requests.iter().filter(|request| request.operation == operation).count();
        let lists = calls("scans.list");
        assert!(calls("scans.details") <= 6 * lists + 6, "{} details at {lists} lists", calls("scans.details"));
        let count = hub.hub.scans().list(&grant, &ScanFilter::default(), &PageRequest::default()).await.unwrap().total;
        assert_eq!(count, Some(Total::Exactly(MANY as u64)));
        hub.stop().await;
    }

    /// One vendor completes very many scans at once; another's few are imported while the many still wait.
    async fn fm_c20_many_completions_of_one_vendor_starve_no_other(database) {
        let crowded = nessus().await;
        for number in 0..CROWD {
            crowded
                .add_scan(ScanSeed { hosts: 1, findings: 5, ..seed(&format!("crowd {number:02}"), SeedState::Completed) })
                .unwrap();
        }
        let quiet = nessus().await;
        let home = Home::new(database);
        let hub = home.start().await;
        let (many, few) = (hub.company("Many").await, hub.company("Few").await);
        hub.connect(&few, &quiet).await;
        hub.connect(&many, &crowded).await;
        for _ in 0..LOOKS {
            if hub.scans(&many).await.len() == CROWD {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for name in ["first", "second"] {
            quiet.add_scan(ScanSeed { hosts: 1, findings: 5, ..seed(name, SeedState::Completed) }).unwrap();
        }
        hub.await_imported(&few, "first").await;
        hub.await_imported(&few, "second").await;
        let waiting = hub.scans(&many).await.iter().filter(|scan| !scan.import_state.is_finished()).count();
        assert!(waiting > 0, "the few came only after all of the many");
        hub.stop().await;
    }
}
