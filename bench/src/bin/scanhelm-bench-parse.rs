//! Reads the report that its one argument names, and says how long that took and how much memory at most.

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use scanhelm_bench::Parsed;
use scanhelm_formats::{ReadOptions, ReportItem, open};

fn main() -> ExitCode {
    match read() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when it is closed.
            let _ = writeln!(std::io::stderr(), "scanhelm-bench-parse: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name the report to read")?;
    let file = File::open(path)?;
    let begun = Instant::now();
    let (mut findings, mut rejected) = (0, 0);
    for item in open(Box::new(file), &ReadOptions::default())? {
        match item? {
            ReportItem::Finding(_) | ReportItem::Suppressed(_) => findings += 1,
            ReportItem::Rejected(_) => rejected += 1,
            ReportItem::Header(_) | ReportItem::Asset(_) | ReportItem::Footer { .. } => {}
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let answer = serde_json::to_string(&Parsed { findings, rejected, seconds, peak_bytes: peak()? })?;
    Ok(writeln!(std::io::stdout(), "{answer}")?)
}

fn peak() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("Linux tells no peak")?;
    let kibibytes: u64 = line.split_whitespace().next().ok_or("the peak is empty")?.parse()?;
    Ok(kibibytes * 1024)
}
