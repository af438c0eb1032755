//! A `scanhelm serve` of its own: started, asked over HTTP as any client would, stopped.

use std::ffi::OsString;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use scanhelm_core::credential::Secret;
use scanhelm_hub::system::SystemClock;
use scanhelm_net::{HttpLimits, NetworkPolicy, Request, Upload, VendorHttp, VendorHttpOptions};
use scanhelm_testkit::postgres::PostgresDatabase;
use serde_json::{Value, json};
use url::Url;

use crate::failure::{Failure, Outcome, While};

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(15);
const JOB: Duration = Duration::from_mins(20);
const SORTING: Duration = Duration::from_mins(15);
/// Small against everything that is measured with it.
const LOOK: Duration = Duration::from_millis(1);

/// Where an installation lives.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) program: PathBuf,
    pub(crate) data: PathBuf,
    /// PostgreSQL in place of a file in the data folder.
    pub(crate) database_url: Option<String>,
    /// Further settings, by the names of their variables.
    pub(crate) settings: Vec<(&'static str, OsString)>,
}

impl Installation {
    /// In a folder that is not there yet, on a database of its own or in a file.
    pub(crate) fn on(program: &Path, data: PathBuf, database: Option<&PostgresDatabase>) -> Self {
        let database_url = database.map(|database| database.url().to_owned());
        Self { program: program.to_owned(), data, database_url, settings: Vec::new() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        // No setting of whoever measures may change what is measured.
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR"));
        command.envs(self.database_url.iter().map(|url| ("DATABASE_URL", url)));
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.args(arguments).arg("--data").arg(&self.data).stdin(Stdio::null());
        command
    }

    /// Runs a command that ends by itself and gives what it prints.
    fn run(&self, arguments: &[&str]) -> Outcome<String> {
        let what = format!("scanhelm {}", arguments.join(" "));
        let output = self.command(arguments).output().during(&what)?;
        if !output.status.success() {
            return Err(Failure::new(format!("{what}: {}", String::from_utf8_lossy(&output.stderr).trim())));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// An empty database of the current schema.
    pub(crate) fn migrate(&self) -> Outcome<()> {
        self.run(&["admin", "migrate"]).map(|_| ())
    }

    /// Makes the first company and gives the key of its administrator.
    pub(crate) fn bootstrap(&self) -> Outcome<Secret> {
        let arguments = ["admin", "bootstrap", "--company", "Bench", "--email", "bench@example.com", "--json"];
        let made: Value = serde_json::from_str(&self.run(&arguments)?).during("read the answer of bootstrap")?;
        made.get("api_key").and_then(Value::as_str).map(Secret::new).during("the API key of bootstrap")
    }

    /// The address for a database driver.
    pub(crate) fn database(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| format!("sqlite://{}", self.data.join("scanhelm.db").display()))
    }

    /// Starts the hub and waits until it is ready. Gives the time from the start of the process.
    pub(crate) async fn start(&self, key: Option<Secret>) -> Outcome<(RunningHub, Duration)> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).during("find a port")?;
        let log = self.data.with_extension("log");
        let log_file = File::create(&log).during(log.display())?;
        let client = client(&format!("http://{port}"))?;
        let mut command = self.command(&["serve", "--listen", &port.to_string()]);
        command.env("SCANHELM_NETWORK_ALLOW", "127.0.0.0/8").stdout(Stdio::null()).stderr(log_file);
        let started = Instant::now();
        let process = command.spawn().during(self.program.display())?;
        let address = format!("http://{port}");
        let hub =
            RunningHub { process, client, address, headers: key.map(|key| ("x-api-key", key)).into_iter().collect() };
        let request = Request::new("is the hub ready", &["readyz"]);
        // A client of its own each time: one that was told to come back later would.
        while self::client(&hub.address)?.get(&request).await.is_err() {
            if started.elapsed() > START {
                return Err(Failure::new(format!("the hub is not ready after {START:?}; see {}", log.display())));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok((hub, started.elapsed()))
    }
}

/// No budget, no breaker, no second attempt: each would show up as time.
fn client(address: &str) -> Outcome<VendorHttp> {
    let limits = HttpLimits {
        read_attempts: 1,
        requests_per_minute: 600_000,
        burst: 100_000,
        breaker_failures: u32::MAX,
        // A file begins when the hub has sorted what stands in it.
        silence: SORTING,
        pace_window: SORTING,
        ..HttpLimits::default()
    };
    let policy = NetworkPolicy::parse(&["127.0.0.0/8"]).map_err(|error| error.detail).during("the target policy")?;
    let base_url = Url::parse(address).during(address)?;
    let options = VendorHttpOptions {
        base_url,
        ca_pem: None,
        policy: Arc::new(policy),
        limits,
        clock: Arc::new(SystemClock),
        counted_as: None,
    };
    VendorHttp::new(options).map_err(|error| error.detail).during("build a client")
}

/// A hub that answers. Killed when it is dropped without [`stop`](Self::stop).
pub(crate) struct RunningHub {
    process: Child,
    client: VendorHttp,
    address: String,
    headers: Vec<(&'static str, Secret)>,
}

impl RunningHub {
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// `http://127.0.0.1:8480`
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) async fn get(&self, path: &[&str]) -> Outcome<Value> {
        let path = versioned(path);
        let request = Request::new("ask the hub", &path).headers(&self.headers);
        self.client.get(&request).await.and_then(|answer| answer.json()).during(path.join("/"))
    }

    pub(crate) async fn get_with(&self, path: &[&str], query: &[(&str, &str)]) -> Outcome<Value> {
        serde_json::from_slice(&self.read(path, query).await?).during(path.join("/"))
    }

    /// The answer as it came.
    pub(crate) async fn read(&self, path: &[&str], query: &[(&str, &str)]) -> Outcome<Vec<u8>> {
        let path = versioned(path);
        let request = Request::new("ask the hub", &path).query(query).headers(&self.headers);
        self.client.get(&request).await.map(|answer| answer.body.to_vec()).during(path.join("/"))
    }

    /// An answer into a file, which is whole when this succeeds. Gives its size.
    pub(crate) async fn download(&self, path: &[&str], query: &[(&str, &str)], into: &Path) -> Outcome<u64> {
        let path = versioned(path);
        // A page is as good an export as any.
        let request = Request::new("download", &path).query(query).headers(&self.headers).mislabelled();
        self.client.download(&request, into, u64::MAX).await.during(path.join("/"))
    }

    /// A client that nothing else uses.
    pub(crate) fn observer(&self) -> Outcome<Observer> {
        client(&self.address).map(Observer)
    }

    pub(crate) async fn post(&self, path: &[&str], body: &Value) -> Outcome<Value> {
        let path = versioned(path);
        let request = Request::new("ask the hub", &path).headers(&self.headers);
        let answer = self.client.post_json(&request, body).await.during(path.join("/"))?;
        answer.json().during(path.join("/"))
    }

    pub(crate) async fn delete(&self, path: &[&str]) -> Outcome<()> {
        let path = versioned(path);
        let request = Request::new("ask the hub", &path).headers(&self.headers);
        self.client.delete(&request).await.map(|_| ()).during(path.join("/"))
    }

    pub(crate) async fn patch(&self, path: &[&str], body: &Value) -> Outcome<Value> {
        let path = versioned(path);
        let request = Request::new("ask the hub", &path).headers(&self.headers);
        let answer = self.client.patch_json(&request, body).await.during(path.join("/"))?;
        answer.json().during(path.join("/"))
    }

    /// Connects a simulated Nessus that runs at this address.
    pub(crate) async fn connect_nessus(&self, base_url: &str) -> Outcome<()> {
        let integration = json!({
            "connector": "nessus", "name": "Nessus", "base_url": base_url, "enabled": true,
            "credentials": {"access_key": "sim-access-key", "secret_key": "sim-secret-key"},
        });
        self.post(&["integrations"], &integration).await.map(|_| ())
    }

    /// Sends a report and waits until it is imported. Gives the job's result.
    pub(crate) async fn import(&self, report: &Path) -> Outcome<Value> {
        let path = versioned(&["imports"]);
        let request = Request::new("send the report", &path).headers(&self.headers);
        let upload = Upload { path: report, field: "file", file_name: "bench.nessus", texts: &[] };
        let accepted: Value =
            self.client.upload(&request, &upload).await.during("upload")?.json().during("read the answer")?;
        self.job(&accepted).await
    }

    /// Waits for the end of the job that an answer names. Gives its result.
    pub(crate) async fn job(&self, accepted: &Value) -> Outcome<Value> {
        let job = accepted.get("job_id").and_then(Value::as_str).during("the job of an answer")?;
        let started = Instant::now();
        while started.elapsed() < JOB {
            let seen = self.get(&["jobs", job]).await?;
            match seen.get("state").and_then(Value::as_str) {
                Some("done") => return seen.get("result").cloned().during("the result of the import"),
                Some("queued" | "running") => tokio::time::sleep(Duration::from_millis(20)).await,
                _ => return Err(Failure::new(format!("the job did not end well: {seen}"))),
            }
        }
        Err(Failure::new(format!("the job is not done after {JOB:?}")))
    }

    /// Stops in order.
    pub(crate) async fn stop(mut self) -> Outcome<()> {
        signal(&self.process, Signal::SIGTERM)?;
        let started = Instant::now();
        while started.elapsed() < STOP {
            match self.process.try_wait().during("wait for the hub")? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(Failure::new(format!("the hub ended with {status}"))),
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        Err(Failure::new(format!("the hub did not stop within {STOP:?}")))
    }
}

/// Asks whether the hub is there, beside whatever else it is asked.
pub(crate) struct Observer(VendorHttp);

impl Observer {
    pub(crate) async fn health(&self) -> Outcome<()> {
        self.0.get(&Request::new("is the hub there", &["healthz"])).await.map(|_| ()).during("healthz")
    }
}

impl Drop for RunningHub {
    fn drop(&mut self) {
        // It has ended already when it was stopped in order.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn signal(process: &Child, signal: Signal) -> Outcome<()> {
    let number = i32::try_from(process.id()).during("a process number")?;
    kill(Pid::from_raw(number), signal).during("signal the hub")
}

fn versioned<'a>(path: &[&'a str]) -> Vec<&'a str> {
    ["api", "v1"].into_iter().chain(path.iter().copied()).collect()
}
