//! Scans of a vendor from the shell: ordered, followed, and followed on while the hub restarts.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use scanhelm_vendor_sim::{ScanSeed, SeedState, Sim, SimConfig};
use serde_json::{Value, json};

use crate::hub::{Running, ask, bootstrap, clean, ended, eventually};

/// A simulated vendor whose time stands still until it is told, on threads of its own: the tests block.
struct Vendor {
    runtime: tokio::runtime::Runtime,
    sim: Sim,
}

impl Vendor {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut config = SimConfig::new("nessus");
        config.speed = 0.0;
        let sim = runtime.block_on(Sim::start(config)).unwrap();
        Self { runtime, sim }
    }

    fn add(&self, name: &str, state: SeedState) {
        let seed = ScanSeed {
            name: name.to_owned(),
            hosts: 2,
            findings: 10,
            state,
            duration_s: 600,
            progress_percent: 40,
            ..ScanSeed::default()
        };
        self.runtime.block_on(async { self.sim.add_scan(seed) }).unwrap();
    }

    fn advance(&self, seconds: u64) {
        self.runtime.block_on(async { self.sim.advance(Duration::from_secs(seconds)) });
    }
}

fn serve(data: &Path, listen: &str) -> Running {
    let mut command = clean();
    command.current_dir(data.parent().unwrap());
    command.env("SCANHELM_NETWORK_ALLOW", "127.0.0.0/8");
    for setting in ["STATUS_INTERVAL", "ADOPTION_INTERVAL", "BACKFILL_INTERVAL"] {
        command.env(format!("SCANHELM_SYNC_{setting}"), "500ms");
    }
    command.env("SCANHELM_LIMITS_REQUESTS_PER_MINUTE", "60000");
    command.args(["serve", "--listen", listen, "--data"]).arg(data);
    let mut hub = Running::start(&mut command);
    hub.log_line("listening on");
    hub
}

/// A hub with the vendor connected, and a client for it.
struct Scene {
    _parent: tempfile::TempDir,
    data: std::path::PathBuf,
    listen: String,
    url: String,
    key: String,
    hub: Option<Running>,
}

impl Scene {
    fn with(vendor: &Vendor) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        // Taken and given back, so that the restarted hub can have the same one.
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let hub = serve(&data, &listen);
        let url = format!("http://{listen}");
        let key = bootstrap(&data);
        let credentials = vendor.sim.credentials();
        let integration = json!({
            "connector": "nessus",
            "name": "Nessus",
            "base_url": vendor.sim.base_url(),
            "credentials": {"access_key": credentials.access_key, "secret_key": credentials.secret_key},
        });
        let (status, body) = ask(&url, "POST", "/api/v1/integrations", Some(&key), Some(&integration));
        assert_eq!(status, 201, "{body}");
        Self { _parent: parent, data, listen, url, key, hub: Some(hub) }
    }

    fn client(&self) -> Command {
        let mut command = clean();
        command.env("SCANHELM_HUB", &self.url).env("SCANHELM_API_KEY", &self.key);
        command
    }

    fn scan(&self, name: &str) -> Option<Value> {
        let listed = ended(self.client().args(["scans", "ls", "-o", "json", "--search", name]));
        assert_eq!(listed.code, 0, "{}", listed.stderr);
        let scans: Value = serde_json::from_str(&listed.stdout).unwrap();
        scans.as_array().unwrap().first().cloned()
    }

    fn until(&self, name: &str, status: &str) -> String {
        let scan =
            eventually(&format!("{name} is {status}"), || self.scan(name).filter(|scan| scan["status"] == status));
        scan["id"].as_str().unwrap().to_owned()
    }

    fn order(&self, order: &str, id: &str) {
        let ordered = ended(self.client().args(["scans", order, id]));
        assert_eq!(ordered.code, 0, "{order}: {}", ordered.stderr);
    }
}

#[test]
fn a_scan_is_paused_resumed_and_stopped_and_the_watch_says_how_it_ended() {
    let vendor = Vendor::start();
    vendor.add("steered", SeedState::Running);
    let scene = Scene::with(&vendor);
    let id = scene.until("steered", "running");
    for (order, status) in [("pause", "paused"), ("resume", "running"), ("stop", "cancelled")] {
        scene.order(order, &id);
        eventually(&format!("{order} was carried out"), || {
            vendor.advance(30);
            std::thread::sleep(Duration::from_millis(200));
            scene.scan("steered").filter(|scan| scan["status"] == status)
        });
    }
    let watched = ended(scene.client().args(["scans", "watch", &id]));
    assert_eq!(watched.code, 3, "{}", watched.stderr);
    assert!(watched.stdout.contains("scan.cancelled"), "{}", watched.stdout);
    let refused = ended(scene.client().args(["scans", "pause", &id]));
    assert_eq!(refused.code, 2);
    assert!(!refused.stderr.is_empty() && refused.stdout.is_empty());
}

#[test]
fn a_watch_goes_on_through_a_restart_of_the_hub_and_misses_nothing() {
    let vendor = Vendor::start();
    vendor.add("watched", SeedState::Running);
    let mut scene = Scene::with(&vendor);
    let id = scene.until("watched", "running");
    let mut watch = Running::start(scene.client().args(["scans", "watch", &id, "--output", "json"]));
    let mut seen = vec![watch.out_line("\"event\"")];
    let mut hub = scene.hub.take().unwrap();
    hub.signal("-TERM");
    assert_eq!(hub.wait().0, Some(0), "{}", hub.log);
    watch.log_line("trying again");
    vendor.advance(1200);
    scene.hub = Some(serve(&scene.data, &scene.listen));
    while !seen.last().unwrap().contains("import.complete") {
        seen.push(watch.out_line("\"event\""));
    }
    assert_eq!(watch.wait().0, Some(0), "{}", watch.log);
    let numbers: Vec<i64> =
        seen.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["data"]["seq"].as_i64().unwrap()).collect();
    let mut sorted = numbers.clone();
    sorted.dedup();
    sorted.sort_unstable();
    assert_eq!(numbers, sorted, "in order and each once");
    let (_, body) =
        ask(&scene.url, "GET", &format!("/api/v1/scans/{id}/activity?sort=seq&limit=500"), Some(&scene.key), None);
    let feed: Value = serde_json::from_str(body.trim()).unwrap_or_else(|error| panic!("{error}: {body}"));
    let whole: Vec<i64> = feed["items"].as_array().unwrap().iter().map(|one| one["seq"].as_i64().unwrap()).collect();
    assert!(whole.starts_with(&numbers), "{whole:?} {numbers:?}");
    let table = ended(scene.client().args(["status"]));
    assert!(table.stdout.contains("1 completed") && table.stdout.contains("healthy"), "{}", table.stdout);
}

/// Whoever stops waiting stops nothing: the scan goes on, and is told how to come back to.
#[test]
fn fm_h04_ctrl_c_while_waiting_leaves_the_scan_running() {
    let vendor = Vendor::start();
    vendor.add("patient", SeedState::Running);
    let scene = Scene::with(&vendor);
    let id = scene.until("patient", "running");
    let mut watch = Running::start(scene.client().args(["scans", "watch", &id, "--output", "json"]));
    watch.out_line("\"event\"");
    watch.signal("-INT");
    assert_eq!(watch.wait().0, Some(130), "{}", watch.log);
    watch.log_line(&format!("scanhelm scans watch {id}"));
    assert_eq!(scene.scan("patient").unwrap()["status"], "running");
    vendor.advance(1200);
    scene.until("patient", "completed");
}

/// `| head`: enough was seen, which is no error and no panic.
#[test]
fn fm_h05_a_closed_output_pipe_is_a_quiet_end() {
    for arguments in [&["openapi"][..], &["--help"]] {
        let mut child = clean()
            .args(arguments)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code().is_some(), "{arguments:?} died of a signal");
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{arguments:?}: {said}");
    }
    let vendor = Vendor::start();
    for number in 0..40 {
        vendor.add(&format!("scan {number}"), SeedState::Running);
    }
    let scene = Scene::with(&vendor);
    scene.until("scan 39", "running");
    let mut listing = scene.client();
    let mut child = listing
        .args(["scans", "ls"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}
