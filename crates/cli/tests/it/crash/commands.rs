//! kill -9 around what vendors are asked to do: each order has one effect at the vendor, and its outcome is found out.

use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;

use scanhelm_vendor_sim::{Action, ScanSeed, SeedState, Sim};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::installation::{Database, Hub, Installation};
use super::{PARALLEL, SIGABRT, SPEED, connected, nessus};
use crate::hub::eventually;

/// Long enough that nothing ends by itself during a test.
const LONG: u64 = 10_000_000;

/// Where the hub dies.
#[derive(Clone, Copy, Debug)]
enum Death {
    At(&'static str),
    /// The vendor has done it and its answer is on its way.
    BeforeTheAnswer,
}

/// Recorded and not sent; done, the answer not read; done, the answer not kept.
const DEATHS: [Death; 3] = [Death::At("command.before_sent"), Death::BeforeTheAnswer, Death::At("command.answered")];

fn order_and_die(installation: &Installation, sim: &Sim, death: Death, order: &Order<'_>) {
    let mut hub = match death {
        Death::At(place) => installation.start(Some(place)),
        Death::BeforeTheAnswer => {
            sim.fault(format!("hold,method=POST,path={},times=1", order.at_vendor).parse().unwrap());
            installation.start(None)
        }
    };
    hub.send_and_forget("POST", order.path, order.body);
    match death {
        Death::At(place) => {
            let status = hub.process.status();
            assert_eq!(status.signal(), Some(SIGABRT), "at {place}: {status}\n{}", hub.process.log);
        }
        Death::BeforeTheAnswer => {
            eventually("the vendor to do it", || (order.effects)(sim).checked_sub(1));
            hub.kill();
        }
    }
}

struct Order<'a> {
    path: &'a str,
    body: Option<&'a Value>,
    /// Prefix of the vendor's path.
    at_vendor: &'a str,
    effects: &'a dyn Fn(&Sim) -> usize,
}

/// In the words of the scan's feed.
fn accepted(hub: &Hub, scan: &str, word: &str) -> bool {
    let events = hub.items(&format!("scans/{scan}/activity?limit=500"));
    events.iter().any(|event| {
        event["kind"] == "scan.command" && event["detail"]["kind"] == word && event["detail"]["state"] == "accepted"
    })
}

#[test]
fn fm_a09_an_order_has_one_effect_wherever_the_hub_dies() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(Database::Sqlite, &sim);
    let actions = [
        ("launch", Action::Launch, SeedState::Completed),
        ("pause", Action::Pause, SeedState::Running),
        ("resume", Action::Resume, SeedState::Paused),
        ("stop", Action::Stop, SeedState::Running),
    ];
    let mut courses = Vec::new();
    for (word, action, state) in actions {
        for death in DEATHS {
            let name = format!("{word} {death:?}");
            let seed = ScanSeed {
                name: name.clone(),
                hosts: 2,
                findings: 4,
                state,
                duration_s: LONG,
                progress_percent: 10,
                ..ScanSeed::default()
            };
            let id = sim.add_scan(seed).unwrap().id;
            courses.push((word, action, death, name, id));
        }
    }
    sim.clock().set_speed(SPEED);
    let mut hub = connected.start(None);
    hub.await_that("every scan is known and what is complete imported", |hub| {
        let scans = hub.scans();
        let settled = |scan: &Value| scan["vendor_state"] != "completed" || scan["import_state"] == "done";
        scans.len() == courses.len() && scans.iter().all(|scan| scan["vendor_state"] != "queued" && settled(scan))
    });
    let ids: Vec<String> = courses
        .iter()
        .map(|(.., name, _)| {
            let scans = hub.scans();
            scans.iter().find(|scan| scan["name"] == **name).unwrap()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    hub.stop();
    let waiting = Mutex::new(courses.iter().zip(&ids).collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while let Some(((word, action, death, name, external), id)) = { waiting.lock().unwrap().pop() } {
                    let installation = connected.copy();
                    let order = Order {
                        path: &format!("scans/{id}/{word}"),
                        body: None,
                        at_vendor: &format!("/scans/{external}/{word}"),
                        effects: &|sim| sim.ledger().count(*action, external),
                    };
                    order_and_die(&installation, &sim, *death, &order);
                    let mut hub = installation.start(None);
                    hub.await_that(&format!("`{name}` is known to have been accepted"), |hub| accepted(hub, id, word));
                    assert_eq!(sim.ledger().count(*action, external), 1, "{name}");
                    hub.stop();
                }
            });
        }
    });
}

fn crashes_in_creations(database: Database) {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(database, &sim);
    sim.clock().set_speed(SPEED);
    let deaths = DEATHS.into_iter().chain([Death::At("command.linked")]).map(|death| (death, false));
    // Accepted, and its launch ordered with that.
    for (death, launch) in deaths.chain([(Death::At("command.finish.after_commit"), true)]) {
        let installation = connected.copy();
        let name = format!("made, {death:?}");
        let mut hub = installation.start(None);
        let integration = hub.items("integrations")[0]["id"].clone();
        hub.stop();
        let body = json!({
            "name": name, "integration_id": integration, "targets": ["10.0.0.1"], "template": "basic", "launch": launch,
        });
        let made = |sim: &Sim| sim.scans().iter().filter(|scan| scan.name.starts_with(&name)).count();
        let order = Order { path: "scans", body: Some(&body), at_vendor: "/scans", effects: &made };
        order_and_die(&installation, &sim, death, &order);
        let mut hub = installation.start(None);
        let of_name = |hub: &Hub| hub.scans().into_iter().filter(|scan| scan["name"] == *name).collect::<Vec<_>>();
        hub.await_that("the row and the vendor's scan have found each other", |hub| {
            of_name(hub).iter().any(|scan| !scan["external_scan_id"].is_null())
        });
        // Two more looks, for whoever would adopt it a second time.
        for _ in 0..2 {
            let job = hub.call("POST", "sync", Some(&json!({})));
            hub.await_job(&job);
        }
        let rows = of_name(&hub);
        assert_eq!((rows.len(), made(&sim)), (1, 1), "{death:?}: {rows:#?}");
        assert_eq!(rows[0]["origin"], "integration", "{death:?}");
        hub.await_that("the creation is known to have been accepted", |hub| {
            accepted(hub, rows[0]["id"].as_str().unwrap(), "create")
        });
        if launch {
            hub.await_that("its launch is known to have been accepted", |hub| {
                accepted(hub, rows[0]["id"].as_str().unwrap(), "launch")
            });
        }
        let external = rows[0]["external_scan_id"].as_str().unwrap();
        assert_eq!(sim.ledger().count(Action::Launch, external), usize::from(launch), "{death:?}");
        hub.stop();
    }
}

#[test]
fn fm_a06_a07_a08_a_creation_makes_one_scan_wherever_the_hub_dies_on_sqlite() {
    crashes_in_creations(Database::Sqlite);
}

#[test]
fn fm_a06_a07_a08_a_creation_makes_one_scan_wherever_the_hub_dies_on_postgres() {
    crashes_in_creations(Database::Postgres);
}

fn crashes_in_deletions(database: Database) {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(database, &sim);
    let places = ["delete.before_commit", "delete.after_commit", "command.answered"];
    let mut external = Vec::new();
    for place in places {
        let seed = ScanSeed {
            name: place.to_owned(),
            hosts: 2,
            findings: 4,
            state: SeedState::Completed,
            ..ScanSeed::default()
        };
        external.push(sim.add_scan(seed).unwrap().id);
    }
    sim.clock().set_speed(SPEED);
    let mut hub = connected.start(None);
    hub.await_imported(places.len());
    let ids: Vec<String> = places
        .iter()
        .map(|place| {
            hub.scans().iter().find(|scan| scan["name"] == **place).unwrap()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    hub.stop();
    for ((place, id), external) in places.into_iter().zip(&ids).zip(&external) {
        let installation = connected.copy();
        let mut hub = installation.start(Some(place));
        hub.send_and_forget("DELETE", &format!("scans/{id}?cascade_remote=true"), None);
        let status = hub.process.status();
        assert_eq!(status.signal(), Some(SIGABRT), "at {place}: {status}\n{}", hub.process.log);
        drop(hub);
        let mut hub = installation.start(None);
        let deletions = || sim.ledger().count(Action::Delete, external);
        let blocked = |hub: &Hub| hub.items("blocklist").iter().any(|entry| entry["name"] == place);
        if place == "delete.before_commit" {
            assert_eq!((hub.ask("GET", &format!("scans/{id}"), None).0, blocked(&hub)), (200, false));
            hub.await_that("nothing is left to do", Hub::is_idle);
            assert_eq!(deletions(), 0, "nothing was decided, nothing happens");
        } else {
            assert_eq!((hub.ask("GET", &format!("scans/{id}"), None).0, blocked(&hub)), (404, true), "{place}");
            let over = |job: &Value| job["kind"] == "vendor_delete" && job["state"] == "done";
            hub.await_that("the vendor's copy is gone, and known to be", |hub| {
                sim.scan(external).is_none() && hub.jobs("").iter().any(over)
            });
            let job = hub.call("POST", "sync", Some(&json!({})));
            hub.await_job(&job);
            assert_eq!(hub.ask("GET", &format!("scans/{id}"), None).0, 404, "{place}");
            assert_eq!(deletions(), 1, "{place}");
        }
        hub.stop();
    }
}

#[test]
fn fm_a20_a21_a_deletion_is_whole_or_not_at_all_and_reaches_the_vendor_on_sqlite() {
    crashes_in_deletions(Database::Sqlite);
}

#[test]
fn fm_a20_a21_a_deletion_is_whole_or_not_at_all_and_reaches_the_vendor_on_postgres() {
    crashes_in_deletions(Database::Postgres);
}
