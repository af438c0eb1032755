//! Measures the release binary from outside, as its users meet it: processes, HTTP, files.
//!
//! Wall time on a shared machine drifts by tens of per cent from one minute to the next. So everything is a median,
//! and the one figure that matters most, the import's rate, is also given as a part of the database's own rate
//! measured in the same minute: that ratio can be compared between machines and days.

mod baseline;
mod estate;
mod exports;
mod failure;
mod figures;
mod filled;
mod hub;
mod import;
mod local;
mod neighbours;
mod parse;
mod process;
mod queue;
mod report;
mod scale;
mod start;
mod vendors;
mod watch;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use failure::{Failure, Outcome, While};
use figures::Figures;
use filled::Filled;
use import::{Engine, Report};
use report::{Plugins, Shape};
use scale::{SCANS_EACH, Spans};

#[derive(Debug, Parser)]
#[command(name = "bench/run.sh", about = "Measures Scanhelm")]
struct Arguments {
    /// The binary to measure
    #[arg(long, value_name = "FILE")]
    scanhelm: PathBuf,
    /// The simulated vendor
    #[arg(long, value_name = "FILE")]
    simulator: PathBuf,
    /// Folder for the results, and for what is needed meanwhile
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Measure only this, repeatable [default: everything]
    #[arg(long, value_name = "PART")]
    part: Vec<Part>,
    /// Hosts of the generated report
    #[arg(long, value_name = "N", default_value_t = 1000)]
    hosts: u32,
    /// Findings of each host
    #[arg(long, value_name = "N", default_value_t = 100)]
    plugins: u32,
    /// Import this report in place of a generated one; it has --hosts times --plugins findings
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Imports into each database
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: u32,
    /// Size of the report that `parse` reads, in megabytes
    #[arg(long, value_name = "N", default_value_t = 1000)]
    megabytes: u32,
    /// Sources that real tools look at in `local`
    #[arg(long, value_name = "FOLDER", default_value = ".tools/sources")]
    sources: PathBuf,
    /// Scans that run at once, in thousands, repeatable [default: 1, 3 and 10]
    #[arg(long, value_name = "THOUSANDS")]
    scans: Vec<u32>,
    /// Database under the many scans [default: sqlite], and under the large queue of `queue` and `export` [default: both]
    #[arg(long, value_enum, value_name = "DATABASE")]
    database: Option<Engine>,
    /// Only whether `scale`, `neighbours`, `queue`, `export` and `local` still work: small ones, for a few seconds
    #[arg(long)]
    quick: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Start,
    Sqlite,
    Postgres,
    Scale,
    Neighbours,
    Parse,
    /// Every list at a million findings and a hundred thousand scans
    Queue,
    /// A million findings as a file in every format
    Export,
    /// Local scans, on top of the tools that they run
    Local,
}

impl Arguments {
    fn scale_database(&self) -> Engine {
        self.database.unwrap_or(Engine::Sqlite)
    }

    fn queue_databases(&self) -> Vec<Engine> {
        self.database.map_or_else(|| vec![Engine::Sqlite, Engine::Postgres], |engine| vec![engine])
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells on standard error how far it is.
pub(crate) fn say(text: &str) {
    // Nobody is left to tell when it is closed.
    let _ = writeln!(std::io::stderr(), "bench: {text}");
}

async fn run(arguments: &Arguments) -> Outcome<()> {
    let canonical = |path: &Path| path.canonicalize().during(path.display());
    let (program, simulator) = (canonical(&arguments.scanhelm)?, canonical(&arguments.simulator)?);
    let out = canonical(&arguments.out)?;
    let wanted = |part| arguments.part.is_empty() || arguments.part.contains(&part);
    let mut figures = Figures {
        version: env!("CARGO_PKG_VERSION"),
        machine: process::machine()?,
        start: None,
        imports: Vec::new(),
        scale: None,
        neighbours: None,
        parse: None,
        queues: Vec::new(),
        exports: Vec::new(),
        local: None,
    };
    if wanted(Part::Start) {
        say("start and idle");
        figures.start = Some(start::measure(&program, &simulator, &out).await?);
    }
    if wanted(Part::Sqlite) || wanted(Part::Postgres) {
        let findings = u64::from(arguments.hosts) * u64::from(arguments.plugins);
        if findings == 0 || arguments.repeats == 0 {
            return Err(Failure::new("--hosts, --plugins and --repeats are at least 1"));
        }
        let generated = out.join("bench.nessus");
        let path = arguments.report.as_ref().unwrap_or(&generated);
        if arguments.report.is_none() {
            say("generating the report");
            let (hosts, plugins) = (arguments.hosts, arguments.plugins);
            report::write(&generated, Shape { first_host: 0, hosts, plugins, of: Plugins::Unique })?;
        }
        let report = Report { path, findings };
        for (part, engine) in [(Part::Sqlite, Engine::Sqlite), (Part::Postgres, Engine::Postgres)] {
            if wanted(part) {
                let measured = import::measure(&program, engine, &report, arguments.repeats, &out).await?;
                figures.imports.push(measured);
            }
        }
        if arguments.report.is_none() {
            std::fs::remove_file(&generated).during(generated.display())?;
        }
    }
    if wanted(Part::Scale) {
        say("many scans");
        let (integrations, spans) = many(arguments);
        let measured = scale::measure(&program, arguments.scale_database(), &integrations, spans, &out).await?;
        figures.scale = Some(measured);
    }
    if wanted(Part::Neighbours) {
        say("a slow and a dead vendor");
        let (size, pairs, spans) =
            if arguments.quick { ((10, 20), 1, spans(20, SHORT)) } else { ((20, 50), 2, spans(60, neighbours::LASTS)) };
        let measured = neighbours::measure(&program, arguments.scale_database(), size, pairs, spans, &out).await?;
        figures.neighbours = Some(measured);
    }
    if wanted(Part::Parse) {
        say("reading a large report");
        figures.parse = Some(parse::measure(&program, arguments.megabytes, arguments.repeats, &out)?);
    }
    if wanted(Part::Queue) || wanted(Part::Export) {
        say("a large queue");
        let (findings, scans) = if arguments.quick { (2000, 200) } else { (1_000_000, 100_000) };
        for engine in arguments.queue_databases() {
            let filled = Filled::with(findings, &program, engine, &out).await?;
            if wanted(Part::Export) {
                figures.exports.push(exports::measure(&filled).await?);
            }
            if wanted(Part::Queue) {
                figures.queues.push(queue::measure(&filled, scans).await?);
            }
            filled.hub.stop().await?;
        }
    }
    if wanted(Part::Local) {
        say("local scans");
        let sources = canonical(&arguments.sources)?;
        figures.local = Some(local::measure(&program, &sources, &out, arguments.quick).await?);
    }
    let json = serde_json::to_string_pretty(&figures).during("write the figures")?;
    std::fs::write(out.join("figures.json"), json + "\n").during("figures.json")?;
    let markdown = figures.markdown();
    std::fs::write(out.join("figures.md"), &markdown).during("figures.md")?;
    std::io::stdout().write_all(markdown.as_bytes()).during("standard output")
}

/// How many integrations to measure, and how long each.
fn many(arguments: &Arguments) -> (Vec<u32>, Spans) {
    if arguments.quick {
        return (vec![5], spans(20, SHORT));
    }
    let thousands = if arguments.scans.is_empty() { &[1, 3, 10] } else { arguments.scans.as_slice() };
    (thousands.iter().map(|thousand| thousand * 1000 / SCANS_EACH).collect(), spans(60, scale::LASTS))
}

/// Some end in any few seconds.
const SHORT: (Duration, Duration) = (Duration::from_mins(1), Duration::from_mins(3));

const fn spans(watch_s: u64, lasts: (Duration, Duration)) -> Spans {
    Spans { watch: Duration::from_secs(watch_s), lasts }
}
