//! `scanhelm feeds`: public facts about vulnerabilities, brought by whoever operates the installation, with the hub
//! running or not. Who may write into the data folder is its operator; no key of a company is.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use scanhelm_core::feed::FeedKind;
use scanhelm_core::job::JobState;
use scanhelm_core::permission::{Actor, Grant, Role};
use scanhelm_hub::Hub;
use scanhelm_hub::feeds::FeedView;
use serde_json::Value;

use crate::exit::{self, Exit};
use crate::installation::{DataFolder, Place};
use crate::results;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm feeds ls --data /var/lib/scanhelm
  scanhelm feeds import epss epss_scores-2026-05-18.csv.gz --data /var/lib/scanhelm
  scanhelm feeds import nvd nvdcve-2.0-2025.json.gz nvdcve-2.0-2026.json.gz --data /var/lib/scanhelm
  scanhelm feeds refresh kev --data /var/lib/scanhelm

A running hub rates its findings anew at once, one that is stopped when it starts.";

/// Longer than the longest load.
const LONGEST: Duration = Duration::from_hours(6);
/// How often it is looked whether there is something to do, or to tell.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, Subcommand)]
pub(crate) enum FeedsCommand {
    /// List the feeds and how fresh they are
    #[command(after_help = EXAMPLES)]
    Ls(ListArguments),
    /// Load files of a feed
    #[command(after_help = EXAMPLES)]
    Import(ImportArguments),
    /// Look now at the place that the settings name
    #[command(after_help = EXAMPLES)]
    Refresh(RefreshArguments),
}

#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    place: Place,
    /// Which feed the files are of
    #[arg(value_name = "FEED")]
    kind: Kind,
    /// Files as their publisher gives them, also gzipped
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Also when a file is older or much smaller than what is loaded
    #[arg(long)]
    force: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RefreshArguments {
    #[command(flatten)]
    place: Place,
    /// Which feed
    #[arg(value_name = "FEED")]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// How probably a CVE is exploited (FIRST)
    Epss,
    /// Which CVEs are known to be exploited (CISA)
    Kev,
    /// CVSS vectors and CWEs of CVEs (NIST)
    Nvd,
    /// Names of weaknesses (MITRE)
    Cwe,
}

impl From<Kind> for FeedKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Epss => Self::Epss,
            Kind::Kev => Self::Kev,
            Kind::Nvd => Self::Nvd,
            Kind::Cwe => Self::Cwe,
        }
    }
}

pub(crate) async fn run(command: FeedsCommand) -> Exit {
    match done(command).await {
        Ok(text) => exit::printed(&text),
        Err(reason) => exit::refused(&reason),
    }
}

async fn done(command: FeedsCommand) -> Result<String, String> {
    let place = match &command {
        FeedsCommand::Ls(arguments) => &arguments.place,
        FeedsCommand::Import(arguments) => &arguments.place,
        FeedsCommand::Refresh(arguments) => &arguments.place,
    };
    let loaded = place.settings(Vec::new()).map_err(|problems| problems.to_string())?;
    let folder = DataFolder::existing(&place.data)
        .ok_or_else(|| format!("there is no installation at {}; name its folder with --data", place.data.display()))?;
    let hub = folder.hub(&loaded.values).await.map_err(|error| error.to_string())?;
    let text = match &command {
        FeedsCommand::Ls(_) => listed(&hub).await,
        FeedsCommand::Import(arguments) => {
            imported(&hub, arguments.kind.into(), &arguments.files, arguments.force).await
        }
        FeedsCommand::Refresh(arguments) => refreshed(&hub, arguments.kind.into()).await,
    };
    let closed = hub.store().clone().close().await.map_err(|error| exit::explained(&error));
    let text = text?;
    closed?;
    Ok(text)
}

/// The rights of whoever holds the data folder. Jobs belong to companies: these to the oldest.
async fn operator(hub: &Hub) -> Result<Grant, String> {
    let companies = hub.store().companies().await.map_err(|error| exit::explained(&error))?;
    let home = companies.into_iter().min_by_key(|company| (company.created_at, company.id));
    let home =
        home.ok_or("this installation is not set up yet: open its setup link, or run `scanhelm admin bootstrap`")?;
    Ok(Grant { actor: Actor::System, company: home.id, role: Role::Operator })
}

async fn listed(hub: &Hub) -> Result<String, String> {
    let grant = operator(hub).await?;
    let feeds = hub.feeds().list(&grant).await.map_err(|error| exit::explained(&error))?;
    Ok(feeds.iter().map(row).collect())
}

fn row(feed: &FeedView) -> String {
    let state = &feed.state;
    let day = |at: Option<scanhelm_core::Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let mut line = format!(
        "{:<5} {:>8} records  version {}  of {}  last success {}",
        state.kind.as_str(),
        state.records,
        state.version.as_deref().unwrap_or("-"),
        day(state.published_at).chars().take(10).collect::<String>(),
        day(state.succeeded_at),
    );
    if let Some(place) = &feed.configured_source {
        line.push_str(&format!("  from {place}"));
    }
    if let Some(error) = &state.error {
        line.push_str(&format!("\n      last attempt {} failed: {error}", day(state.attempted_at)));
    }
    line.lines().map(|line| format!("{}\n", results::cell(line, 1500))).collect()
}

async fn imported(hub: &Hub, kind: FeedKind, files: &[PathBuf], force: bool) -> Result<String, String> {
    let grant = operator(hub).await?;
    let mut told = String::new();
    for path in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let spooled = copied(hub, path)?;
        let job = hub.feeds().accept(&grant, kind, spooled, name, force).await;
        let job = job.map_err(|error| exit::explained(&error))?;
        told.push_str(&ended(hub, &grant, job).await?);
    }
    Ok(told)
}

/// The hub removes what it has loaded; the operator's file stays.
fn copied(hub: &Hub, path: &Path) -> Result<PathBuf, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", path.display());
    let into = hub.imports().upload_file().map_err(|error| exit::explained(&error))?;
    let mut from = std::fs::File::open(path).map_err(unreadable)?;
    let mut options = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
    let mut to = options.open(&into).map_err(unreadable)?;
    std::io::copy(&mut from, &mut to).map_err(|error| {
        // What is half there is nobody's; its own trouble would hide this one.
        let _ = std::fs::remove_file(&into);
        unreadable(error)
    })?;
    Ok(into)
}

async fn refreshed(hub: &Hub, kind: FeedKind) -> Result<String, String> {
    let grant = operator(hub).await?;
    let job = hub.feeds().refresh(&grant, kind).await.map_err(|error| exit::explained(&error))?;
    ended(hub, &grant, job).await
}

/// Done here, unless a running hub was faster. What a process that has died left undone comes first, as soon as it is
/// known to be dead.
async fn ended(hub: &Hub, grant: &Grant, job: scanhelm_core::ids::JobId) -> Result<String, String> {
    let begun = Instant::now();
    loop {
        hub.feeds().load_waiting().await.map_err(|error| exit::explained(&error))?;
        let job = hub.jobs().wait(grant, job, LOOK).await.map_err(|error| exit::explained(&error))?;
        match job.state {
            JobState::Done => return Ok(sentence(&job.result.unwrap_or_default())),
            state if state.is_terminal() || begun.elapsed() > LONGEST => {
                return Err(job.error.unwrap_or_else(|| format!("the job is {}", state.as_str())));
            }
            _ => {}
        }
    }
}

fn sentence(result: &Value) -> String {
    let text = |name: &str| match result.get(name) {
        Some(Value::String(text)) => results::cell(text, 80),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    match result.get("outcome").and_then(Value::as_str) {
        Some("unchanged") => {
            format!("{}: this is what was loaded already, {} records\n", text("feed"), text("records"))
        }
        _ => format!("{}: {} records, version {}\n", text("feed"), text("records"), text("version")),
    }
}
