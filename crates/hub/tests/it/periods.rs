//! The periods of the loops, with the product's own numbers: 30 seconds and 5 minutes. The loops rest; the test takes
//! their steps on a clock that it moves, so that what happens in a period happens neither sooner nor by luck.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use scanhelm_core::Clock;
use scanhelm_core::permission::Grant;
use scanhelm_core::scan::{Origin, Scan};
use scanhelm_core::status::{Status, VendorState};
use scanhelm_hub::Settings;
use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim};
use serde_json::json;

use crate::estate::vendors::all;
use crate::harness::{Database, HandClock, Home, Running, nessus, on_both_databases, seed};

const STATUS: u64 = 30;
const ADOPTION: u64 = 5 * 60;

struct Stage {
    home: Home,
    clock: Arc<HandClock>,
    hub: Running,
    grant: Grant,
}

impl Stage {
    async fn new(database: Database) -> Self {
        let home = Home::new(database);
        let clock = HandClock::at("2026-03-01T00:00:00Z");
        let product = Settings::new(home.data().to_owned()).sync;
        assert_eq!(product.status_interval, Duration::from_secs(STATUS));
        assert_eq!(product.adoption_interval, Duration::from_secs(ADOPTION));
        assert_eq!(product.backfill_interval, Duration::from_secs(ADOPTION));
        let resting = Arc::clone(&clock) as Arc<dyn Clock>;
        let hub = home.start_resting(resting, |settings| settings.sync = product).await;
        let grant = hub.company("Acme").await;
        Self { home, clock, hub, grant }
    }

    /// Time passes, here and at the vendors; then all looks that are due are taken, side by side. How many were.
    async fn after(&self, sims: &[&Sim], seconds: u64) -> usize {
        self.clock.advance(Duration::from_secs(seconds));
        sims.iter().for_each(|sim| sim.advance(Duration::from_secs(seconds)));
        let due = self.hub.hub.steps().due_looks().await.unwrap();
        let looks = due.len();
        join_all(due.into_iter().map(scanhelm_hub::reconcile::DueLook::take)).await;
        looks
    }

    async fn scan(&self, name: &str) -> Scan {
        self.hub.scan_named(&self.grant, name).await.unwrap_or_else(|| panic!("{name} is not there"))
    }

    async fn end(self) {
        self.hub.stop().await;
        drop(self.home);
    }
}

on_both_databases! {
    async fn r70_status_progress_and_counts_are_fresh_every_thirty_seconds(database) {
        let stage = Stage::new(database).await;
        let sim = nessus().await;
        let running = ScanSeed { findings: 300, duration_s: 300, progress_percent: 20, ..seed("sweep", SeedState::Running) };
        let truth = sim.add_scan(running).unwrap();
        stage.hub.connect(&stage.grant, &sim).await;
        assert_eq!(stage.after(&[&sim], 0).await, 1);
        let mut before = stage.scan("sweep").await;
        assert_eq!(before.status(), Status::Running);
        // Never more often than the period and a tenth for spreading, as long as no end is near.
        assert_eq!(stage.after(&[&sim], 26).await, 0, "asked too early");
        assert_eq!(stage.after(&[&sim], 4).await, 1);
        for tick in 1..=3 {
            let now = stage.scan("sweep").await;
            assert_eq!(now.last_observed_at, Some(stage.clock.now()), "tick {tick}");
            assert!(now.progress > before.progress, "{:?} {:?}", now.progress, before.progress);
            assert!(now.counts.total() > before.counts.total(), "{:?}", now.counts);
            let run = now.external_run_id.clone().unwrap();
            let shown = sim.findings(&truth.id, &run).unwrap();
            let at_vendor = |word: &str| shown.iter().filter(|finding| finding.severity == word).count() as u64;
            let counts = now.counts;
            let expected = ["critical", "high", "medium", "low", "info"].map(at_vendor);
            assert_eq!([counts.critical, counts.high, counts.medium, counts.low, counts.info], expected);
            before = now;
            assert_eq!(stage.after(&[&sim], STATUS).await, 1);
        }
        sim.advance(Duration::from_secs(600));
        assert_eq!(stage.after(&[&sim], STATUS).await, 1);
        let done = stage.scan("sweep").await;
        assert_eq!((done.status(), done.progress), (Status::Completed, Some(100.0)), "a period after its end at most");
        stage.end().await;
    }

    /// Looked at in one instant, and not again in one: each rests a little differently, and never beyond its period.
    async fn r70_many_integrations_do_not_march_in_step(database) {
        const VENDORS: usize = 10;
        let stage = Stage::new(database).await;
        let mut sims = Vec::new();
        for _ in 0..VENDORS {
            let sim = nessus().await;
            sim.add_scan(ScanSeed { duration_s: 360_000, ..seed("long", SeedState::Running) }).unwrap();
            stage.hub.connect(&stage.grant, &sim).await;
            sims.push(sim);
        }
        let sims: Vec<&Sim> = sims.iter().collect();
        assert_eq!(stage.after(&sims, 0).await, VENDORS);
        let integrations = stage.hub.hub.integrations().list(&stage.grant).await.unwrap();
        let now = stage.clock.now();
        let mut rests: Vec<u64> = integrations
            .iter()
            .map(|one| u64::try_from(one.health.next_poll_at.unwrap().since(now).as_millis()).unwrap())
            .collect();
        rests.sort_unstable();
        let period = STATUS * 1000;
        assert!(rests[0] >= period * 88 / 100 && rests[VENDORS - 1] <= period * 95 / 100, "{rests:?}");
        let distinct: std::collections::BTreeSet<u64> = rests.iter().copied().collect();
        assert!(distinct.len() >= VENDORS / 2, "in step: {rests:?}");
        // At the time of the one in the middle those before it are due, and the others are not.
        let middle = rests[VENDORS / 2 - 1];
        stage.clock.advance(Duration::from_millis(middle));
        let due = stage.hub.hub.steps().due_looks().await.unwrap();
        assert_eq!(due.len(), rests.iter().filter(|rest| **rest <= middle).count(), "{rests:?}");
        assert!(due.len() < VENDORS, "{rests:?}");
        drop(due);
        stage.end().await;
    }

    async fn r71_a_new_scan_is_adopted_at_the_sweep_every_five_minutes(database) {
        let stage = Stage::new(database).await;
        let sim = nessus().await;
        let long = |name: &str| ScanSeed { duration_s: 360_000, ..seed(name, SeedState::Running) };
        sim.add_scan(long("long")).unwrap();
        stage.hub.connect(&stage.grant, &sim).await;
        assert_eq!(stage.after(&[&sim], 0).await, 1);
        for round in 0..2 {
            let name = format!("newcomer {round}");
            sim.add_scan(long(&name)).unwrap();
            for _ in 1..ADOPTION / STATUS {
                assert_eq!(stage.after(&[&sim], STATUS).await, 1);
                assert_eq!(stage.hub.scan_named(&stage.grant, &name).await, None, "a status look adopts nothing");
            }
            assert_eq!(stage.after(&[&sim], STATUS).await, 1);
            let adopted = stage.scan(&name).await;
            assert_eq!((adopted.origin, adopted.status()), (Origin::Adopted, Status::Running));
        }
        stage.end().await;
    }

    /// A row of which only the list is known is completed; a vendor that does not tell is not asked at every tick.
    async fn r72_missing_details_are_asked_for_again_every_five_minutes(database) {
        let stage = Stage::new(database).await;
        let sim = nessus().await;
        let bare = sim.add_scan(ScanSeed { targets: vec!["10.9.0.1".to_owned()], ..seed("bare", SeedState::Completed) }).unwrap();
        sim.add_scan(ScanSeed { duration_s: 360_000, ..seed("long", SeedState::Running) }).unwrap();
        let path = format!("/scans/{}", bare.id);
        let silent = sim.fault(format!("status,code=404,op=scans.details,path={path}").parse().unwrap());
        let asked = || {
            let ledger = sim.ledger();
            ledger.requests.iter().filter(|request| request.operation == "scans.details" && request.path == path).count()
        };
        stage.hub.connect(&stage.grant, &sim).await;
        assert_eq!(stage.after(&[&sim], 0).await, 1);
        let listed = stage.scan("bare").await;
        assert_eq!(listed.status(), Status::Completed);
        assert!(listed.targets.is_empty() && !listed.counts_known, "{listed:#?}");
        let first = asked();
        sim.clear_fault(silent);
        for _ in 1..ADOPTION / STATUS {
            assert_eq!(stage.after(&[&sim], STATUS).await, 1);
        }
        assert_eq!(asked(), first, "asked before its time");
        assert_eq!(stage.after(&[&sim], STATUS).await, 1);
        let filled = stage.scan("bare").await;
        assert_eq!(filled.targets, ["10.9.0.1"]);
        assert!(filled.counts_known && filled.vendor_finished_at.is_some() && filled.started_at.is_some(), "{filled:#?}");
        assert_ne!(filled.config, json!({}), "policy, owner, folder");
        let then = asked();
        for _ in 0..2 * ADOPTION / STATUS {
            stage.after(&[&sim], STATUS).await;
        }
        assert_eq!(asked(), then, "a row that is complete is not asked for again");
        stage.end().await;
    }

    /// A hundred scans and more in flight, at vendors of every kind: each tick sees all of them, well within its period.
    async fn r8_a_hundred_and_twenty_scans_in_flight_keep_the_period(database) {
        let stage = Stage::new(database).await;
        let estate = all(&stage.hub, &stage.grant).await;
        let each = 120 / estate.len();
        for connected in &estate {
            for number in 0..each {
                connected.add(&format!("{number} at {}", connected.vendor.connector), SeedState::Running);
            }
        }
        let sims: Vec<&Sim> = estate.iter().map(|connected| &connected.sim).collect();
        assert_eq!(stage.after(&sims, 0).await, estate.len());
        for tick in 1..=3 {
            let begun = Instant::now();
            assert_eq!(stage.after(&sims, STATUS).await, estate.len(), "tick {tick}");
            assert!(begun.elapsed() < Duration::from_secs(STATUS), "tick {tick} took {:?}", begun.elapsed());
            let scans = stage.hub.scans(&stage.grant).await;
            assert_eq!(scans.len(), each * estate.len());
            for scan in &scans {
                assert_eq!(scan.last_observed_at, Some(stage.clock.now()), "tick {tick}: {}", scan.name);
                assert_eq!(scan.vendor_state, VendorState::Running, "{}", scan.name);
            }
        }
        stage.end().await;
    }
}
