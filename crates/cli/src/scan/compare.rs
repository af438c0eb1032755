//! `scanhelm compare`: a fresh scan against a baseline.

use std::path::PathBuf;

use clap::Args;

use super::comparison::{Compared, Comparing, compared, fingerprinted};
use super::judged::{self, Judged};
use super::scanning::Scanning;
use crate::exit::{self, Exit};
use crate::results;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm compare . .scanhelm-baseline.json
  scanhelm compare . baseline.json --fail-on-new high --output json
  scanhelm compare . baseline.json --max-findings 10 --output-file changes.sarif

Exit codes: 0 nothing new, 1 new findings of the severity or worse, 3 a scanner failed.";

#[derive(Args, Debug)]
pub(crate) struct CompareArguments {
    /// Folder or file to scan
    target: PathBuf,
    /// File of `scanhelm baseline`
    baseline: PathBuf,
    #[command(flatten)]
    comparing: Comparing,
    #[command(flatten)]
    scanning: Scanning,
}

pub(crate) async fn run(arguments: CompareArguments) -> Exit {
    match carried_out(arguments).await {
        Ok(exit) | Err(exit) => exit,
    }
}

async fn carried_out(arguments: CompareArguments) -> Result<Exit, Exit> {
    let refused = |error: String| exit::refused(&error);
    let destinations = arguments.comparing.checked()?;
    let now = judged::now().map_err(refused)?;
    let before = judged::read_baseline(&arguments.baseline).map_err(refused)?;
    arguments.scanning.check_looks_for_flaws()?;
    let prepared = arguments.scanning.prepared(arguments.target.as_path().into()).map_err(refused)?;
    let scanned = arguments.scanning.scan(prepared).await?;
    let judged = Judged::of(scanned.records, &scanned.coverage, &scanned.folder, &scanned.project, None, true, now);
    let trouble = scanned.failed.then(|| "a scanner failed".to_owned());
    let looked = if scanned.failed { Default::default() } else { scanned.looked };
    let told = Compared {
        comparison: &compared(&before, &judged, &looked),
        name: &scanned.name,
        present: fingerprinted(&before, &judged),
        scanners: results::outcomes(&scanned.scanners),
        trouble,
    };
    Ok(arguments.comparing.told(&destinations, told))
}
