//! Two hubs on one PostgreSQL: they share the work, and either finishes what the other began.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use scanhelm_core::Timestamp;
use scanhelm_store::Store;
use scanhelm_testkit::postgres::PostgresDatabase;
use scanhelm_vendor_sim::{Action, FaultId, ScanSeed, SeedState, Sim};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::installation::{Database, Hub, Installation};
use super::{FINDINGS, SPEED, completed_scan, connected, difference, nessus, position, undisturbed};
use crate::hub::{Running, ask, eventually, open_stream};

/// Nothing that waits for this is seen in a test.
pub(super) const FOR_EVER: &str = "30m";

/// Without a pause between two looks: the rest of the import is what the test is about.
fn await_position(hub: &Hub, at_least: u64) {
    let begun = Instant::now();
    while position(hub) < at_least {
        assert!(begun.elapsed() < crate::hub::PATIENCE, "never: {at_least} records to come in");
    }
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

/// Long enough that a hub on a busy machine renews it in time.
const LEASE: Duration = Duration::from_secs(3);
const LEASES: &[(&str, &str)] = &[("SCANHELM_JOBS_LEASE", "3s")];

/// Who leases the only import that runs, and until when.
fn lease_of_the_import(runtime: &Runtime, store: &Store, installation: &Installation) -> Option<(String, Timestamp)> {
    let running = runtime.block_on(installation.running(store, "import"));
    assert!(running.len() <= 1, "{running:#?}");
    running.into_iter().next().map(|job| (job.lease_owner.unwrap(), job.lease_until.unwrap()))
}

/// A lease of a hub that died ends at its time: then, and not before, the other hub goes on where the records end.
#[test]
fn fm_f02_f20_the_other_hub_finishes_an_import_and_its_streams_go_on() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(Database::Postgres, &sim);
    completed_scan(&sim, u32::try_from(FINDINGS).unwrap());
    let expected = undisturbed(&runtime, &connected, 1);
    let installation = connected.copy();
    let store = runtime.block_on(installation.store());
    let (dying, events, other, hub) = {
        let held = sim.fault("hold,op=export.download".parse().unwrap());
        let dying = installation.start_with(LEASES);
        let events = follow(&dying, 0);
        await_strike(&sim, held);
        let other = installation.sibling();
        let hub = other.start_with(LEASES);
        sim.clear_fault(held);
        (dying, events, other, hub)
    };
    await_position(&hub, 50);
    dying.kill();
    let (dead, until) = lease_of_the_import(&runtime, &store, &installation).expect("an import under way");
    let reached = position(&hub);
    assert!(reached < FINDINGS, "the import is over before its hub can die");
    let now = || runtime.block_on(store.database_time()).unwrap().unwrap();
    assert!(until.since(now()) <= LEASE, "the dead hub's lease ends within its time");
    let killed = Instant::now();
    let taken = loop {
        match lease_of_the_import(&runtime, &store, &installation) {
            Some((owner, _)) if owner != dead => break now(),
            _ => assert!(killed.elapsed() < crate::hub::PATIENCE, "never: the other hub takes the import over"),
        }
    };
    // The hubs' idea of the database's time may differ a little.
    assert!(until.since(taken) < Duration::from_millis(500), "nobody takes what another hub leases");
    assert!(taken.since(until) <= LEASE, "taken over when the lease had run out: {:?} later", taken.since(until));
    // What the dead hub had told, and the rest from the other one, behind the last number.
    let mut numbers: Vec<i64> = events.iter().collect();
    let more = follow(&hub, numbers.last().copied().unwrap());
    hub.await_imported(1);
    assert!(imported_from(&hub).is_sorted_by(|earlier, later| earlier < later), "it went on and did not begin again");
    let latest = runtime.block_on(store.latest_seq()).unwrap();
    runtime.block_on(store.close()).unwrap();
    while numbers.last() != Some(&latest) {
        numbers.push(more.recv_timeout(crate::hub::PATIENCE).unwrap());
    }
    assert!(numbers.is_sorted_by(|earlier, later| earlier < later), "{numbers:?}");
    let mut told: Vec<i64> = feed(&hub).keys().copied().collect();
    told.retain(|number| *number > numbers[0]);
    assert_eq!(numbers[1..], told, "nothing is missing and nothing comes twice");
    let end = runtime.block_on(other.end(hub));
    assert!(end == expected, "{}", difference(&expected, &end));
}

/// Waits until a fault has struck.
fn await_strike(sim: &Sim, id: FaultId) {
    eventually("the fault to strike", || {
        sim.faults().iter().any(|armed| armed.id == id && armed.struck > 0).then_some(())
    });
}

/// How many records were in at each step of the import.
fn imported_from(hub: &Hub) -> Vec<u64> {
    hub.imports(&hub.scans()[0]).iter().filter_map(|event| event["detail"]["done"].as_u64()).collect()
}

/// Every event of the only scan by its number.
fn feed(hub: &Hub) -> BTreeMap<i64, Value> {
    let id = hub.scans()[0]["id"].as_str().unwrap().to_owned();
    let events = hub.items(&format!("scans/{id}/activity?limit=500"));
    events.into_iter().map(|event| (event["seq"].as_i64().unwrap(), event)).collect()
}

const RACES: usize = 6;

/// Both hubs are up when the runs complete, and people press "import" at both: one import each, fetched once, and the
/// hub that came too late says nothing about it.
#[test]
fn fm_f08_two_hubs_that_see_a_run_complete_import_it_once() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let installation = connected(Database::Postgres, &sim);
    for number in 0..RACES {
        let seed = ScanSeed {
            name: format!("Office {number}"),
            hosts: 2,
            findings: 20,
            state: SeedState::Running,
            duration_s: 600,
            progress_percent: 50,
            ..ScanSeed::default()
        };
        sim.add_scan(seed).unwrap();
    }
    let mut first = installation.start(None);
    let other = installation.sibling();
    let mut second = other.start(None);
    for hub in [&first, &second] {
        hub.await_that("every scan runs", |hub| {
            let scans = hub.scans();
            scans.len() == RACES && scans.iter().all(|scan| scan["vendor_state"] == "running")
        });
    }
    let held = sim.fault("hold,op=export.download".parse().unwrap());
    sim.advance(Duration::from_secs(700));
    sim.clock().set_speed(SPEED);
    // A report is on its way; now everybody presses the button as well.
    await_strike(&sim, held);
    first.await_that("every run is known to be over", |hub| {
        hub.scans().iter().all(|scan| scan["vendor_state"] == "completed")
    });
    let ids: Vec<String> = first.scans().iter().map(|scan| scan["id"].as_str().unwrap().to_owned()).collect();
    for id in &ids {
        let path = format!("/api/v1/scans/{id}/import");
        let urls = [&first, &second].map(|hub| (hub.url.clone(), hub.key().to_owned()));
        let press = |url: &str, key: &str| loop {
            match ask(url, "POST", &path, Some(key), None) {
                (202, _) => break,
                (409, text) if text.contains("An import of this scan is running") => break,
                // Somebody else changed the scan at the same instant: asked to try again.
                (409, text) => assert!(text.contains("conflict"), "{text}"),
                (status, text) => panic!("{status} {text}"),
            }
        };
        std::thread::scope(|scope| {
            urls.iter().for_each(|(url, key)| drop(scope.spawn(|| press(url, key))));
        });
    }
    sim.clear_fault(held);
    first.await_imported(RACES);
    for scan in first.scans() {
        let events = first.imports(&scan);
        let count = |kind: &str| events.iter().filter(|event| event["kind"] == kind).count();
        assert_eq!((count("import.start"), count("import.complete")), (1, 1), "{events:#?}");
        assert_eq!(scan["imported_findings"], 20, "{scan:#}");
        let external = scan["external_scan_id"].as_str().unwrap();
        assert_eq!(sim.ledger().count(Action::ExportRequested, external), 1, "fetched once");
    }
    let imports = first.items("jobs?limit=500&kind=import");
    assert_eq!(imports.len(), RACES);
    assert!(imports.iter().all(|job| job["state"] == "done" && job["error"].is_null()), "{imports:#?}");
    for hub in [&mut first, &mut second] {
        hub.stop();
        let loud: Vec<&str> = hub.process.whole_log().lines().filter(|line| line.contains("import")).collect();
        assert!(!loud.iter().any(|line| line.contains("WARN") || line.contains("ERROR")), "{loud:#?}");
    }
}

#[test]
fn fm_a33_f03_a_hub_that_wakes_up_beyond_its_lease_writes_nothing() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(Database::Postgres, &sim);
    completed_scan(&sim, u32::try_from(FINDINGS).unwrap());
    let expected = undisturbed(&runtime, &connected, 1);
    let installation = connected.copy();
    // It may be frozen in a transaction, whose locks then last until the server ends it.
    let url = format!("{}?options=-c%20idle_in_transaction_session_timeout%3D2000", installation.database().url());
    let installation = installation.through(url);
    let mut frozen = installation.start(None);
    await_position(&frozen, 50);
    frozen.process.signal("-STOP");
    let other = installation.sibling();
    let store = runtime.block_on(other.store());
    let asleep = lease_of_the_import(&runtime, &store, &other);
    assert!(asleep.is_some(), "the import is over before its hub freezes");
    runtime.block_on(store.close()).unwrap();
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
    let held = sim.fault("hold,op=export.download".parse().unwrap());
    let mut leaving = installation.start_with(&leases);
    await_strike(&sim, held);
    let other = installation.sibling();
    let hub = other.start_with(&leases);
    sim.clear_fault(held);
    await_position(&leaving, 50);
    leaving.stop();
    assert!(position(&hub) < FINDINGS, "the import is over before its hub leaves");
    hub.await_imported(1);
    let lists = || sim.ledger().requests_of("scans.list");
    let before = lists();
    eventually("the other hub looks at the vendor", || (lists() > before + 2).then_some(()));
    let end = runtime.block_on(other.end(hub));
    assert_eq!(end.scans[0]["scan"]["imported_findings"], FINDINGS);
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
    // The vendor answers nobody, so that no request comes when the command is done, or seen to be.
    let held = sim.fault("hold".parse().unwrap());
    let id = first.scans()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/scans/{id}/launch");
    let urls = [&first, &second, &first, &second].map(|hub| (hub.url.clone(), hub.key().to_owned()));
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let ask_all = urls.each_ref().map(|(url, key)| scope.spawn(|| ask(url, "POST", &path, Some(key), None)));
        let answers = ask_all.map(|asked| asked.join().unwrap());
        answers.into_iter().map(|(_, text)| serde_json::from_str(&text).unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer["command"]["id"] == answers[0]["command"]["id"]), "{answers:#?}");
    sim.clear_fault(held);
    first.await_that("the launch is done", Hub::is_idle);
    let launches = sim.ledger().effects.iter().filter(|effect| effect.action == Action::Launch).count();
    assert_eq!(launches, 1);
    assert_eq!(sim.ledger().requests_of("scans.launch"), 1);
    first.stop();
    second.stop();
}
