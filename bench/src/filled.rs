//! A hub with a large queue, filled as its users fill it: report after report. Lists and exports are measured on it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use scanhelm_testkit::postgres::PostgresDatabase;
use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::failure::{Failure, Outcome, While};
use crate::hub::{Installation, RunningHub};
use crate::import::Engine;
use crate::process;
use crate::report::{self, Plugins, Shape};
use crate::watch::percentile;

/// Findings of each host of the reports.
pub(crate) const EACH_HOST: u32 = 100;
/// Hosts of each report.
const HOSTS: u32 = 1000;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FilledFigures {
    pub(crate) engine: &'static str,
    pub(crate) load_before: String,
    pub(crate) findings: u64,
    pub(crate) imported: Imported,
}

/// While all reports came in, one after the other.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Imported {
    pub(crate) seconds: f64,
    pub(crate) findings_per_second: f64,
    pub(crate) peak_bytes: u64,
    /// Of `GET /healthz`.
    pub(crate) health_p50_ms: f64,
    pub(crate) health_p99_ms: f64,
}

/// The hub goes first when this is dropped, then what it stands on.
pub(crate) struct Filled {
    pub(crate) hub: RunningHub,
    pub(crate) installation: Installation,
    pub(crate) figures: FilledFigures,
    _database: Option<PostgresDatabase>,
    pub(crate) folder: TempDir,
}

impl Filled {
    pub(crate) async fn with(findings: u32, program: &Path, engine: Engine, work: &Path) -> Outcome<Self> {
        let load_before = process::load()?;
        let folder = tempfile::Builder::new().prefix("queue-").tempdir_in(work).during("make a folder")?;
        let database = (engine == Engine::Postgres).then(PostgresDatabase::create);
        let installation = Installation::on(program, folder.path().join("hub"), database.as_ref());
        let key = installation.bootstrap()?;
        let (hub, _) = installation.start(Some(key)).await?;
        let imported = import(&hub, findings, folder.path()).await?;
        crate::say(&format!(
            "{}: {:.0} findings/s, peak {} MB, healthz p99 {:.1} ms",
            engine.name(),
            imported.findings_per_second,
            imported.peak_bytes / 1_000_000,
            imported.health_p99_ms
        ));
        let figures = FilledFigures { engine: engine.name(), load_before, findings: u64::from(findings), imported };
        Ok(Self { hub, installation, figures, _database: database, folder })
    }
}

/// Reports of different hosts with the same plugins, as one vendor's weekly scans are.
async fn import(hub: &RunningHub, findings: u32, folder: &Path) -> Outcome<Imported> {
    let path = folder.join("report.nessus");
    let health = Health::watch(hub)?;
    let mut spent = Duration::ZERO;
    for number in 0..findings.div_ceil(HOSTS * EACH_HOST) {
        let hosts = HOSTS.min((findings - number * HOSTS * EACH_HOST).div_ceil(EACH_HOST));
        let shape = Shape { first_host: number * HOSTS, hosts, plugins: EACH_HOST, of: Plugins::Shared };
        report::write(&path, shape)?;
        let started = Instant::now();
        let result = hub.import(&path).await?;
        spent += started.elapsed();
        if result.get("created").and_then(Value::as_u64) != Some(u64::from(hosts * EACH_HOST)) {
            return Err(Failure::new(format!("not every finding of report {number} was created: {result}")));
        }
    }
    let waits = health.over().await?;
    Ok(Imported {
        seconds: spent.as_secs_f64(),
        findings_per_second: f64::from(findings) / spent.as_secs_f64(),
        peak_bytes: process::memory(hub.process())?.peak,
        health_p50_ms: milliseconds(percentile(&waits, 0.5)),
        health_p99_ms: milliseconds(percentile(&waits, 0.99)),
    })
}

/// Asks `GET /healthz` again and again, beside what is measured.
pub(crate) struct Health {
    over: Arc<AtomicBool>,
    waits: JoinHandle<Outcome<Vec<u64>>>,
}

impl Health {
    pub(crate) fn watch(hub: &RunningHub) -> Outcome<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let waits = tokio::spawn(watch_health(hub.observer()?, Arc::clone(&over)));
        Ok(Self { over, waits })
    }

    /// How long each answer took, in microseconds.
    pub(crate) async fn over(self) -> Outcome<Vec<u64>> {
        self.over.store(true, Ordering::Relaxed);
        self.waits.await.during("watch the hub's health")?
    }
}

async fn watch_health(hub: crate::hub::Observer, over: Arc<AtomicBool>) -> Outcome<Vec<u64>> {
    let mut waits = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        hub.health().await?;
        waits.push(asked.elapsed().as_micros() as u64);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(waits)
}

pub(crate) fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1000.0
}
