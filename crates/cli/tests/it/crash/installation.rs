//! A hub's data folder and database that can be copied, so that every crash begins at the same state and with the same
//! ids; further hubs on the same database; and what is in them in the end.

use std::collections::HashSet;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use scanhelm_core::job::{Job, JobState};
use scanhelm_core::page::PageRequest;
use scanhelm_store::{JobFilter, Store, StoreOptions};
use scanhelm_testkit::postgres::{PostgresDatabase, PostgresServer};
use serde_json::{Value, json};

use crate::hub::{PATIENCE, Running, ask, clean, ended, eventually};

/// A hub in a hurry: everything it waits for is short.
const SETTINGS: &[(&str, &str)] = &[
    ("SCANHELM_NETWORK_ALLOW", "127.0.0.0/8"),
    ("SCANHELM_SYNC_STATUS_INTERVAL", "150ms"),
    ("SCANHELM_SYNC_ADOPTION_INTERVAL", "300ms"),
    ("SCANHELM_SYNC_BACKFILL_INTERVAL", "150ms"),
    ("SCANHELM_SYNC_LEASE", "1s"),
    ("SCANHELM_JOBS_LEASE", "1s"),
    ("SCANHELM_JOBS_POLL", "50ms"),
    ("SCANHELM_LIMITS_REQUESTS_PER_MINUTE", "60000"),
    ("SCANHELM_IMPORT_BATCH_ROWS", "10"),
];

/// Of the company's first user.
pub(super) const EMAIL: &str = "ann@example.com";
pub(super) const PASSWORD: &str = "correct horse 7";

#[derive(Clone, Copy, Debug)]
pub(super) enum Database {
    Sqlite,
    Postgres,
}

/// What must be the same with and without crashes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct End {
    pub(super) findings: Vec<String>,
    pub(super) scans: Vec<Value>,
    pub(super) jobs: Vec<Value>,
    pub(super) spool: Vec<PathBuf>,
}

impl End {
    /// Transactions that the latest import of records took.
    pub(super) fn batches(&self) -> usize {
        let events = self.scans.last().unwrap()["imports"].as_array().unwrap();
        let kind = |event: &Value| event["kind"].as_str().unwrap().to_owned();
        let start = events.iter().rposition(|event| kind(event) == "import.start").unwrap();
        events[start..].iter().filter(|event| kind(event) == "import.progress").count()
    }
}

/// A company with an API key, on one of the databases.
#[derive(Debug)]
pub(super) struct Installation {
    folder: tempfile::TempDir,
    database: Option<Arc<PostgresDatabase>>,
    /// Where the hub finds the database, when something stands in between.
    through: Option<String>,
    company: String,
    key: String,
}

impl Installation {
    pub(super) fn new(database: Database) -> Self {
        Self::on(matches!(database, Database::Postgres).then(PostgresDatabase::create))
    }

    pub(super) fn on_server(server: &Arc<PostgresServer>) -> Self {
        Self::on(Some(server.create_database()))
    }

    fn on(database: Option<PostgresDatabase>) -> Self {
        let mut made = Self::empty(database.map(Arc::new));
        let arguments = ["admin", "bootstrap", "--json", "--company", "Example", "--email", EMAIL, "--password-stdin"];
        let password = made.folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let answer = ended(made.command(&arguments).stdin(std::fs::File::open(&password).unwrap()));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (made.company, made.key) = (text("company_id"), text("api_key"));
        made
    }

    /// Where nobody has bootstrapped anything.
    pub(super) fn empty(database: Option<Arc<PostgresDatabase>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, database, through: None, company: String::new(), key: String::new() }
    }

    /// The same installation once more; this one's hub must have stopped.
    pub(super) fn copy(&self) -> Self {
        let database = self.database.as_ref().map(|database| Arc::new(database.copy()));
        Self { database, ..self.sibling() }
    }

    /// Another hub's place on the same database.
    pub(super) fn sibling(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copied = Command::new("cp").arg("-a").arg(self.data()).arg(folder.path()).status().unwrap();
        assert!(copied.success());
        Self {
            folder,
            database: self.database.clone(),
            through: self.through.clone(),
            company: self.company.clone(),
            key: self.key.clone(),
        }
    }

    /// The same database by another address.
    pub(super) fn through(self, url: String) -> Self {
        Self { through: Some(url), ..self }
    }

    pub(super) fn database(&self) -> &PostgresDatabase {
        self.database.as_ref().unwrap()
    }

    /// For looking into the database beside the hub.
    pub(super) async fn store(&self) -> Store {
        let sqlite = || format!("sqlite://{}", self.data().join("scanhelm.db").display());
        let url = self.database.as_ref().map_or_else(sqlite, |database| database.url().to_owned());
        Store::open(&StoreOptions { url, readers: 1 }).await.unwrap()
    }

    /// The jobs of a kind that some hub leases.
    pub(super) async fn running(&self, store: &Store, kind: &str) -> Vec<Job> {
        let filter = JobFilter { kind: Some(kind.to_owned()), state: Some(JobState::Running) };
        store.jobs(self.company.parse().unwrap(), &PageRequest::default(), &filter).await.unwrap().items
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Outside of the hub's data.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = clean();
        command.current_dir(self.folder.path()).args(arguments).arg("--data").arg(self.data());
        if let Some(database) = &self.database {
            command.env("DATABASE_URL", self.through.as_deref().unwrap_or(database.url()));
        }
        command
    }

    pub(super) fn start(&self, failpoint: Option<&str>) -> Hub {
        self.start_with(failpoint.map(|failpoint| ("SCANHELM_FAILPOINT", failpoint)).as_slice())
    }

    /// With further settings.
    pub(super) fn start_with(&self, settings: &[(&str, &str)]) -> Hub {
        let (process, url) = self.serve(settings).until_listening();
        Hub { process, url, key: self.key.clone() }
    }

    /// Without waiting for anything.
    pub(super) fn serve(&self, settings: &[(&str, &str)]) -> Running {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.envs(SETTINGS.iter().copied()).envs(settings.iter().copied());
        Running::start(&mut command)
    }

    /// Stops the hub in order and tells what it left.
    pub(super) async fn end(&self, mut hub: Hub) -> End {
        let scans = hub.scans().iter().map(|scan| hub.facts(scan)).collect();
        let mut jobs: Vec<Value> = hub.jobs("").iter().filter(|job| job["kind"] != "sync").map(outcome).collect();
        jobs.sort_by_key(Value::to_string);
        hub.stop();
        let spool = std::fs::read_dir(self.data().join("spool"))
            .map_or_else(|_| Vec::new(), |folder| folder.map(|entry| entry.unwrap().path()).collect());
        let store = self.store().await;
        let findings = store.dump_findings(self.company.parse().unwrap()).await.unwrap();
        store.close().await.unwrap();
        End { findings, scans, jobs, spool }
    }
}

/// A running hub and a caller with the key of its company.
pub(super) struct Hub {
    pub(super) process: Running,
    pub(super) url: String,
    key: String,
}

impl Hub {
    pub(super) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, text) = ask(&self.url, method, &format!("/api/v1/{path}"), Some(&self.key), body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// The status of the answer, whatever it is, and its text.
    pub(super) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
        ask(&self.url, method, &format!("/api/v1/{path}"), Some(&self.key), body)
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn items(&self, path: &str) -> Vec<Value> {
        self.call("GET", path, None)["items"].as_array().unwrap().clone()
    }

    /// The oldest first.
    pub(super) fn scans(&self) -> Vec<Value> {
        self.items("scans?sort=created_at")
    }

    pub(super) fn jobs(&self, state: &str) -> Vec<Value> {
        self.items(&format!("jobs?limit=500&{state}"))
    }

    pub(super) fn is_idle(&self) -> bool {
        self.jobs("state=queued").is_empty() && self.jobs("state=running").is_empty()
    }

    /// The feed of a scan about its imports, the oldest first.
    pub(super) fn imports(&self, scan: &Value) -> Vec<Value> {
        let mut events = self.items(&format!("scans/{}/activity?limit=500", scan["id"].as_str().unwrap()));
        events.retain(|event| event["kind"].as_str().unwrap().starts_with("import."));
        events.sort_by_key(|event| event["seq"].as_i64());
        events
    }

    /// A scan without ids and without the hub's own times.
    fn facts(&self, scan: &Value) -> Value {
        let runs = self.items(&format!("scans/{}/runs", scan["id"].as_str().unwrap()));
        let runs: Vec<Value> =
            runs.iter().map(|run| without(run, &["id", "scan_id", "created_at", "finished_at"])).collect();
        let imports: Vec<Value> = self
            .imports(scan)
            .iter()
            .map(|event| json!({"kind": event["kind"], "message": event["message"]}))
            .collect();
        let own = ["id", "run_id", "created_at", "finished_at", "last_observed_at", "version", "stale"];
        json!({"scan": without(scan, &own), "runs": runs, "imports": imports})
    }

    /// For a hub that may not live to answer.
    pub(super) fn send_and_forget(&self, method: &str, path: &str, body: Option<&Value>) {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} /api/v1/{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nX-API-Key: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        std::thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()));
    }

    /// Waits until the work that a 202 named has succeeded.
    pub(super) fn await_job(&self, accepted: &Value) {
        let path = format!("jobs/{}", accepted["job_id"].as_str().unwrap());
        let ended = eventually("the end of a job", || {
            let job = self.call("GET", &path, None);
            (!matches!(job["state"].as_str(), Some("queued" | "running"))).then_some(job)
        });
        assert_eq!(ended["state"], "done", "{ended}");
    }

    /// Waits until so many scans have completed and are imported, and no work is left.
    pub(super) fn await_imported(&self, scans: usize) {
        self.await_that("every scan is imported and no job is left", |hub| {
            let listed = hub.scans();
            let over = |scan: &Value| {
                scan["vendor_state"] == "completed"
                    && matches!(scan["import_state"].as_str(), Some("done" | "partial" | "failed"))
            };
            listed.len() == scans && listed.iter().all(over) && hub.is_idle()
        });
    }

    /// Waits for something; tells what there is instead when it does not come.
    pub(super) fn await_that(&self, what: &str, is: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is(self) {
            let found = || format!("{:#?}\n{:#?}\n{:#?}", self.scans(), self.jobs(""), self.items("integrations"));
            assert!(begun.elapsed() < PATIENCE, "never: {what}; there is {}", found());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(super) fn send(&self, report: &Path) -> Running {
        let mut command = clean();
        command.env("SCANHELM_API_KEY", &self.key).args(["import", "--hub", &self.url]).arg(report);
        Running::start(&mut command)
    }

    /// As `kill -9` does it.
    pub(super) fn kill(mut self) {
        self.process.signal("-KILL");
        assert_eq!(self.process.status().signal(), Some(9));
    }

    pub(super) fn stop(&mut self) {
        self.process.signal("-TERM");
        let status = self.process.status();
        assert!(status.success(), "{status}\n{}", self.process.log);
    }
}

/// How a job ended, without ids.
fn outcome(job: &Value) -> Value {
    let result = without(&job["result"], &["scan_id", "command_id"]);
    json!({"kind": job["kind"], "state": job["state"], "result": result, "error": job["error"]})
}

fn without(value: &Value, names: &[&str]) -> Value {
    let names: HashSet<&str> = names.iter().copied().collect();
    match value.as_object() {
        Some(fields) => fields
            .iter()
            .filter(|(name, _)| !names.contains(name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        None => value.clone(),
    }
}
