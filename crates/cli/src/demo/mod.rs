//! `scanhelm demo`: a hub with a life of its own, in one process and without any set-up.
//!
//! A simulated vendor of each connector runs beside the hub, and their scans are short, so that some start, finish and
//! are imported while someone looks. Everything goes the way a person's clicks go: the hub's own use cases, nothing written behind
//! its back. When the process ends, everything ends, and the data is removed unless a folder was named.

mod sample;
mod vendors;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use scanhelm_core::credential::Secret;
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_hub::Hub;
use scanhelm_hub::accounts::NewInstallation;
use scanhelm_hub::import::UploadOptions;
use scanhelm_hub::system::random_token;
use tokio_util::sync::CancellationToken;

use crate::exit::{self, Exit, explained};
use crate::installation::DataFolder;
use crate::settings::{self, Flag, LogForm, Values};
use crate::{logging, process, results};
use vendors::Vendor;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm demo
  scanhelm demo --listen 127.0.0.1:9000 --scans 30 --speed 60
  scanhelm demo --data ./demo-data      keep the data; look at it later with `scanhelm serve --data ./demo-data`";

const EMAIL: &str = "demo@scanhelm.invalid";

#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8480")]
    listen: SocketAddr,
    /// New folder for the data, which is then kept
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How many times faster than in life the scans of the simulated vendors go
    #[arg(long, value_name = "X", default_value_t = 10.0, value_parser = speed)]
    speed: f64,
    /// Scans that each simulated vendor has at the start
    #[arg(long, value_name = "N", default_value_t = 6)]
    scans: u32,
    /// Form of the log on standard error
    #[arg(long, value_name = "FORM", default_value = "human")]
    log: LogForm,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("write a number above 0, such as 10".to_owned()),
    }
}

pub(crate) async fn run(arguments: DemoArguments) -> Exit {
    match demo(&arguments).await {
        Ok(()) => Exit::Done,
        Err(reason) => exit::refused(&reason),
    }
}

async fn demo(arguments: &DemoArguments) -> Result<(), String> {
    let stop = CancellationToken::new();
    process::stop_on_signals(stop.clone()).map_err(|error| format!("signals cannot be received: {error}"))?;
    // Removed when this function is left, however that comes about.
    let temporary = scanhelm_runner::private_folder(&std::env::temp_dir(), "scanhelm-demo-")
        .map_err(|error| format!("no temporary folder can be made: {error}"))?;
    let data = arguments.data.clone().unwrap_or_else(|| temporary.path().join("data"));
    let folder = DataFolder::open(&data).map_err(|error| error.to_string())?;
    let _held = folder.hold().map_err(|error| error.to_string())?;
    if folder.master_key().exists() {
        let path = folder.path().display();
        return Err(format!(
            "{path} holds an installation already. Look at it with `scanhelm serve --data {path}`, or name a new folder"
        ));
    }
    let code = sample::write_code(if arguments.data.is_some() { folder.path() } else { temporary.path() })
        .map_err(|error| format!("the sample code cannot be written: {error}"))?;
    let vendors = vendors::start(arguments.scans, arguments.speed).await?;
    let values = values(arguments, &vendors, &code)?;
    let _log = logging::start(&values, None).map_err(|error| format!("the log cannot be started: {error}"))?;
    let listener = scanhelm_api::listen(values.server.listen).await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let hub = folder.hub(&values).await.map_err(|error| error.to_string())?;
    let visitor = furnish(&hub, &vendors).await?;
    let kept = arguments.data.is_some().then(|| folder.path());
    let text = welcome(&process::local_url(address), &visitor, &vendors, &code, kept);
    results::to_standard_output(&text).map_err(|error| format!("standard output cannot be written: {error}"))?;
    process::run(hub, listener, values.api(), stop).await.map_err(|error| error.to_string())?;
    for vendor in vendors {
        vendor.sim.shutdown().await;
    }
    Ok(())
}

/// The same on every machine: neither settings file nor environment is read, least of all a database address.
fn values(arguments: &DemoArguments, vendors: &[Vendor], code: &Path) -> Result<Values, String> {
    let addresses: Vec<String> = vendors.iter().map(|vendor| vendor.sim.address().to_string()).collect();
    let flag = |setting, text: String| Flag { setting, flag: "demo", text };
    let mut values = settings::of_flags(&[
        flag("server.listen", arguments.listen.to_string()),
        flag("sync.status_interval", "2s".to_owned()),
        flag("sync.adoption_interval", "5s".to_owned()),
        flag("sync.backfill_interval", "5s".to_owned()),
        flag("network.allow", addresses.join(",")),
        flag("limits.requests_per_minute", "6000".to_owned()),
        flag("log.form", arguments.log.to_string()),
        flag("log.filter", "warn".to_owned()),
    ])
    .map_err(|problems| problems.to_string())?;
    values.local.allowed_roots = vec![code.to_owned()];
    Ok(values)
}

/// Who may look around.
struct Visitor {
    password: Secret,
    api_key: Secret,
}

/// Company, user, integrations and a report, by the hub's own use cases.
async fn furnish(hub: &Hub, vendors: &[Vendor]) -> Result<Visitor, String> {
    let refused = |error: scanhelm_core::Error| explained(&error);
    let password = Secret::new(random_token().chars().take(16).collect::<String>());
    let installation = NewInstallation {
        company: "Demo company".to_owned(),
        name: "Demo".to_owned(),
        email: EMAIL.to_owned(),
        password: Some(password.clone()),
    };
    let made = hub.accounts().bootstrap(installation).await.map_err(refused)?;
    let grant = Grant { actor: Actor::User(made.user.id), company: made.company.id, role: Role::Admin };
    vendors::connect(hub, &grant, vendors).await?;
    let report = hub.imports().upload_file().map_err(refused)?;
    tokio::fs::write(&report, sample::REPORT).await.map_err(|error| format!("the sample report: {error}"))?;
    let options = UploadOptions {
        file_name: Some("code-review.sarif".to_owned()),
        scan_name: Some("Code review of the shop".to_owned()),
        repository: Some("shop".to_owned()),
        ..UploadOptions::default()
    };
    hub.imports().accept(&grant, report, options).await.map_err(refused)?;
    Ok(Visitor { password, api_key: made.api_key })
}

fn welcome(url: &str, visitor: &Visitor, vendors: &[Vendor], code: &Path, kept: Option<&Path>) -> String {
    let end = match kept {
        Some(folder) => format!("Ctrl-C ends it; the data stays in {}.", folder.display()),
        None => "Ctrl-C ends it and removes everything.".to_owned(),
    };
    let simulated: String =
        vendors.iter().map(|vendor| format!("  {:<24}  {}\n", vendor.name(), vendor.sim.base_url())).collect();
    format!(
        "\
Scanhelm demo, with a simulated vendor of each connector

  console   {url}
  e-mail    {EMAIL}
  password  {password}
  API key   {key}

Simulated vendors
{simulated}
What to look at
  Scans         those of the vendors come in by themselves; running ones move, completed ones are imported
  Activity      open a scan: everything that happened to it, live
  Controls      pause, resume or stop a running scan; delete one and see that it stays away
  Findings      one queue of all vendors' findings and of an uploaded code review; what several see is one
  Local scan    new scan of the folder {code} (needs Semgrep or Bandit)
  From a shell  SCANHELM_HUB={url} SCANHELM_API_KEY=... scanhelm scans ls

{end}
",
        password = visitor.password.expose(),
        key = visitor.api_key.expose(),
        code = code.display(),
    )
}
