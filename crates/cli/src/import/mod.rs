//! `scanhelm import`: reads scanner reports.
//!
//! Without a hub the reports are read and shown, with the same outputs as a scan. Sending them to a hub is another
//! way out of the same arguments and belongs beside [`offline`].

mod offline;

use std::path::PathBuf;

use clap::Args;
use scanhelm_core::Severity;

use crate::exit::Exit;
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
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// End with exit code 1 when there is a finding of this severity or worse
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    #[command(flatten)]
    destinations: Destinations,
}

pub(crate) fn run(arguments: ImportArguments) -> Exit {
    offline::run(&arguments)
}
