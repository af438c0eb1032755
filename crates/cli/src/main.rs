//! The `scanhelm` binary: reads the command line and hands over. Each command is a module that takes its arguments
//! and gives an [`Exit`]; nothing else decides how the process ends.

mod duration;
mod exit;
mod import;
mod results;
mod scan;
mod scanners;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::Exit;

#[derive(Debug, Parser)]
#[command(
    name = "scanhelm",
    version,
    about = "One lifecycle and one console for every vulnerability scan",
    after_help = exit::HELP
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run local scanners on a folder or file, without hub or database
    Scan(scan::ScanArguments),
    /// Read scanner reports and show what is in them
    Import(import::ImportArguments),
    /// List the local scanners: installed or not, version, how to install
    Scanners(scanners::ScannersArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::refused(&format!("the runtime cannot start: {error}")).into(),
    };
    let exit: Exit = runtime.block_on(async {
        match arguments.command {
            Command::Scan(arguments) => scan::run(arguments).await,
            Command::Import(arguments) => import::run(arguments),
            Command::Scanners(arguments) => scanners::run(arguments).await,
        }
    });
    // A blocked worker must not hold the process once its answer is given.
    runtime.shutdown_background();
    exit.into()
}
