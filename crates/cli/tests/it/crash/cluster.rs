//! Two hubs on one PostgreSQL: they share the work, and either finishes what the other began.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use scanhelm_core::Timestamp;
use scanhelm_testkit::postgres::PostgresDatabase;
use scanhelm_vendor_sim::{Action, Moment, ScanSeed, SeedState, Sim, SimConfig};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::installation::{Database, Hub, Installation};
use super::{FINDINGS, completed_scan, connect, connected, difference, nessus, position};
use crate::hub::{Running, ask, eventually, open_stream};

/// Nothing that waits for this is seen in a test.
const FOR_EVER: &str = "30m";

fn await_position(hub: &Hub, at_least: u64) -> u64 {
    eventually("records to come in", || Some(position(hub)).filter(|position| *position >= at_least))
}

#[test]
fn fm_f01_two_hubs_that_start_together_migrate_once() {
    let database = Arc::new(PostgresDatabase::create());
    let places = [(); 2].map(|()| Installation::empty(Some(Arc::clone(&database))));
    let starting = places.each_ref().map(|place| place.serve(&[]));
    let mut running = starting.map(Running::until_listening);
    for (hub, url) in &mut running {
        eventually("readiness", || (ask(url, "GET", "/readyz", None, None).0 == 200).then_some(()));
        hub.signal("-TERM");
        assert_eq!(hub.wait().0, Some(0), "{}", hub.log);
    }
    let migrated = |hub: &Running| hub.log.matches("migrating the database schema").count();
    let counts = [migrated(&running[0].0), migrated(&running[1].0)];
    assert!(counts.contains(&0) && counts.iter().any(|count| *count > 0), "{counts:?}");
}

/// The live events of a hub, number by number, as they come.
fn follow(hub: &Hub, after: i64) -> Receiver<i64> {
    let mut stream = open_stream(&hub.url, &format!("/api/v1/events?after={after}"), hub.key());
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        while stream.read_line(&mut line).is_ok_and(|count| count > 0) {
            if let Some(number) = line.strip_prefix("id:").and_then(|number| number.trim().parse().ok())
                && sender.send(number).is_err()
            {
                return;
            }
            line.clear();
        }
    });
    receiver
}

#[test]
fn fm_f02_f08_f20_the_other_hub_finishes_an_import_and_its_streams_go_on() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(Database::Postgres, &sim);
    completed_scan(&sim, u32::try_from(FINDINGS).unwrap());
    let expected = {
        let installation = connected.copy();
        let hub = installation.start(None);
        hub.await_imported(1);
        runtime.block_on(installation.end(hub))
    };
    let installation = connected.copy();
    let dying = installation.start(None);
    let events = follow(&dying, 0);
    await_position(&dying, 50);
    let other = installation.sibling();
    let hub = other.start(None);
    let reached = await_position(&hub, 100);
    assert!(reached < FINDINGS, "the import is over before its hub can die");
    dying.kill();
    // What the dead hub had told, and the rest from the other one, behind the last number.
    let mut numbers: Vec<i64> = events.iter().collect();
    let more = follow(&hub, numbers.last().copied().unwrap());
    hub.await_imported(1);
    let latest = runtime.block_on(async {
        let store = other.store().await;
        let latest = store.latest_seq().await.unwrap();
        store.close().await.unwrap();
        latest
    });
    while numbers.last() != Some(&latest) {
        numbers.push(more.recv_timeout(crate::hub::PATIENCE).unwrap());
    }
    assert!(numbers.is_sorted_by(|earlier, later| earlier < later), "{numbers:?}");
    let mut told: Vec<i64> = feed(&hub).keys().copied().collect();
    told.retain(|number| *number > numbers[0]);
    assert_eq!(numbers[1..], told, "nothing is missing and nothing comes twice");
    assert!(longest_silence(&hub) < Duration::from_secs(20), "taken over when the lease of one second had run out");
    let end = runtime.block_on(other.end(hub));
    assert!(end == expected, "{}", difference(&expected, &end));
}

/// Every event of the only scan by its number.
fn feed(hub: &Hub) -> BTreeMap<i64, Value> {
    let id = hub.scans()[0]["id"].as_str().unwrap().to_owned();
    let events = hub.items(&format!("scans/{id}/activity?limit=500"));
    events.into_iter().map(|event| (event["seq"].as_i64().unwrap(), event)).collect()
}

/// Between two steps of the import.
fn longest_silence(hub: &Hub) -> Duration {
    let imports = hub.imports(&hub.scans()[0]);
    let times: Vec<Timestamp> =
        imports.iter().map(|event| Timestamp::parse(event["at"].as_str().unwrap()).unwrap()).collect();
    times.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap()
}

#[test]
fn fm_a33_f03_a_hub_that_wakes_up_beyond_its_lease_writes_nothing() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(Database::Postgres, &sim);
    completed_scan(&sim, u32::try_from(FINDINGS).unwrap());
    let expected = {
        let installation = connected.copy();
        let hub = installation.start(None);
        hub.await_imported(1);
        runtime.block_on(installation.end(hub))
    };
    let installation = connected.copy();
    // It may be frozen in a transaction, whose locks then last until the server ends it.
    let url = format!("{}?options=-c%20idle_in_transaction_session_timeout%3D2000", installation.database().url());
    let installation = installation.through(url);
    let mut frozen = installation.start(None);
    await_position(&frozen, 50);
    frozen.process.signal("-STOP");
    let other = installation.sibling();
    let hub = other.start(None);
    hub.await_imported(1);
    let before = feed(&hub).len();
    frozen.process.signal("-CONT");
    eventually("the frozen hub to answer again", || (frozen.ask("GET", "scans", None).0 == 200).then_some(()));
    let job = frozen.call("POST", "sync", Some(&json!({})));
    frozen.await_job(&job);
    assert_eq!(feed(&hub).len(), before, "{:#?}", feed(&hub));
    frozen.stop();
    let end = runtime.block_on(other.end(hub));
    assert!(end == expected, "{}", difference(&expected, &end));
}

#[test]
fn fm_a32_a_hub_that_is_stopped_in_order_hands_everything_over_at_once() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let installation = connected(Database::Postgres, &sim);
    completed_scan(&sim, u32::try_from(FINDINGS).unwrap());
    let leases = [("SCANHELM_JOBS_LEASE", FOR_EVER), ("SCANHELM_SYNC_LEASE", FOR_EVER)];
    let mut leaving = installation.start_with(&leases);
    await_position(&leaving, 50);
    let other = installation.sibling();
    let hub = other.start_with(&leases);
    leaving.stop();
    assert!(position(&hub) < FINDINGS, "the import is over before its hub leaves");
    hub.await_imported(1);
    let lists = || sim.ledger().requests_of("scans.list");
    let before = lists();
    eventually("the other hub looks at the vendor", || (lists() > before + 2).then_some(()));
    let end = runtime.block_on(other.end(hub));
    assert_eq!(end.scans[0]["scan"]["imported_findings"], FINDINGS);
}

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

const VENDORS: usize = 6;
const INTERVAL: &str = "3s";
/// Less than the interval with its jitter, by more than a busy machine delays a look.
const APART: f64 = 1.5;

#[test]
fn hubs_share_the_integrations_and_look_at_none_twice() {
    let runtime = Runtime::new().unwrap();
    let vendors: Vec<Sim> = (0..VENDORS).map(|_| vendor(&runtime)).collect();
    let installation = Installation::new(Database::Postgres);
    let settings = [
        ("SCANHELM_SYNC_STATUS_INTERVAL", INTERVAL),
        ("SCANHELM_SYNC_ADOPTION_INTERVAL", FOR_EVER),
        ("SCANHELM_SYNC_LEASE", FOR_EVER),
    ];
    let mut first = installation.start_with(&settings);
    for (number, sim) in vendors.iter().enumerate() {
        connect(&first, sim, &format!("lab {number}"));
    }
    let looked = |times: usize| vendors.iter().all(|sim| sim.ledger().requests_of("scans.list") >= times);
    eventually("every vendor is looked at", || looked(1).then_some(()));
    first.await_that("what is done is in", |hub| {
        hub.scans().iter().filter(|scan| scan["import_state"] == "done").count() == VENDORS
    });
    // From here on nobody but the clock wants a look.
    let begun: Vec<usize> = vendors.iter().map(|sim| lists(sim).len()).collect();
    let other = installation.sibling();
    let mut second = other.start_with(&settings);
    let store = runtime.block_on(installation.store());
    let shares = || {
        let leases = runtime.block_on(store.integration_leases(Timestamp::from_millis(0))).unwrap();
        let mut shares: BTreeMap<String, usize> = BTreeMap::new();
        leases.into_values().for_each(|owner| *shares.entry(owner).or_default() += 1);
        shares.into_values().collect::<Vec<_>>()
    };
    eventually("both hubs have their share", || (shares() == [VENDORS / 2, VENDORS / 2]).then_some(()));
    let shared: Vec<usize> = vendors.iter().map(|sim| lists(sim).len()).collect();
    let again = |since: &[usize]| vendors.iter().zip(since).all(|(sim, since)| lists(sim).len() >= since + 2);
    eventually("every vendor is looked at again", || again(&shared).then_some(()));
    first.stop();
    let alone: Vec<usize> = vendors.iter().map(|sim| lists(sim).len()).collect();
    eventually("the other hub looks at all of them", || again(&alone).then_some(()));
    assert_eq!(shares(), [VENDORS]);
    second.stop();
    runtime.block_on(store.close()).unwrap();
    for (sim, begun) in vendors.iter().zip(begun) {
        let times = lists(sim);
        let apart: Vec<f64> = times[begun - 1..].windows(2).map(|pair| pair[1].since(pair[0])).collect();
        assert!(apart.iter().all(|seconds| *seconds >= APART), "looks came too close: {apart:?}");
        let exports = sim.ledger().effects.iter().filter(|effect| effect.action == Action::ExportRequested).count();
        assert_eq!(exports, 1, "each run is fetched once");
    }
}

/// When the vendor was asked for its list.
fn lists(sim: &Sim) -> Vec<Moment> {
    sim.ledger().requests.iter().filter(|request| request.operation == "scans.list").map(|request| request.at).collect()
}

/// Two people, two hubs, one instant.
#[test]
fn fm_f09_a_launch_that_is_asked_for_twice_at_once_is_one_command() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let installation = connected(Database::Postgres, &sim);
    completed_scan(&sim, 12);
    let mut first = installation.start(None);
    first.await_imported(1);
    let other = installation.sibling();
    let mut second = other.start(None);
    // The vendor takes its time, so that neither request comes when the command is done.
    sim.fault("slow,delay_ms=1500,op=scans.launch".parse().unwrap());
    let id = first.scans()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/scans/{id}/launch");
    let urls = [&first, &second, &first, &second].map(|hub| (hub.url.clone(), hub.key().to_owned()));
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let ask_all = urls.each_ref().map(|(url, key)| scope.spawn(|| ask(url, "POST", &path, Some(key), None)));
        let answers = ask_all.map(|asked| asked.join().unwrap());
        answers.into_iter().map(|(_, text)| serde_json::from_str(&text).unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer["command"]["id"] == answers[0]["command"]["id"]), "{answers:#?}");
    first.await_that("the launch is done", Hub::is_idle);
    let launches = sim.ledger().effects.iter().filter(|effect| effect.action == Action::Launch).count();
    assert_eq!(launches, 1);
    assert_eq!(sim.ledger().requests_of("scans.launch"), 1);
    first.stop();
    second.stop();
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
