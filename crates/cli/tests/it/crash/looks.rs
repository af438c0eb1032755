//! kill -9 anywhere in a look at a vendor: the next look brings what is missing, and nothing twice.

use std::os::unix::process::ExitStatusExt;

use scanhelm_vendor_sim::{ScanSeed, SeedState};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::installation::{Database, Hub, Installation};
use super::{SIGABRT, SPEED, connected, difference, nessus};
use crate::hub::{eventually, open_stream};

const SCANS: usize = 5;

/// Each with the pass at which the process dies: at the first, and between others.
const PLACES: &[&str] = &[
    "look.leased@1",
    "look.adoption.before_commit@1",
    "look.adoption.before_commit@3",
    "look.adoption.after_commit@3",
    "look.observation.before_commit@1",
    "look.observation.before_commit@4",
    "look.observation.after_commit@2",
    "look.before_health@1",
];

/// How often something of this kind happened to a scan, as its feed tells.
fn happened(hub: &Hub, scan: &Value, kind: &str) -> usize {
    let events = hub.items(&format!("scans/{}/activity?limit=500", scan["id"].as_str().unwrap()));
    events.iter().filter(|event| event["kind"] == kind).count()
}

/// The live events of this kind behind the beginning of the feed, until there are so many.
fn streamed(hub: &Hub, kind: &str, until: usize) -> usize {
    use std::io::BufRead as _;
    let mut stream = open_stream(&hub.url, "/api/v1/events?after=0", hub.key());
    let mut seen = 0;
    let mut line = String::new();
    while seen < until {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream ended after {seen} of {until}");
        seen += usize::from(line.strip_prefix("event:").is_some_and(|word| word.trim() == kind));
    }
    seen
}

fn crashes_in_looks(database: Database) {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(database, &sim);
    for number in 0..SCANS {
        let seed = ScanSeed {
            name: format!("Office {number}"),
            hosts: 2,
            findings: 6,
            state: SeedState::Completed,
            ..ScanSeed::default()
        };
        sim.add_scan(seed).unwrap();
    }
    sim.clock().set_speed(SPEED);
    let without = {
        let installation = connected.copy();
        let hub = installation.start(None);
        hub.await_imported(SCANS);
        runtime.block_on(installation.end(hub))
    };
    let places = match database {
        Database::Sqlite => PLACES,
        // What differs is the commit.
        Database::Postgres => &["look.adoption.before_commit@3", "look.observation.before_commit@4"],
    };
    for place in places {
        let installation = connected.copy();
        let mut hub = installation.start(Some(place));
        let status = hub.process.status();
        assert_eq!(status.signal(), Some(SIGABRT), "at {place}: {status}\n{}", hub.process.log);
        drop(hub);
        let hub = installation.start(None);
        hub.await_imported(SCANS);
        for scan in hub.scans() {
            for kind in ["scan.adopted", "scan.start", "scan.complete"] {
                assert_eq!(happened(&hub, &scan, kind), 1, "{kind} of {} after {place}", scan["name"]);
            }
        }
        assert_eq!(streamed(&hub, "scan.complete", SCANS), SCANS, "after {place}");
        let end = runtime.block_on(installation.end(hub));
        assert!(end == without, "after {place}:{}", difference(&without, &end));
    }
}

#[test]
fn fm_a01_a02_a03_a04_a05_an_estate_comes_in_once_after_a_crash_anywhere_in_a_look_on_sqlite() {
    crashes_in_looks(Database::Sqlite);
}

#[test]
fn fm_a02_a04_an_estate_comes_in_once_after_a_crash_anywhere_in_a_look_on_postgres() {
    crashes_in_looks(Database::Postgres);
}

fn crashes_in_backfills(database: Database) {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let installation = connected(database, &sim);
    for number in 0..3 {
        let seed = ScanSeed {
            name: format!("Office {number}"),
            hosts: 2,
            findings: 6,
            state: SeedState::Completed,
            earlier_runs: 2,
            ..ScanSeed::default()
        };
        sim.add_scan(seed).unwrap();
    }
    sim.clock().set_speed(SPEED);
    let mut hub = installation.start(None);
    hub.await_imported(3);
    let path = format!("integrations/{}/backfill", hub.items("integrations")[0]["id"].as_str().unwrap());
    hub.stop();
    let backfilled = |installation: &Installation, hub: Hub| {
        let runs_in = |hub: &Hub| {
            hub.scans().iter().all(|scan| {
                let runs = hub.items(&format!("scans/{}/runs", scan["id"].as_str().unwrap()));
                runs.len() == 3 && runs.iter().all(|run| run["import_state"] == "done")
            })
        };
        hub.await_that("every run is in", |hub| runs_in(hub) && hub.is_idle());
        let again = hub.call("POST", &path, None);
        assert_eq!((&again["queued"], &again["complete"]), (&Value::from(0), &Value::from(true)), "{again}");
        let mut end = runtime.block_on(installation.end(hub));
        // Runs come in as the queue gives them out, which is not the same each time.
        end.scans.iter_mut().for_each(|scan| scan["imports"] = Value::Null);
        end.jobs.retain(|job| job["kind"] == "backfill");
        end
    };
    let without = {
        let installation = installation.copy();
        let hub = installation.start(None);
        let answer = hub.call("POST", &path, None);
        assert_eq!((&answer["queued"], &answer["complete"]), (&Value::from(6), &Value::from(true)), "{answer}");
        backfilled(&installation, hub)
    };
    for place in ["backfill.before_commit@2", "backfill.after_commit@2"] {
        let installation = installation.copy();
        let mut hub = installation.start(Some(place));
        hub.send_and_forget("POST", &path, None);
        let status = hub.process.status();
        assert_eq!(status.signal(), Some(SIGABRT), "at {place}: {status}\n{}", hub.process.log);
        drop(hub);
        let hub = installation.start(None);
        eventually("the end of the backfill", || hub.is_idle().then_some(()));
        let end = backfilled(&installation, hub);
        assert!(end == without, "after {place}:{}", difference(&without, &end));
    }
}

#[test]
fn fm_a24_a_backfill_goes_on_after_a_crash_on_sqlite() {
    crashes_in_backfills(Database::Sqlite);
}

#[test]
fn fm_a24_a_backfill_goes_on_after_a_crash_on_postgres() {
    crashes_in_backfills(Database::Postgres);
}

/// A10: the export was asked for, but not which one it is. A11: it was written down, and is waited for.
#[test]
fn fm_a10_a11_an_export_whose_id_was_kept_is_not_asked_for_again() {
    let runtime = Runtime::new().unwrap();
    for (place, exports) in [("import.report_answered", 2), ("import.report_requested", 1)] {
        let sim = nessus(&runtime);
        let installation = connected(Database::Sqlite, &sim);
        super::completed_scan(&sim, 12);
        let mut hub = installation.start(Some(place));
        assert_eq!(hub.process.status().signal(), Some(SIGABRT), "at {place}: {}", hub.process.log);
        drop(hub);
        let mut hub = installation.start(None);
        hub.await_imported(1);
        hub.stop();
        let asked = sim.ledger().effects.iter().filter(|effect| is_export(effect.action)).count();
        assert_eq!(asked, exports, "after {place}");
        let served = sim.ledger().served;
        assert_eq!(served.iter().map(|served| served.times).collect::<Vec<_>>(), [1], "after {place}");
    }
}

fn is_export(action: scanhelm_vendor_sim::Action) -> bool {
    action == scanhelm_vendor_sim::Action::ExportRequested
}
