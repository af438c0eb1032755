//! A large report through the API, and beside it the limit that the database sets.

use std::path::Path;
use std::time::Instant;

use clap::ValueEnum;
use scanhelm_testkit::postgres::PostgresDatabase;
use serde::Serialize;
use serde_json::Value;

use crate::baseline;
use crate::failure::{Failure, Outcome, While};
use crate::figures::median;
use crate::hub::{Installation, RunningHub};
use crate::process;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// The report to import.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) path: &'a Path,
    pub(crate) findings: u64,
}

/// One import as the client and the operating system saw it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Pass {
    /// From the first byte sent to the job's end.
    pub(crate) seconds: f64,
    pub(crate) findings_per_second: f64,
    /// Processor time of the hub's process.
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_bytes: u64,
}

/// One run: the import, the same file again, and the bare inserts of its rows.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Pair {
    pub(crate) first: Pass,
    pub(crate) again: Pass,
    pub(crate) bare_seconds: f64,
    pub(crate) bare_findings_per_second: f64,
    /// The import's rate as a part of the bare rate.
    pub(crate) share: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct ImportFigures {
    pub(crate) engine: &'static str,
    pub(crate) findings: u64,
    pub(crate) report_bytes: u64,
    pub(crate) load_before: String,
    pub(crate) median: Pair,
    pub(crate) pairs: Vec<Pair>,
}

pub(crate) async fn measure(
    program: &Path,
    engine: Engine,
    report: &Report<'_>,
    repeats: u32,
    work: &Path,
) -> Outcome<ImportFigures> {
    let load_before = process::load()?;
    let report_bytes = report.path.metadata().during(report.path.display())?.len();
    let mut pairs = Vec::new();
    for number in 1..=repeats {
        let pair = pair(program, engine, report, work).await?;
        crate::say(&format!(
            "{} {number}/{repeats}: {:.0} findings/s, again {:.0}/s, bare {:.0}/s, share {:.2}, peak {} MB",
            engine.name(),
            pair.first.findings_per_second,
            pair.again.findings_per_second,
            pair.bare_findings_per_second,
            pair.share,
            pair.first.peak_bytes / 1_000_000
        ));
        pairs.push(pair);
    }
    let pass = |of: fn(&Pair) -> Pass| Pass {
        seconds: median(pairs.iter().map(|pair| of(pair).seconds)),
        findings_per_second: median(pairs.iter().map(|pair| of(pair).findings_per_second)),
        cpu_seconds: median(pairs.iter().map(|pair| of(pair).cpu_seconds)),
        peak_bytes: median(pairs.iter().map(|pair| of(pair).peak_bytes as f64)) as u64,
    };
    let median = Pair {
        first: pass(|pair| pair.first),
        again: pass(|pair| pair.again),
        bare_seconds: median(pairs.iter().map(|pair| pair.bare_seconds)),
        bare_findings_per_second: median(pairs.iter().map(|pair| pair.bare_findings_per_second)),
        share: median(pairs.iter().map(|pair| pair.share)),
    };
    Ok(ImportFigures { engine: engine.name(), findings: report.findings, report_bytes, load_before, median, pairs })
}

async fn pair(program: &Path, engine: Engine, report: &Report<'_>, work: &Path) -> Outcome<Pair> {
    let folder = tempfile::Builder::new().prefix("import-").tempdir_in(work).during("make a folder")?;
    let databases = (engine == Engine::Postgres).then(|| (PostgresDatabase::create(), PostgresDatabase::create()));
    let (hub_database, bare_database) = databases.as_ref().map(|(hub, bare)| (hub, bare)).unzip();
    let hub_side = Installation::on(program, folder.path().join("hub"), hub_database);
    let bare_side = Installation::on(program, folder.path().join("bare"), bare_database);
    let key = hub_side.bootstrap()?;
    let (hub, _) = hub_side.start(Some(key)).await?;
    let first = pass(&hub, report, "created").await?;
    process::forget_peak(hub.process())?;
    let again = pass(&hub, report, "unchanged").await?;
    hub.stop().await?;
    bare_side.migrate()?;
    let bare = baseline::measure(&hub_side.database(), &bare_side.database()).await?;
    if bare.findings != report.findings {
        return Err(Failure::new(format!("{} findings were stored, not {}", bare.findings, report.findings)));
    }
    let bare_seconds = bare.time.as_secs_f64();
    let bare_findings_per_second = report.findings as f64 / bare_seconds;
    let share = first.findings_per_second / bare_findings_per_second;
    Ok(Pair { first, again, bare_seconds, bare_findings_per_second, share })
}

/// Imports, and makes sure that every finding of the report ended as `expected`.
async fn pass(hub: &RunningHub, report: &Report<'_>, expected: &str) -> Outcome<Pass> {
    let cpu_before = process::cpu_seconds(hub.process())?;
    let started = Instant::now();
    let result = hub.import(report.path).await?;
    let seconds = started.elapsed().as_secs_f64();
    if result.get(expected).and_then(Value::as_u64) != Some(report.findings) {
        return Err(Failure::new(format!("not all of {} findings were {expected}: {result}", report.findings)));
    }
    Ok(Pass {
        seconds,
        findings_per_second: report.findings as f64 / seconds,
        cpu_seconds: process::cpu_seconds(hub.process())? - cpu_before,
        peak_bytes: process::memory(hub.process())?.peak,
    })
}
