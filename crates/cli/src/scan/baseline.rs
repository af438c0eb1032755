//! `scanhelm baseline`: writes down what is there, so that later scans tell what is new.

use std::path::PathBuf;

use clap::Args;
use scanhelm_core::findings_in_words;
use scanhelm_core::local::suppression::Baseline;
use scanhelm_formats::write::Entry;

use super::judged::{self, Judged};
use super::scanning::Scanning;
use crate::exit::{self, Exit};
use crate::results;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm baseline -o .scanhelm-baseline.json
  scanhelm baseline src -o baseline.json --scanner bandit
  scanhelm scan . --baseline .scanhelm-baseline.json --fail-on-new low";

#[derive(Args, Debug)]
pub(crate) struct BaselineArguments {
    /// Folder or file to scan
    #[arg(default_value = ".")]
    target: PathBuf,
    /// Where the baseline goes; one that is there is replaced in one step
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    scanning: Scanning,
}

pub(crate) async fn run(arguments: BaselineArguments) -> Exit {
    match carried_out(arguments).await {
        Ok(exit) | Err(exit) => exit,
    }
}

/// What comments and rules silence stays out: when they go, it shall be new.
async fn carried_out(arguments: BaselineArguments) -> Result<Exit, Exit> {
    let refused = |error: String| exit::refused(&error);
    results::check_place(&arguments.output).map_err(|error| exit::refused(&error))?;
    let now = judged::now().map_err(refused)?;
    arguments.scanning.check_looks_for_flaws()?;
    let prepared = arguments.scanning.prepared(arguments.target.as_path().into()).map_err(refused)?;
    let scanned = arguments.scanning.scan(prepared).await?;
    if scanned.failed {
        exit::say("error: a scanner failed, so the baseline would lack what it finds; nothing was written");
        return Err(Exit::ScannerFailed);
    }
    let judged = Judged::of(scanned.records, &scanned.coverage, &scanned.folder, &scanned.project, None, true, now);
    let baseline = Baseline::of(judged.kept.iter().map(Entry::identified));
    let shown = results::cell(&arguments.output.display().to_string(), 300);
    results::write_atomically(&arguments.output, |file| file.write_all(baseline.written().as_bytes()))
        .map_err(|error| exit::refused(&format!("`{shown}` cannot be written: {error}")))?;
    if !arguments.scanning.quiet {
        exit::say(&format!("{shown}: {}", findings_in_words(baseline.len() as u64)));
    }
    Ok(Exit::Done)
}
