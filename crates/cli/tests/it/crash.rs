//! kill -9 anywhere in an import: after a restart the end is that of a run without a crash.
//!
//! Every named failpoint is armed in turn, in a copy of one installation, so that even ids and fingerprints must
//! agree. A failpoint at which the hub does not die is a failure too: it would prove nothing.

mod cluster;
mod commands;
mod installation;
mod local;
mod looks;
mod outage;
mod proxy;
mod rated;
mod sharing;
mod starved;
mod whole;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use scanhelm_hub::failpoint;
use scanhelm_vendor_sim::{Moment, ScanSeed, SeedState, Sim, SimConfig};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use self::installation::{Database, End, Hub, Installation};
use crate::hub::eventually;

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
/// Crashes under way at once.
const PARALLEL: usize = 2;
/// Virtual seconds a second, while nothing but the writing of reports depends on the vendor's time.
const SPEED: f64 = 60.0;

/// The seed is one with which findings of the first run are gone in the second.
fn nessus(runtime: &Runtime) -> Sim {
    let start = Some(Moment::from_epoch_seconds(1_760_000_000));
    runtime.block_on(Sim::start(SimConfig { start, seed: 24, speed: 0.0, ..SimConfig::new("nessus") })).unwrap()
}

/// An installation that knows the vendor, before there is any scan.
fn connected(database: Database, sim: &Sim) -> Installation {
    connected_on(Installation::new(database), sim)
}

fn connected_on(installation: Installation, sim: &Sim) -> Installation {
    let mut hub = installation.start(None);
    let path = format!("integrations/{}/health", connect(&hub, sim, "lab"));
    eventually("a first look at the vendor", || hub.call("GET", &path, None)["last_success_at"].as_str().map(drop));
    hub.stop();
    installation
}

/// The id of the new integration.
fn connect(hub: &Hub, sim: &Sim, name: &str) -> String {
    let credentials = sim.credentials();
    let body = json!({
        "connector": "nessus",
        "name": name,
        "base_url": sim.base_url(),
        "credentials": {"access_key": credentials.access_key, "secret_key": credentials.secret_key},
        "enabled": true,
    });
    hub.call("POST", "integrations", Some(&body))["id"].as_str().unwrap().to_owned()
}

/// What a hub that nothing happens to leaves, once so many scans are imported.
fn undisturbed(runtime: &Runtime, connected: &Installation, scans: usize) -> End {
    let installation = connected.copy();
    let hub = installation.start(None);
    hub.await_imported(scans);
    runtime.block_on(installation.end(hub))
}

/// More hosts than fit into a batch, so that batches end within a host, at its end, and without any finding.
fn completed_scan(sim: &Sim, findings: u32) {
    let seed = ScanSeed {
        name: "Office".to_owned(),
        hosts: 14,
        findings,
        state: SeedState::Completed,
        duration_s: 600,
        queue_s: 5,
        ..ScanSeed::default()
    };
    sim.add_scan(seed).unwrap();
    sim.clock().set_speed(SPEED);
}

/// What happens to an installation whose hub runs, up to the end of its import.
struct Course<'a> {
    runtime: &'a Runtime,
    from: &'a Installation,
    scans: usize,
    /// Sent by a client as soon as the hub listens.
    report: Option<PathBuf>,
}

impl Course<'_> {
    fn without_crash(&self) -> (Installation, End) {
        let installation = self.from.copy();
        let hub = installation.start(None);
        if let Some(report) = &self.report {
            let mut client = hub.send(report);
            assert_eq!(client.wait().0, Some(0), "{}", client.log);
        }
        hub.await_imported(self.scans);
        let end = self.runtime.block_on(installation.end(hub));
        (installation, end)
    }

    fn with_crash_at(&self, failpoint: &str) -> End {
        let installation = self.from.copy();
        let mut hub = installation.start(Some(failpoint));
        writeln!(hub.process.log, "armed: {failpoint}").unwrap();
        let client = self.report.as_ref().map(|report| hub.send(report));
        let status = hub.process.status();
        assert_eq!(status.signal(), Some(SIGABRT), "at {failpoint}: {status}\n{}", hub.process.log);
        if let Some(mut client) = client {
            assert_eq!(client.wait().0, Some(4), "at {failpoint}: {}", client.log);
        }
        drop(hub);
        let hub = installation.start(None);
        hub.await_imported(self.scans);
        self.runtime.block_on(installation.end(hub))
    }

    /// Every failpoint but the skipped, the batches' at each batch.
    fn sweep(&self, skipped: impl Fn(&str) -> bool) {
        let (_, expected) = self.without_crash();
        let batches = expected.batches();
        assert!(batches >= 4, "{batches} batches are too few to crash between: {expected:#?}");
        assert_eq!(expected.spool, Vec::<PathBuf>::new());
        let places = failpoint::IMPORT.iter().filter(|name| !skipped(name)).flat_map(|name| {
            let passes = if name.contains(".batch.") { batches } else { 1 };
            (1..=passes).map(move |pass| format!("{name}@{pass}"))
        });
        let waiting: Mutex<VecDeque<String>> = Mutex::new(places.collect());
        let differing = Mutex::new(String::new());
        std::thread::scope(|scope| {
            for _ in 0..PARALLEL {
                scope.spawn(|| {
                    while let Some(place) = { waiting.lock().unwrap().pop_front() } {
                        let end = self.with_crash_at(&place);
                        if end != expected {
                            write!(differing.lock().unwrap(), "\nafter {place}:{}", difference(&expected, &end))
                                .unwrap();
                        }
                    }
                });
            }
        });
        let differing = differing.into_inner().unwrap();
        assert!(differing.is_empty(), "{differing}");
    }
}

/// The lines in which two ends differ.
fn difference(expected: &End, end: &End) -> String {
    let (expected, end) = (format!("{expected:#?}"), format!("{end:#?}"));
    let lost =
        expected.lines().filter(|line| !end.lines().any(|other| other == *line)).map(|line| format!("\n- {line}"));
    let new =
        end.lines().filter(|line| !expected.lines().any(|other| other == *line)).map(|line| format!("\n+ {line}"));
    let lines: String = lost.chain(new).take(40).collect();
    if lines.is_empty() { "\nthe same lines, another number or order".to_owned() } else { lines }
}

fn crashes_in_first_imports(database: Database) {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(database, &sim);
    completed_scan(&sim, 48);
    let course = Course { runtime: &runtime, from: &connected, scans: 1, report: None };
    // Nothing can be gone at the first time.
    course.sweep(|name| name.contains(".closing."));
}

#[test]
fn fm_a13_a14_a15_a18_a_first_import_survives_a_crash_at_every_failpoint_on_sqlite() {
    crashes_in_first_imports(Database::Sqlite);
}

#[test]
fn fm_a13_a14_a15_a18_a_first_import_survives_a_crash_at_every_failpoint_on_postgres() {
    crashes_in_first_imports(Database::Postgres);
}

fn crashes_in_second_imports(database: Database) {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(database, &sim);
    completed_scan(&sim, 48);
    let (imported, _) = Course { runtime: &runtime, from: &connected, scans: 1, report: None }.without_crash();

    sim.clock().set_speed(0.0);
    let mut hub = imported.start(None);
    let scan = hub.scans()[0]["id"].as_str().unwrap().to_owned();
    hub.call("POST", &format!("scans/{scan}/launch"), None);
    hub.await_that("the launch is done", Hub::is_idle);
    // Past the moment in which the list still shows the run before, short of the beginning of the new one.
    sim.advance(Duration::from_secs(3));
    hub.await_that("the second run is known", |hub| hub.scans()[0]["vendor_state"] == "queued");
    hub.stop();
    sim.advance(Duration::from_secs(700));
    sim.clock().set_speed(SPEED);
    let course = Course { runtime: &runtime, from: &imported, scans: 1, report: None };
    // The failpoints of closing are among them, so something is gone.
    course.sweep(|_| false);
}

#[test]
fn fm_a13_a14_a15_a18_a_second_import_survives_a_crash_at_every_failpoint_on_sqlite() {
    crashes_in_second_imports(Database::Sqlite);
}

#[test]
fn fm_a13_a14_a15_a18_a_second_import_survives_a_crash_at_every_failpoint_on_postgres() {
    crashes_in_second_imports(Database::Postgres);
}

/// A report of 12 hosts with 4 checks each. In a later one, one in six is gone and others are new.
fn report(installation: &Installation, edition: u32) -> PathBuf {
    let mut text =
        "<NessusClientData_v2><Policy><policyName>Basic</policyName></Policy><Report name=\"lab\">".to_owned();
    for host in 0..12 {
        let end = 1_700_000_000 + edition * 1000 + host;
        write!(
            text,
            "<ReportHost name=\"10.0.0.{host}\"><HostProperties><tag name=\"HOST_END_TIMESTAMP\">{end}</tag>\
             <tag name=\"host-ip\">10.0.0.{host}</tag></HostProperties>"
        )
        .unwrap();
        for check in 0..4 {
            let number = host * 4 + check;
            let plugin = if number % 6 == 5 { 5000 + edition * 100 + number } else { 1000 + number };
            write!(
                text,
                "<ReportItem port=\"{port}\" svc_name=\"www\" protocol=\"tcp\" severity=\"{severity}\" \
                 pluginID=\"{plugin}\" pluginName=\"Check {plugin}\" pluginFamily=\"General\">\
                 <description>Seen in edition {edition}.</description></ReportItem>",
                port = 8000 + check,
                severity = number % 5,
            )
            .unwrap();
        }
        text.push_str("</ReportHost>");
    }
    text.push_str("</Report></NessusClientData_v2>");
    let path = installation.folder().join(format!("edition-{edition}.nessus"));
    std::fs::write(&path, text).unwrap();
    path
}

fn crashes_in_uploads(database: Database) {
    let runtime = Runtime::new().unwrap();
    let empty = Installation::new(database);
    let only_vendors =
        |name: &str| matches!(name, "import.report_answered" | "import.report_requested" | "import.downloaded");
    let first = Course { runtime: &runtime, from: &empty, scans: 1, report: Some(report(&empty, 1)) };
    let (uploaded, end) = first.without_crash();
    assert_eq!(end.scans[0]["scan"]["imported_findings"], 48, "{end:#?}");
    let second = Course { runtime: &runtime, from: &uploaded, scans: 2, report: Some(report(&empty, 2)) };
    second.sweep(only_vendors);
}

#[test]
fn fm_a13_a14_a15_an_upload_survives_a_crash_at_every_failpoint_on_sqlite() {
    crashes_in_uploads(Database::Sqlite);
}

#[test]
fn fm_a13_a14_a15_an_upload_survives_a_crash_at_every_failpoint_on_postgres() {
    crashes_in_uploads(Database::Postgres);
}

/// Pseudo-random numbers that are the same in every run of the test (xorshift).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// How many records are in, as the feed tells.
fn position(hub: &Hub) -> u64 {
    let done = |event: &Value| event["detail"]["done"].as_u64();
    let events = hub.scans().first().map(|scan| hub.imports(scan)).unwrap_or_default();
    let positions: Vec<u64> = events.iter().filter_map(done).collect();
    assert!(positions.is_sorted_by(|earlier, later| earlier < later), "progress went back: {positions:?}");
    positions.last().copied().unwrap_or_default()
}

const FINDINGS: u64 = 400;
const KILLS: u64 = 20;

fn kills_at_random(database: Database) {
    let runtime = Runtime::new().unwrap();
    let sim = nessus(&runtime);
    let connected = connected(database, &sim);
    completed_scan(&sim, u32::try_from(FINDINGS).unwrap());
    let course = Course { runtime: &runtime, from: &connected, scans: 1, report: None };
    let (_, expected) = course.without_crash();
    let installation = connected.copy();
    let mut draw = Draw(0x5ca_9e1f);
    let mut reached = 0;
    let mut in_the_middle = 0;
    for kill in 0..KILLS {
        // Forty batches, and seven times half a second at most: it is never over before its time.
        let mut hub = installation.start_with(&[("SCANHELM_FAILPOINT_REST", "import.batch.after_commit@100")]);
        // One in three at any time, perhaps while it starts or fetches; the others spread over the records.
        if kill % 3 == 0 {
            std::thread::sleep(Duration::from_millis(draw.below(500)));
        } else {
            let target = FINDINGS * kill / (KILLS + 1) + draw.below(FINDINGS / KILLS);
            let begun = Instant::now();
            while position(&hub) < target {
                assert!(begun.elapsed() < crate::hub::PATIENCE, "no progress to {target}");
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_micros(draw.below(15_000)));
        }
        let seen = position(&hub);
        assert!(seen >= reached, "kill {kill}: {seen} records are in, {reached} were before");
        reached = seen;
        in_the_middle += u64::from(0 < seen && seen < FINDINGS);
        hub.process.signal("-KILL");
        assert_eq!(hub.process.status().signal(), Some(SIGKILL));
    }
    assert!(in_the_middle >= KILLS / 2, "only {in_the_middle} of {KILLS} kills came while records came in");
    let hub = installation.start(None);
    hub.await_imported(1);
    assert_eq!(position(&hub), FINDINGS);
    let end = runtime.block_on(installation.end(hub));
    assert!(end == expected, "{}", difference(&expected, &end));
}

#[test]
fn fm_a34_an_import_survives_twenty_kills_at_random_on_sqlite() {
    kills_at_random(Database::Sqlite);
}

#[test]
fn fm_a34_an_import_survives_twenty_kills_at_random_on_postgres() {
    kills_at_random(Database::Postgres);
}
