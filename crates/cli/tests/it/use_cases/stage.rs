//! A running hub and simulated vendors. The hub is reached by `/api/v1` only.

use std::rc::Rc;
use std::time::{Duration, Instant};

use scanhelm_vendor_sim::{Credentials, ScanSeed, ScanTruth, SeedState, Sim, SimConfig};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::hub::{PATIENCE, Running, ask, bootstrap, clean};

/// A hub in a hurry.
const SETTINGS: &[(&str, &str)] = &[
    ("SCANHELM_NETWORK_ALLOW", "127.0.0.0/8"),
    ("SCANHELM_SYNC_STATUS_INTERVAL", "200ms"),
    ("SCANHELM_SYNC_ADOPTION_INTERVAL", "400ms"),
    ("SCANHELM_SYNC_BACKFILL_INTERVAL", "200ms"),
    ("SCANHELM_LIMITS_REQUESTS_PER_MINUTE", "60000"),
];

/// The status words of the API.
pub(super) const STATUSES: [&str; 7] = ["queued", "running", "paused", "importing", "completed", "failed", "cancelled"];

const HOSTS: &[&str] = &["10.20.0.1", "10.20.0.2"];
const SITE: &[&str] = &["https://shop.example.com/"];

pub(super) struct Stage {
    folder: tempfile::TempDir,
    hub: Option<Running>,
    url: String,
    key: String,
    /// The simulators' threads: the tests block.
    runtime: Rc<Runtime>,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(SETTINGS)
    }

    pub(super) fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let key = bootstrap(&folder.path().join("data"));
        let mut stage = Self { folder, hub: None, url: String::new(), key, runtime: Rc::new(runtime) };
        stage.start(settings);
        stage
    }

    fn start(&mut self, settings: &[(&str, &str)]) {
        let mut command = clean();
        command.current_dir(self.folder.path()).envs(settings.iter().copied());
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(self.folder.path().join("data"));
        let (hub, url) = Running::listening(&mut command);
        (self.hub, self.url) = (Some(hub), url);
    }

    pub(super) fn restart(&mut self) {
        let mut hub = self.hub.take().unwrap();
        hub.signal("-TERM");
        assert!(hub.status().success(), "{}", hub.log);
        self.start(SETTINGS);
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// A vendor of the company, whose time stands still until it is told.
    pub(super) fn connect(&self, connector: &'static str) -> Vendor {
        let config = SimConfig { speed: 0.0, calls_per_hour: Some(1_000_000), ..SimConfig::new(connector) };
        let sim = self.runtime.block_on(Sim::start(config)).unwrap();
        let body = json!({
            "connector": connector, "name": format!("{connector} lab"), "base_url": sim.base_url(),
            "credentials": credentials(connector, sim.credentials()),
        });
        let made = self.call("POST", "integrations", Some(&body), 201);
        let targets = if connector == "acunetix" { SITE } else { HOSTS };
        Vendor { connector, sim, id: text(&made, "id"), targets, runtime: Rc::clone(&self.runtime) }
    }

    /// One call and its answer, whose status must be this.
    pub(super) fn call(&self, method: &str, path: &str, body: Option<&Value>, status: u16) -> Value {
        let (answered, text) = ask(&self.url, method, &format!("/api/v1/{path}"), Some(&self.key), body);
        assert_eq!(answered, status, "{method} {path}: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    pub(super) fn get(&self, path: &str) -> Value {
        self.call("GET", path, None, 200)
    }

    pub(super) fn items(&self, path: &str) -> Vec<Value> {
        self.get(path)["items"].as_array().unwrap().clone()
    }

    pub(super) fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.call("POST", path, Some(body), status)
    }

    pub(super) fn scan(&self, name: &str) -> Option<Value> {
        self.items("scans?limit=500").into_iter().find(|scan| scan["name"] == name)
    }

    /// Waits until a scan is there and so.
    pub(super) fn await_scan(&self, name: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.within(PATIENCE, &format!("{name} gets there"), || self.scan(name).filter(&is))
    }

    /// The same while the vendor's time passes.
    pub(super) fn await_scan_in(&self, vendor: &Vendor, name: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.within(PATIENCE, &format!("{name} gets there"), || {
            vendor.advance(3);
            self.scan(name).filter(&is)
        })
    }

    /// Waits for the end of a job; its result.
    pub(super) fn done(&self, ticket: &Value) -> Value {
        let path = format!("jobs/{}", text(ticket, "job_id"));
        let job = self.within(PATIENCE, "the job ends", || {
            Some(self.get(&path)).filter(|job| !matches!(job["state"].as_str(), Some("queued" | "running")))
        });
        assert_eq!(job["state"], "done", "{job:#}");
        job["result"].clone()
    }

    pub(super) fn within<T>(&self, time: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            let there = || format!("{:#?}\n{:#?}", self.items("scans?limit=500"), self.items("integrations"));
            assert!(begun.elapsed() < time, "never: {what}; there is {}", there());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

pub(super) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value:#}")).to_owned()
}

/// In the fields in which the vendor is logged in to.
fn credentials(connector: &str, known: &Credentials) -> Value {
    match connector {
        "qualys-vm" => json!({"username": known.username, "password": known.password}),
        "acunetix" => json!({"api_key": known.access_key}),
        _ => json!({"access_key": known.access_key, "secret_key": known.secret_key}),
    }
}

pub(super) struct Vendor {
    pub(super) connector: &'static str,
    pub(super) sim: Sim,
    /// Of the integration.
    pub(super) id: String,
    pub(super) targets: &'static [&'static str],
    runtime: Rc<Runtime>,
}

impl Vendor {
    /// Somebody makes a scan there.
    pub(super) fn add(&self, name: &str, state: SeedState) -> ScanTruth {
        let seed = ScanSeed {
            name: name.to_owned(),
            targets: self.targets.iter().map(|target| (*target).to_owned()).collect(),
            findings: 30,
            state,
            duration_s: 600,
            progress_percent: 40,
            age_s: 7200,
            ..ScanSeed::default()
        };
        self.runtime.block_on(async { self.sim.add_scan(seed) }).unwrap()
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.runtime.block_on(async { self.sim.advance(Duration::from_secs(seconds)) });
    }

    /// The ids in its own list.
    pub(super) fn scans(&self) -> Vec<String> {
        self.runtime.block_on(async { self.sim.scans() }).into_iter().map(|scan| scan.id).collect()
    }
}
