//! Several hubs share the integrations of one database: each is looked at by one of them, and never twice at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scanhelm_core::Timestamp;
use scanhelm_store::Store;
use scanhelm_vendor_sim::{Action, Moment, ScanSeed, SeedState, Sim, SimConfig};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::cluster::FOR_EVER;
use super::connect;
use super::installation::{Database, Installation};
use crate::hub::eventually;

/// A vendor with one scan that is done and one that runs for ever, in real time.
fn vendor(runtime: &Runtime) -> Sim {
    let start = Some(Moment::from_epoch_seconds(1_760_000_000));
    let config = SimConfig { start, scans: 0, speed: 1.0, ..SimConfig::new("nessus") };
    let sim = runtime.block_on(Sim::start(config)).unwrap();
    for (name, state) in [("done", SeedState::Completed), ("goes on", SeedState::Running)] {
        let seed = ScanSeed {
            name: name.to_owned(),
            hosts: 2,
            findings: 6,
            state,
            duration_s: 10_000_000,
            progress_percent: 10,
            ..ScanSeed::default()
        };
        sim.add_scan(seed).unwrap();
    }
    sim
}

const VENDORS: usize = 4;
const INTERVAL: Duration = Duration::from_secs(2);
/// Looks are spread, and come at most so much before the interval is over (12 %); with what the clocks of two processes
/// may differ by.
const APART: f64 = 0.85;

/// By integration: when each of its looks was begun, and by which hub.
type Seen = BTreeMap<String, Vec<(Timestamp, String)>>;

/// What the database says of every look, asked again and again: when it was begun, and by which hub.
struct Looks {
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Looks {
    fn watch(runtime: &Runtime, store: Store) -> Self {
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let kept = Arc::clone(&seen);
        let task = runtime.spawn(async move {
            loop {
                let integrations = store.all_enabled_integrations().await.unwrap();
                let leases = store.integration_leases(Timestamp::from_millis(0)).await.unwrap();
                for integration in integrations {
                    let Some(at) = integration.health.last_attempt_at else { continue };
                    let by = leases.get(&integration.id).cloned().unwrap_or_else(|| "nobody".to_owned());
                    let mut kept = kept.lock().unwrap();
                    let looks = kept.entry(integration.id.to_string()).or_default();
                    if looks.last().is_none_or(|(last, _)| *last != at) {
                        looks.push((at, by));
                    }
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        Self { seen, task }
    }

    fn of(&self, integration: &str) -> Vec<(Timestamp, String)> {
        self.seen.lock().unwrap().get(integration).cloned().unwrap_or_default()
    }
}

/// Waits for a moment in which no look is under way and none is due: what is under way has its next time behind it.
fn await_rest(runtime: &Runtime, store: &Store) {
    eventually("a moment without looks", || {
        let now = runtime.block_on(store.database_time()).unwrap().unwrap();
        let integrations = runtime.block_on(store.all_enabled_integrations()).unwrap();
        let rests = |at: Option<Timestamp>| at.is_some_and(|at| at > now.plus(Duration::from_millis(250)));
        integrations.iter().all(|integration| rests(integration.health.next_poll_at)).then_some(())
    });
}

/// A hub joins and a hub leaves: whoever looks, no integration is looked at before its time, and each look is one
/// question to its vendor.
#[test]
fn hubs_share_the_integrations_and_look_at_none_twice() {
    let runtime = Runtime::new().unwrap();
    let vendors: Vec<Sim> = (0..VENDORS).map(|_| vendor(&runtime)).collect();
    let installation = Installation::new(Database::Postgres);
    let settings = [
        ("SCANHELM_SYNC_STATUS_INTERVAL", "2s"),
        ("SCANHELM_SYNC_ADOPTION_INTERVAL", FOR_EVER),
        ("SCANHELM_SYNC_LEASE", FOR_EVER),
    ];
    let mut first = installation.start_with(&settings);
    let ids: Vec<String> =
        vendors.iter().enumerate().map(|(number, sim)| connect(&first, sim, &format!("lab {number}"))).collect();
    first.await_that("what is done is in", |hub| {
        hub.scans().iter().filter(|scan| scan["import_state"] == "done").count() == VENDORS
    });
    // From here on nobody but the clock wants a look.
    let store = runtime.block_on(installation.store());
    await_rest(&runtime, &store);
    let begun: Vec<usize> = vendors.iter().map(|sim| lists(sim).len()).collect();
    let looks = Looks::watch(&runtime, store.clone());
    let other = installation.sibling();
    let mut second = other.start_with(&settings);
    let shares = || {
        let leases = runtime.block_on(store.integration_leases(Timestamp::from_millis(0))).unwrap();
        let mut shares: BTreeMap<String, usize> = BTreeMap::new();
        leases.into_values().for_each(|owner| *shares.entry(owner).or_default() += 1);
        shares.into_values().collect::<Vec<_>>()
    };
    eventually("both hubs have their share", || (shares() == [VENDORS / 2, VENDORS / 2]).then_some(()));
    let again = |since: &[usize]| vendors.iter().zip(since).all(|(sim, since)| lists(sim).len() >= since + 2);
    let shared: Vec<usize> = vendors.iter().map(|sim| lists(sim).len()).collect();
    eventually("every vendor is looked at again", || again(&shared).then_some(()));
    // A look that a leaving hub breaks off is taken again by the other, and would count twice here.
    await_rest(&runtime, &store);
    first.stop();
    let alone: Vec<usize> = vendors.iter().map(|sim| lists(sim).len()).collect();
    eventually("the other hub looks at all of them", || again(&alone).then_some(()));
    assert_eq!(shares(), [VENDORS]);
    await_rest(&runtime, &store);
    let asked: Vec<Vec<Moment>> = vendors.iter().map(lists).collect();
    eventually("the last looks to be seen", || {
        let seen = |id: &String| looks.of(id).last().map(|(at, _)| *at);
        let kept = runtime.block_on(store.all_enabled_integrations()).unwrap();
        kept.iter().all(|one| one.health.last_attempt_at == seen(&one.id.to_string())).then_some(())
    });
    looks.task.abort();
    second.stop();
    runtime.block_on(store.close()).unwrap();
    let mut told = String::new();
    for ((id, begun), asked) in ids.iter().zip(begun).zip(&asked) {
        // The first of them was there when the watch began.
        let seen = looks.of(id);
        let early = seen.windows(2).any(|pair| pair[1].0.since(pair[0].0) < INTERVAL.mul_f64(APART));
        let since = &asked[begun - 1..];
        if early || since.len() != seen.len() {
            let apart = |index: usize| seen[index].0.since(seen[index - 1].0);
            let looks = (0..seen.len()).map(|index| match index {
                0 => format!("0 by {}", seen[0].1),
                _ => format!("{:?} later by {}", apart(index), seen[index].1),
            });
            let looks: Vec<String> = looks.collect();
            let asked: Vec<f64> = since.windows(2).map(|pair| pair[1].since(pair[0])).collect();
            write!(told, "\n{id}: looks {looks:?}; the vendor was asked {asked:?} seconds apart").unwrap();
        }
    }
    assert!(told.is_empty(), "looked at before its time, or more than once:{told}");
    for sim in &vendors {
        let exports = sim.ledger().effects.iter().filter(|effect| effect.action == Action::ExportRequested).count();
        assert_eq!(exports, 1, "each run is fetched once");
    }
}

/// When the vendor was asked for its list.
fn lists(sim: &Sim) -> Vec<Moment> {
    sim.ledger().requests.iter().filter(|request| request.operation == "scans.list").map(|request| request.at).collect()
}

/// Whoever is asked, the hub that polls the integration looks; and what it saw is told by both.
#[test]
fn a_look_asked_of_one_hub_is_taken_by_the_other() {
    let runtime = Runtime::new().unwrap();
    let sim = vendor(&runtime);
    let installation = Installation::new(Database::Postgres);
    let settings = [
        ("SCANHELM_SYNC_STATUS_INTERVAL", FOR_EVER),
        ("SCANHELM_SYNC_ADOPTION_INTERVAL", FOR_EVER),
        ("SCANHELM_SYNC_LEASE", FOR_EVER),
    ];
    let mut polling = installation.start_with(&settings);
    connect(&polling, &sim, "lab");
    eventually("a first look", || (polling.scans().len() == 2).then_some(()));
    let other = installation.sibling();
    let mut asked = other.start_with(&settings);
    let seed = ScanSeed { name: "new".to_owned(), state: SeedState::Empty, ..ScanSeed::default() };
    sim.add_scan(seed).unwrap();
    let begun = Instant::now();
    for _ in 0..3 {
        let job = asked.call("POST", "sync", Some(&json!({})));
        asked.await_job(&job);
    }
    assert!(begun.elapsed() < crate::hub::PATIENCE);
    assert_eq!(asked.scans().len(), 3, "{:#?}", asked.scans());
    asked.stop();
    polling.stop();
}
