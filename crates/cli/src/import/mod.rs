//! `scanhelm import`: reads scanner reports.
//!
//! Without a hub the reports are read and shown, with the same outputs as a scan; with one they are sent there.

mod offline;

use std::path::PathBuf;

use clap::Args;
use scanhelm_core::Severity;

use crate::exit::Exit;
use crate::remote::upload::{Reports, UploadArguments};
use crate::results::Destinations;

#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// Reports; the content tells the format
    #[arg(required = true, value_name = "FILE")]
    reports: Vec<PathBuf>,
    /// Read every file in this format instead of recognising it
    #[arg(long, value_name = "ID")]
    format: Option<String>,
    /// Name of the repository that findings in code belong to
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Folder that was scanned: absolute paths become relative to it, and matched lines are read from it
    #[arg(long, value_name = "DIR", conflicts_with = "hub")]
    source: Option<PathBuf>,
    /// End with exit code 1 when there is a finding of this severity or worse
    #[arg(long, value_name = "SEVERITY", conflicts_with = "hub")]
    fail_on: Option<Severity>,
    #[command(flatten)]
    destinations: Destinations,
    #[command(flatten)]
    upload: UploadArguments,
}

pub(crate) async fn run(arguments: ImportArguments) -> Exit {
    let Some(hub) = arguments.upload.hub() else { return offline::run(&arguments) };
    let reports = Reports {
        files: &arguments.reports,
        format: arguments.format.as_deref(),
        repository: arguments.repository.as_deref(),
    };
    arguments.upload.send(hub, &reports).await
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm import report.nessus
  scanhelm import bandit.json semgrep.sarif --output sarif > all.sarif
  SCANHELM_API_KEY=shk_... scanhelm import *.sarif --hub https://scanhelm.example.com --branch main";
