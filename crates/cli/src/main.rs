//! The `scanhelm` binary: reads the command line and hands over. Each command is a module that takes its arguments
//! and gives an [`Exit`]; nothing else decides how the process ends.

mod admin;
mod arenas;
mod ci;
mod comment;
mod completions;
mod config;
mod demo;
mod doctor;
mod duration;
mod exit;
mod explain;
mod feeds;
mod import;
mod installation;
mod log_queue;
mod logging;
mod process;
mod project;
mod reference;
mod remote;
mod results;
mod rules;
mod scan;
mod scanners;
mod serve;
mod settings;
mod traces;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use exit::Exit;
use remote::{assets, components, findings, integrations, scans, schedules, status};

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

const SCAN_EXAMPLES: &str = "\
Examples:
  scanhelm scan .
  scanhelm scan src --fail-on high --output-file results.sarif
  scanhelm scan app.py --scanner bandit --output json
  scanhelm scan . --baseline .scanhelm-baseline.json --fail-on-new low
  scanhelm scan --url https://shop.example.com/
  scanhelm scan --host db.example.com:5432
  scanhelm scan --type baseline
  scanhelm scan . --hub https://scanhelm.example.com     (API key in SCANHELM_API_KEY)
  scanhelm scan --staged --fail-on high
  scanhelm scan src --watch
  scanhelm scan . --ai --ai-model llama3.1 --ai-endpoint http://127.0.0.1:11434/v1

Settings of the project come from .scanhelm.toml (`scanhelm init`); flags go before them.";

const SCANNERS_EXAMPLES: &str = "\
Examples:
  scanhelm scanners
  scanhelm scanners --output json";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the hub: API, console and everything that follows the scanners
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::ServeArguments),
    /// Show a hub with simulated vendors and sample data, without any set-up
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::DemoArguments),
    /// Run local scanners on files, a web site, a host or this machine, without hub or database
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(Box<scan::ScanArguments>),
    /// Write down what a scan finds now, so that later ones tell what is new
    #[command(after_help = scan::baseline::EXAMPLES)]
    Baseline(scan::baseline::BaselineArguments),
    /// Scan, and tell what is new, fixed and unchanged since a baseline
    #[command(after_help = scan::compare::EXAMPLES)]
    Compare(scan::compare::CompareArguments),
    /// Tell what is new and fixed between two commits, or between two result files
    #[command(after_help = scan::diff::EXAMPLES)]
    Diff(scan::diff::DiffArguments),
    /// Write a project's settings of local scans, to be filled in
    #[command(after_help = project::init::EXAMPLES)]
    Init(project::init::InitArguments),
    /// Ask a language model of your choice to explain a finding; shows before what would leave this machine
    #[command(after_help = explain::EXAMPLES)]
    Explain(explain::ExplainArguments),
    /// Look up what is known of a scanner's rule
    #[command(subcommand, after_help = rules::EXAMPLES)]
    Rules(rules::RulesCommand),
    /// Read scanner reports: show what is in them, or send them to a hub
    #[command(after_help = import::EXAMPLES)]
    Import(import::ImportArguments),
    /// Put the result of a scan under a pull or merge request
    #[command(after_help = comment::EXAMPLES)]
    Comment(comment::CommentArguments),
    /// List the local scanners: installed or not, version, how to install
    #[command(after_help = SCANNERS_EXAMPLES)]
    Scanners(scanners::ScannersArguments),
    /// List, follow and steer the scans of a hub
    #[command(after_help = scans::EXAMPLES)]
    Scans(scans::ScansArguments),
    /// Look through the findings of a hub
    #[command(after_help = findings::EXAMPLES)]
    Findings(findings::FindingsArguments),
    /// Look through what findings are on, and say whose it is
    #[command(after_help = assets::EXAMPLES)]
    Assets(assets::AssetsArguments),
    /// Look at what the assets of a hub are made of
    #[command(after_help = components::EXAMPLES)]
    Components(components::ComponentsArguments),
    /// Public facts that findings are rated by: EPSS, KEV, NVD, CWE
    #[command(subcommand, after_help = feeds::EXAMPLES)]
    Feeds(feeds::FeedsCommand),
    /// Look after the integrations of a hub
    #[command(after_help = integrations::EXAMPLES)]
    Integrations(integrations::IntegrationsArguments),
    /// Run the scans of a hub at their times
    #[command(after_help = schedules::EXAMPLES)]
    Schedules(schedules::SchedulesArguments),
    /// How a hub is doing: integrations, scans, background work; without a hub, which local scanners are there
    #[command(after_help = status::EXAMPLES)]
    Status(status::StatusArguments),
    /// Show or check the settings
    #[command(subcommand, after_help = config::EXAMPLES)]
    Config(config::ConfigCommand),
    /// Look for what would keep the hub from working on this machine
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::DoctorArguments),
    /// Set up and maintain an installation from the shell
    #[command(subcommand, after_help = admin::EXAMPLES)]
    Admin(admin::AdminCommand),
    /// Print what a shell needs to complete these commands
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::CompletionsArguments),
    /// Print the OpenAPI document of the HTTP API
    #[command(after_help = reference::OPENAPI_EXAMPLES)]
    Openapi,
    /// Print a reference page in Markdown
    #[command(subcommand, after_help = reference::EXAMPLES)]
    Reference(reference::ReferenceCommand),
}

fn main() -> ExitCode {
    if scan::guard::was_asked() {
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::parse();
    if matches!(arguments.command, Command::Serve(_) | Command::Demo(_)) {
        // More memory is no reason not to serve.
        let _ = arenas::keep_few();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(workers()).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::refused(&format!("the runtime cannot start: {error}")).into(),
    };
    let exit = runtime.block_on(Box::pin(run(arguments.command)));
    // A blocked worker must not hold the process once its answer is given.
    runtime.shutdown_background();
    exit.into()
}

/// The work waits for others more than it computes: many threads would only cost memory.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 4)
}

async fn run(command: Command) -> Exit {
    match command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Scan(arguments) => scan::run(*arguments).await,
        Command::Baseline(arguments) => scan::baseline::run(arguments).await,
        Command::Compare(arguments) => scan::compare::run(arguments).await,
        Command::Diff(arguments) => scan::diff::run(arguments).await,
        Command::Init(arguments) => project::init::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments).await,
        Command::Import(arguments) => import::run(arguments).await,
        Command::Comment(arguments) => comment::run(arguments).await,
        Command::Scanners(arguments) => scanners::run(arguments).await,
        Command::Scans(arguments) => scans::run(arguments).await,
        Command::Findings(arguments) => findings::run(arguments).await,
        Command::Assets(arguments) => assets::run(arguments).await,
        Command::Components(arguments) => components::run(arguments).await,
        Command::Schedules(arguments) => schedules::run(arguments).await,
        Command::Feeds(command) => feeds::run(command).await,
        Command::Integrations(arguments) => integrations::run(arguments).await,
        Command::Status(arguments) => status::run(arguments).await,
        Command::Config(command) => config::run(&command),
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Admin(command) => admin::run(command).await,
        Command::Rules(command) => rules::run(&command),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Command::Openapi => reference::openapi(),
        Command::Reference(command) => reference::run(&command, Arguments::command()),
    }
}
