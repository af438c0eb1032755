//! One vendor that takes ten seconds for every answer and one that never gives any: nobody else notices.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::permission::Grant;
use scanhelm_core::status::{ImportState, Status};
use scanhelm_vendor_sim::{SeedState, Sim};

use crate::harness::{Ahead, Home, Running, nessus, on_both_databases, seed};

const PERIOD: Duration = Duration::from_secs(30);
const PERIODS: usize = 4;
const HEALTHY: usize = 3;

/// Of one company each, so that names and rows are apart.
struct Vendor {
    sim: Sim,
    grant: Grant,
}

async fn vendor(hub: &Running, name: &str) -> Vendor {
    let sim = nessus().await;
    sim.add_scan(seed("goes on", SeedState::Running)).unwrap();
    sim.add_scan(seed("done", SeedState::Completed)).unwrap();
    let grant = hub.company(name).await;
    hub.connect(&grant, &sim).await;
    hub.await_imported(&grant, "done").await;
    hub.await_status(&grant, "goes on", Status::Running).await;
    Vendor { sim, grant }
}

fn looks(vendor: &Vendor) -> usize {
    vendor.sim.ledger().requests_of("scans.list")
}

/// In each period a scan ends at each vendor; how many looks each vendor had until all of that was in the hub.
async fn live(hub: &Running, clock: &Ahead, healthy: &[Vendor], phase: &str) -> Vec<usize> {
    let before: Vec<usize> = healthy.iter().map(looks).collect();
    for period in 0..PERIODS {
        let name = format!("{phase} {period}");
        for vendor in healthy {
            vendor.sim.add_scan(seed(&name, SeedState::Completed)).unwrap();
        }
        clock.by(PERIOD);
        for vendor in healthy {
            let scan = hub.await_imported(&vendor.grant, &name).await;
            assert_eq!((scan.import_state, scan.imported_findings), (ImportState::Done, 40));
        }
    }
    healthy.iter().zip(before).map(|(vendor, before)| looks(vendor) - before).collect()
}

on_both_databases! {
    async fn a_slow_and_a_dead_vendor_leave_the_others_lag_as_it_was(database) {
        let clock = Arc::new(Ahead::default());
        let home = Home::new(database);
        let hub = home.start_at(Arc::clone(&clock) as _, |settings| {
            settings.sync.status_interval = PERIOD;
            settings.sync.adoption_interval = PERIOD;
            settings.sync.lease = Duration::from_hours(1);
        }).await;
        let mut healthy = Vec::new();
        for number in 0..HEALTHY {
            healthy.push(vendor(&hub, &format!("Healthy{number}")).await);
        }
        let (slow, dead) = (vendor(&hub, "Slow").await, vendor(&hub, "Dead").await);
        let baseline = live(&hub, &clock, &healthy, "before").await;

        slow.sim.fault("slow,delay_ms=10000".parse().unwrap());
        dead.sim.fault("hang".parse().unwrap());
        for troubled in [&slow, &dead] {
            // Its imports hang as well as its looks.
            let scan = hub.scan_named(&troubled.grant, "done").await.unwrap();
            hub.hub.imports().start(&troubled.grant, scan.id, true).await.unwrap();
        }
        let (slow_before, dead_before) = (looks(&slow), looks(&dead));
        let troubled = live(&hub, &clock, &healthy, "during").await;

        let total = |looks: &[usize]| looks.iter().sum::<usize>();
        assert!(total(&baseline) >= HEALTHY * PERIODS, "{baseline:?}");
        // Nobody is looked at less, and nothing takes more looks to arrive.
        let ratio = total(&troubled) as f64 / total(&baseline) as f64;
        assert!((0.8..=1.2).contains(&ratio), "{baseline:?}, then {troubled:?}");
        // Meanwhile the troubled ones were asked, and did not keep up: there was something to wait for.
        assert!(looks(&slow) - slow_before < PERIODS && looks(&dead) - dead_before < PERIODS);
        let asked = |vendor: &Vendor| vendor.sim.ledger().requests.iter().filter(|one| one.fault.is_some()).count();
        assert!(asked(&slow) > 0 && asked(&dead) > 0);
        // Not stopped in order: that would wait for the calls that hang.
        drop(hub);
    }
}
