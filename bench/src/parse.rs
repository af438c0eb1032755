//! How fast a large report is read when nothing is done with what it says, and how much memory that takes. A process of
//! its own reads it, so that the peak is that of reading.

use std::path::Path;
use std::process::Command;

use scanhelm_bench::Parsed;
use serde::Serialize;

use crate::failure::{Failure, Outcome, While};
use crate::figures::median;
use crate::report::{Plugins, Shape};
use crate::{process, report};

/// Findings of each host of the report.
const PLUGINS: u32 = 100;
/// Bytes of a finding in the generated report, about.
const FINDING: u64 = 1650;

#[derive(Debug, Serialize)]
pub(crate) struct ParseFigures {
    pub(crate) load_before: String,
    pub(crate) report_bytes: u64,
    pub(crate) findings: u64,
    pub(crate) repeats: u32,
    /// Of wall time; reading uses one thread.
    pub(crate) megabytes_a_second: f64,
    /// The largest of all.
    pub(crate) peak_bytes: u64,
}

/// `program` stands beside the one that reads.
pub(crate) fn measure(program: &Path, megabytes: u32, repeats: u32, out: &Path) -> Outcome<ParseFigures> {
    if megabytes == 0 || repeats == 0 {
        return Err(Failure::new("--megabytes and --repeats are at least 1"));
    }
    let path = out.join("parse.nessus");
    let hosts = u64::from(megabytes) * 1_000_000 / (FINDING * u64::from(PLUGINS)) + 1;
    let hosts = u32::try_from(hosts).during("count the hosts of the report")?;
    let report_bytes = report::write(&path, Shape { first_host: 0, hosts, plugins: PLUGINS, of: Plugins::Unique })?;
    let findings = u64::from(hosts) * u64::from(PLUGINS);
    let load_before = process::load()?;
    let (mut rates, mut peak_bytes) = (Vec::new(), 0);
    // The first one only brings the file into memory, so that no disk is measured.
    for run in 0..=repeats {
        let parsed = read(program, &path)?;
        if (parsed.findings, parsed.rejected) != (findings, 0) {
            let Parsed { findings: read, rejected, .. } = parsed;
            return Err(Failure::new(format!("{read} findings were read, {rejected} rejected, of {findings}")));
        }
        if run > 0 {
            rates.push(report_bytes as f64 / 1e6 / parsed.seconds);
            peak_bytes = peak_bytes.max(parsed.peak_bytes);
        }
    }
    std::fs::remove_file(&path).during(path.display())?;
    let megabytes_a_second = median(rates);
    Ok(ParseFigures { load_before, report_bytes, findings, repeats, megabytes_a_second, peak_bytes })
}

fn read(program: &Path, report: &Path) -> Outcome<Parsed> {
    let reader = program.with_file_name("scanhelm-bench-parse");
    let output = Command::new(&reader).arg(report).output().during(reader.display())?;
    if !output.status.success() {
        return Err(Failure::new(format!("{}: {}", reader.display(), String::from_utf8_lossy(&output.stderr).trim())));
    }
    serde_json::from_slice(&output.stdout).during(format!("the answer of {}", reader.display()))
}
