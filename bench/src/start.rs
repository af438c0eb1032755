//! What people feel before any work is done: how soon the program answers, and what it takes while it idles.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use crate::failure::{Failure, Outcome, While};
use crate::figures::median;
use crate::hub::Installation;
use crate::process;

const STARTS: usize = 7;
const CALLS: usize = 15;
const IDLE: Duration = Duration::from_secs(30);
/// Until a hub that has nothing to do has done what it does at its start.
const SETTLED: Duration = Duration::from_secs(10);
const ADOPTION: Duration = Duration::from_mins(1);

#[derive(Debug, Serialize)]
pub(crate) struct StartFigures {
    pub(crate) load_before: String,
    /// Milliseconds from the start of the process to a ready hub, medians.
    pub(crate) first_ready_ms: f64,
    pub(crate) later_ready_ms: f64,
    pub(crate) version_ms: f64,
    pub(crate) help_ms: f64,
    pub(crate) binary_bytes: u64,
    /// Of a hub that has just been set up.
    pub(crate) empty_bytes: u64,
    pub(crate) idle_bytes: u64,
    pub(crate) idle_peak_bytes: u64,
    /// Scans of the vendor that the idle hub had adopted.
    pub(crate) idle_scans: u64,
}

pub(crate) async fn measure(program: &Path, simulator: &Path, work: &Path) -> Outcome<StartFigures> {
    let load_before = process::load()?;
    let binary_bytes = program.metadata().during(program.display())?.len();
    let (first_ready_ms, later_ready_ms) = readiness(program, work).await?;
    let (version_ms, help_ms) = (call(program, "--version")?, call(program, "--help")?);
    let (empty_bytes, memory, idle_scans) = idle(program, simulator, work).await?;
    Ok(StartFigures {
        load_before,
        first_ready_ms,
        later_ready_ms,
        version_ms,
        help_ms,
        binary_bytes,
        empty_bytes,
        idle_bytes: memory.now,
        idle_peak_bytes: memory.peak,
        idle_scans,
    })
}

/// With a folder and database to make, and with both there.
async fn readiness(program: &Path, work: &Path) -> Outcome<(f64, f64)> {
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let folder = tempfile::Builder::new().prefix("start-").tempdir_in(work).during("make a folder")?;
        let installation = Installation::on(program, folder.path().join("hub"), None);
        for times in [&mut first, &mut later] {
            let (hub, time) = installation.start(None).await?;
            times.push(time.as_secs_f64() * 1000.0);
            hub.stop().await?;
        }
    }
    Ok((median(first), median(later)))
}

fn call(program: &Path, argument: &str) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let started = Instant::now();
        let output = Command::new(program).arg(argument).stdin(Stdio::null()).output().during(program.display())?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        if !output.status.success() {
            return Err(Failure::new(format!("{} {argument} ended with {}", program.display(), output.status)));
        }
    }
    Ok(median(times))
}

/// The hub's memory with nothing to do, and half a minute after it has taken in a vendor's scans; how many these are.
async fn idle(program: &Path, simulator: &Path, work: &Path) -> Outcome<(u64, process::Memory, u64)> {
    let folder = tempfile::Builder::new().prefix("idle-").tempdir_in(work).during("make a folder")?;
    let installation = Installation::on(program, folder.path().join("hub"), None);
    let key = installation.bootstrap()?;
    let (hub, _) = installation.start(Some(key)).await?;
    tokio::time::sleep(SETTLED).await;
    let empty = process::memory(hub.process())?.now;
    let vendor = Vendor::start(simulator)?;
    hub.connect_nessus(&vendor.address).await?;
    let started = Instant::now();
    let mut adopted = 0;
    while adopted == 0 {
        if started.elapsed() > ADOPTION {
            return Err(Failure::new(format!("no scan of the simulated vendor was adopted within {ADOPTION:?}")));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let scans = hub.get(&["scans"]).await?;
        adopted = scans.get("items").and_then(Value::as_array).map_or(0, |scans| scans.len() as u64);
    }
    tokio::time::sleep(IDLE).await;
    let memory = process::memory(hub.process())?;
    hub.stop().await?;
    Ok((empty, memory, adopted))
}

/// A simulated vendor. Killed when it is dropped.
struct Vendor {
    process: Child,
    address: String,
}

impl Vendor {
    fn start(simulator: &Path) -> Outcome<Self> {
        let what = simulator.display();
        let mut process = Command::new(simulator)
            .args(["nessus", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .during(what)?;
        let stdout = process.stdout.take();
        let mut vendor = Self { process, address: String::new() };
        let mut line = String::new();
        BufReader::new(stdout.during("the simulator's output")?).read_line(&mut line).during("the simulator")?;
        vendor.address = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .during(format!("the simulator's address in `{}`", line.trim()))?
            .to_owned();
        Ok(vendor)
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        // It serves until somebody ends it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
