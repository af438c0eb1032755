//! The database taken away while imports run: nothing is lost, nothing comes twice, and nobody has to help.

use std::sync::Arc;
use std::time::{Duration, Instant};

use scanhelm_testkit::postgres::{PostgresServer, Shutdown};
use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::installation::{Database, End, Hub, Installation};
use super::proxy::Proxy;
use super::{SPEED, connected_on, difference, nessus};
use crate::hub::eventually;

const SCANS: usize = 10;

/// Ten scans of six batches each, of one vendor.
fn load(sim: &Sim) {
    for number in 0..SCANS {
        let seed = ScanSeed {
            name: format!("Office {number}"),
            hosts: 6,
            findings: 60,
            state: SeedState::Completed,
            ..ScanSeed::default()
        };
        sim.add_scan(seed).unwrap();
    }
    sim.clock().set_speed(SPEED);
}

fn undisturbed(runtime: &Runtime, connected: &Installation) -> End {
    let installation = connected.copy();
    let hub = installation.start(None);
    hub.await_imported(SCANS);
    comparable(runtime.block_on(installation.end(hub)))
}

/// Of several scans that are imported at once, who comes first differs.
fn comparable(mut end: End) -> End {
    end.scans.sort_by_key(|scan| scan["scan"]["name"].to_string());
    end
}

/// Imports that have ended.
fn imported(hub: &Hub) -> Option<usize> {
    let (status, text) = hub.ask("GET", "scans?limit=500", None);
    let scans: Value = if status == 200 { serde_json::from_str(&text).unwrap() } else { return None };
    Some(scans["items"].as_array().unwrap().iter().filter(|scan| scan["import_state"] == "done").count())
}

fn await_imports(hub: &Hub, count: usize) {
    eventually("some imports to end", || imported(hub).filter(|imported| *imported >= count));
}

#[test]
fn fm_d01_imports_survive_restarts_of_the_database() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let server = PostgresServer::durable();
    let connected = connected_on(Installation::on_server(&server), &sim);
    load(&sim);
    let expected = undisturbed(&runtime, &connected);
    let installation = connected.copy();
    let hub = installation.start(None);
    await_imports(&hub, 1);
    server.restart(Shutdown::Fast);
    await_imports(&hub, 4);
    server.restart(Shutdown::Immediate);
    eventually("the database to be back", || imported(&hub));
    hub.await_imported(SCANS);
    let end = comparable(runtime.block_on(installation.end(hub)));
    assert!(end == expected, "{}", difference(&expected, &end));
}

#[test]
fn fm_d02_imports_survive_the_end_of_every_session_again_and_again() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = super::connected(Database::Postgres, &sim);
    load(&sim);
    let expected = undisturbed(&runtime, &connected);
    let installation = connected.copy();
    let hub = installation.start(None);
    for imports in 0..5 {
        await_imports(&hub, imports);
        installation.database().end_sessions();
    }
    eventually("the database to be reachable", || imported(&hub));
    hub.await_imported(SCANS);
    let end = comparable(runtime.block_on(installation.end(hub)));
    assert!(end == expected, "{}", difference(&expected, &end));
}

#[test]
fn fm_d03_a_commit_whose_answer_was_lost_is_not_made_twice() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = super::connected(Database::Postgres, &sim);
    load(&sim);
    let expected = undisturbed(&runtime, &connected);
    let installation = connected.copy();
    let proxy = Arc::new(Proxy::to(installation.database().url(), 11, 12));
    let url = proxy.url(installation.database().url());
    let installation = installation.through(url);
    let hub = installation.start(None);
    eventually("every answer that is to be lost to be lost", || (proxy.lost() == 12).then_some(()));
    eventually("the database to be reachable", || imported(&hub));
    hub.await_imported(SCANS);
    let end = comparable(runtime.block_on(installation.end(hub)));
    assert!(end == expected, "{}", difference(&expected, &end));
}

/// Reading goes on, writing is refused with a wish to come again, vendors are left in peace, and all is well afterwards.
#[test]
fn fm_d05_a_database_that_only_reads_pauses_everything_else() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let installation = super::connected(Database::Postgres, &sim);
    load(&sim);
    let mut hub = installation.start(None);
    hub.await_imported(SCANS);
    installation.database().set_read_only(true);
    eventually("the connections to be new", || imported(&hub));
    let record = json!({"name": "by hand", "scan_type": "vulnerability", "targets": ["10.0.0.1"]});
    let refused = |hub: &Hub| {
        let (status, text) = hub.ask("POST", "scans", Some(&record));
        (status == 503 && text.contains("store_unavailable")).then_some(())
    };
    eventually("writes to be refused", || refused(&hub));
    let lists = || sim.ledger().requests_of("scans.list");
    let before = lists();
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        assert_eq!(imported(&hub), Some(SCANS), "what is known can be read");
        assert!(refused(&hub).is_some());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(lists() - before <= 1, "a look that cannot be written down is not taken: {}", lists() - before);
    installation.database().set_read_only(false);
    eventually("writing to work again", || (hub.ask("POST", "scans", Some(&record)).0 == 201).then_some(()));
    eventually("looks at the vendor", || (lists() > before + 2).then_some(()));
    hub.stop();
}
