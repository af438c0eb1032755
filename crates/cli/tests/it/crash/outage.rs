//! The database taken away while imports run: nothing is lost, nothing comes twice, and nobody has to help.

use std::sync::Arc;
use std::time::{Duration, Instant};

use scanhelm_testkit::postgres::{PostgresServer, Shutdown};
use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::installation::{Database, End, Hub, Installation};
use super::proxy::Proxy;
use super::{Draw, SPEED, connected_on, difference, nessus};
use crate::hub::{ask, eventually};

const SCANS: usize = 10;

/// Scans of six batches each, of one vendor.
fn load(sim: &Sim) {
    load_of(sim, SCANS, 60);
}

fn load_of(sim: &Sim, scans: usize, findings: u32) {
    for number in 0..scans {
        let seed = ScanSeed {
            name: format!("Office {number:02}"),
            hosts: findings / 10,
            findings,
            state: SeedState::Completed,
            ..ScanSeed::default()
        };
        sim.add_scan(seed).unwrap();
    }
    sim.clock().set_speed(SPEED);
}

fn undisturbed(runtime: &Runtime, connected: &Installation, scans: usize) -> End {
    comparable(super::undisturbed(runtime, connected, scans))
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

/// Asserts that what is about to come comes in the middle of the work; tells how much was done.
fn in_the_middle(hub: &Hub, scans: usize) -> usize {
    let done = imported(hub).expect("the hub answers");
    assert!(done < scans, "all {scans} imports are over before the trouble begins");
    done
}

/// As many imports as a restart of the database has to interrupt.
const FIFTY: usize = 50;

#[test]
fn fm_d01_imports_survive_restarts_of_the_database() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let server = PostgresServer::durable();
    let connected = connected_on(Installation::on_server(&server), &sim);
    load_of(&sim, FIFTY, 10);
    let expected = undisturbed(&runtime, &connected, FIFTY);
    let installation = connected.copy();
    let hub = installation.start(None);
    await_imports(&hub, 1);
    let before = in_the_middle(&hub, FIFTY);
    server.restart(Shutdown::Fast);
    await_imports(&hub, before + 5);
    in_the_middle(&hub, FIFTY);
    server.restart(Shutdown::Immediate);
    eventually("the database to be back", || imported(&hub));
    hub.await_imported(FIFTY);
    let end = comparable(runtime.block_on(installation.end(hub)));
    assert!(end == expected, "{}", difference(&expected, &end));
}

#[test]
fn fm_d02_imports_survive_the_end_of_every_session_again_and_again() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = super::connected(Database::Postgres, &sim);
    load(&sim);
    let expected = undisturbed(&runtime, &connected, SCANS);
    let installation = connected.copy();
    let hub = installation.start(None);
    for imports in 0..5 {
        await_imports(&hub, imports);
        in_the_middle(&hub, SCANS);
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
    let expected = undisturbed(&runtime, &connected, SCANS);
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

/// A hub that reaches its vendors and not its database: it begins nothing any more, another takes over, and when the
/// connection is back what the first still had in hand changes nothing.
#[test]
fn fm_f05_a_hub_that_is_cut_off_from_the_database_leaves_the_vendors_alone() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = super::connected(Database::Postgres, &sim);
    load(&sim);
    let expected = undisturbed(&runtime, &connected, SCANS);
    let installation = connected.copy();
    let proxy = Proxy::faithful(installation.database().url());
    let place = installation.sibling().through(through(&proxy, &installation));
    let mut cut_off = place.start(None);
    await_imports(&cut_off, 2);
    in_the_middle(&cut_off, SCANS);
    proxy.clog(true);
    // What was on its way to the vendor ends; afterwards there are many periods in which it could ask again.
    let asked = || sim.ledger().requests.len();
    let mut last = asked();
    eventually("the last call to have been made", || {
        std::thread::sleep(LEASE);
        let now = asked();
        (std::mem::replace(&mut last, now) == now).then_some(())
    });
    std::thread::sleep(PERIODS);
    assert_eq!(asked(), last, "a hub without its database asks vendors");
    let hub = installation.start(None);
    hub.await_imported(SCANS);
    proxy.clog(false);
    eventually("the hub that was cut off to answer again", || imported(&cut_off).filter(|done| *done == SCANS));
    cut_off.stop();
    let end = comparable(runtime.block_on(installation.end(hub)));
    assert!(end == expected, "{}", difference(&expected, &end));
}

/// The lease of everything in these tests.
const LEASE: Duration = Duration::from_secs(1);
/// Ten periods of looks in these tests, and thirty of the queue.
const PERIODS: Duration = Duration::from_millis(1500);

/// By way of the proxy; and what a hub that is cut off was doing is undone by the server soon.
fn through(proxy: &Proxy, installation: &Installation) -> String {
    let url = proxy.url(installation.database().url());
    format!("{url}?options=-c%20idle_in_transaction_session_timeout%3D1000")
}

const HUBS: usize = 3;

/// One connection after the other stops passing anything, then they come back in another order, again and again.
#[test]
fn fm_f07_three_hubs_survive_connections_that_clog_and_come_back_in_any_order() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = super::connected(Database::Postgres, &sim);
    load_of(&sim, FIFTY, 10);
    let expected = undisturbed(&runtime, &connected, FIFTY);
    let installation = connected.copy();
    let proxies: Vec<Proxy> = (0..HUBS).map(|_| Proxy::faithful(installation.database().url())).collect();
    let places: Vec<Installation> =
        proxies.iter().map(|proxy| installation.sibling().through(through(proxy, &installation))).collect();
    let mut hubs: Vec<Hub> = places.iter().map(|place| place.start(None)).collect();
    let mut draw = Draw(0x51a1_f00d);
    let mut rounds = 0;
    while rounds < 3 {
        let before = eventually("somebody to answer", || hubs.iter().find_map(imported));
        assert!(before < FIFTY, "all imports are over in round {rounds}");
        for clogged in [true, false] {
            let mut order: Vec<usize> = (0..HUBS).collect();
            while !order.is_empty() {
                let next = order.swap_remove(usize::try_from(draw.below(order.len() as u64)).unwrap());
                proxies[next].clog(clogged);
                std::thread::sleep(Duration::from_millis(100 + draw.below(400)));
            }
        }
        rounds += 1;
    }
    for hub in &hubs {
        eventually("every hub to answer again", || imported(hub));
    }
    hubs[0].await_imported(FIFTY);
    hubs.drain(1..).for_each(|mut hub| hub.stop());
    let end = comparable(runtime.block_on(places[0].end(hubs.remove(0))));
    assert!(end == expected, "{}", difference(&expected, &end));
}

/// Somebody else holds the table that everybody needs: who waits is told after a while to come again, the line does not
/// grow beyond the connections there are, and when the table is free all goes on by itself.
#[test]
fn fm_d07_a_locked_table_makes_no_endless_line() {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = super::connected(Database::Postgres, &sim);
    load(&sim);
    let expected = undisturbed(&runtime, &connected, SCANS);
    let installation = connected.copy();
    // A fifteenth of what the hub asks for by itself; what an operator says in the address stands.
    let url = format!("{}?options=-c%20lock_timeout%3D1000", installation.database().url());
    let installation = installation.through(url);
    let hub = installation.start(None);
    await_imports(&hub, 1);
    in_the_middle(&hub, SCANS);
    let held = installation.database().hold("lock table findings in access exclusive mode");
    let begun = Instant::now();
    let (url, key) = (hub.url.clone(), hub.key().to_owned());
    let refused: Vec<u16> = std::thread::scope(|scope| {
        let list = || ask(&url, "GET", "/api/v1/findings", Some(&key), None).0;
        let callers: Vec<_> = (0..16).map(|_| scope.spawn(list)).collect();
        eventually("a line", || (installation.database().waiting() > 0).then_some(()));
        let longest = installation.database().waiting();
        assert!(longest <= 15, "{longest} sessions wait for one table");
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert!(refused.iter().all(|status| *status == 503), "{refused:?}");
    // Whoever came waited his turn and his second, not for the table.
    assert!(begun.elapsed() < crate::hub::PATIENCE);
    // What needs another table is not held up.
    assert_eq!(hub.ask("GET", "integrations", None).0, 200);
    drop(held);
    eventually("the findings to be listed", || (hub.ask("GET", "findings", None).0 == 200).then_some(()));
    hub.await_imported(SCANS);
    let end = comparable(runtime.block_on(installation.end(hub)));
    assert!(end == expected, "{}", difference(&expected, &end));
}
