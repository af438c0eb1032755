//! `scanhelm scans`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::Client;
use super::table::{self, Column, counts, facts, text, time};
use super::{Answer, Form, HubArguments, ended, job, watch};
use crate::exit::Exit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  export SCANHELM_HUB=https://scanhelm.example.com SCANHELM_API_KEY=shk_...
  scanhelm scans ls --status running --status queued
  scanhelm scans ls --vendor nessus --limit 200 --output json
  scanhelm scans show ID
  scanhelm scans watch ID
  scanhelm scans launch ID && scanhelm scans watch ID
  scanhelm scans rm ID --cascade-remote";

#[derive(Args, Debug)]
pub(crate) struct ScansArguments {
    #[command(flatten)]
    hub: HubArguments,
    /// Form of what is printed
    #[arg(long, short, value_name = "FORMAT", default_value = "table", global = true)]
    output: Form,
    #[command(subcommand)]
    command: ScansCommand,
}

#[derive(Debug, Subcommand)]
enum ScansCommand {
    /// List scans, newest first
    #[command(after_help = EXAMPLES)]
    Ls(Box<ListArguments>),
    /// Show one scan
    #[command(after_help = EXAMPLES)]
    Show(One),
    /// Follow a scan until it has ended and its results are in: exit code 3 when it failed or was cancelled
    #[command(after_help = EXAMPLES)]
    Watch(One),
    /// Ask the scanner to start the scan
    #[command(after_help = EXAMPLES)]
    Launch(One),
    /// Ask the scanner to pause the scan
    #[command(after_help = EXAMPLES)]
    Pause(One),
    /// Ask the scanner to go on with a paused scan
    #[command(after_help = EXAMPLES)]
    Resume(One),
    /// Ask the scanner to stop the scan
    #[command(after_help = EXAMPLES)]
    Stop(One),
    /// Cancel a local scan
    #[command(after_help = EXAMPLES)]
    Cancel(One),
    /// Delete a scan from the hub; it is not adopted again
    #[command(after_help = EXAMPLES)]
    Rm(RemoveArguments),
    /// Import the results of the latest run and wait for them
    #[command(after_help = EXAMPLES)]
    Import(ImportArguments),
}

#[derive(Args, Debug)]
struct One {
    /// Id of the scan
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Args, Debug)]
struct ListArguments {
    /// Only with this status; repeat for several
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// manual, integration, adopted, scheduled, local or upload
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// Only of this integration
    #[arg(long, value_name = "ID")]
    integration: Option<String>,
    /// Only of this vendor
    #[arg(long, value_name = "VENDOR")]
    vendor: Option<String>,
    /// Only of this type
    #[arg(long = "type", value_name = "TYPE")]
    scan_type: Option<String>,
    /// Only of this branch
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Only of this commit
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// Only with this import state
    #[arg(long, value_name = "STATE")]
    import_state: Option<String>,
    /// Only those of which the scanner should have been asked since
    #[arg(long)]
    stale: bool,
    /// A text in the name, the vendor's id, the commit or the targets
    #[arg(long, short = 's', value_name = "TEXT")]
    search: Option<String>,
    /// Order, with a leading - for descending
    #[arg(long, value_name = "FIELD", default_value = "-created_at", allow_hyphen_values = true)]
    sort: String,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

#[derive(Args, Debug)]
struct RemoveArguments {
    #[command(flatten)]
    one: One,
    /// Delete the vendor's copy too
    #[arg(long)]
    cascade_remote: bool,
    /// Cancel an active local scan first
    #[arg(long)]
    force: bool,
}

#[derive(Args, Debug)]
struct ImportArguments {
    #[command(flatten)]
    one: One,
    /// Also when the run is imported already; changes nothing twice
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(arguments: ScansArguments) -> Exit {
    let ScansArguments { hub, output, command } = arguments;
    let client = match hub.client() {
        Ok(client) => client,
        Err(error) => return super::failed(&error),
    };
    match command {
        ScansCommand::Watch(one) => watch::run(&client, &one.id, output).await,
        command => ended(answer(&client, output, command).await),
    }
}

async fn answer(client: &Client, output: Form, command: ScansCommand) -> Answer<String> {
    let (order, one) = match command {
        ScansCommand::Ls(list) => return listed(client, output, &list).await,
        ScansCommand::Show(one) | ScansCommand::Watch(one) => {
            let scan = client.get("show the scan", &["scans", &one.id], &[]).await?;
            return Ok(shown(output, &scan, described));
        }
        ScansCommand::Cancel(one) => {
            let scan = client.post("cancel the scan", &["scans", &one.id, "cancel"], &[], &json!({})).await?;
            return Ok(shown(output, &scan, described));
        }
        ScansCommand::Rm(arguments) => return removed(client, output, &arguments).await,
        ScansCommand::Import(arguments) => return imported(client, output, &arguments).await,
        ScansCommand::Launch(one) => ("launch", one),
        ScansCommand::Pause(one) => ("pause", one),
        ScansCommand::Resume(one) => ("resume", one),
        ScansCommand::Stop(one) => ("stop", one),
    };
    let ordered = client.post("order it", &["scans", &one.id, order], &[], &json!({})).await?;
    Ok(shown(output, &ordered, |_| {
        format!("{order} was ordered; the scan changes when its scanner is seen to have changed\n")
    }))
}

/// Pages until there is enough.
async fn listed(client: &Client, output: Form, list: &ListArguments) -> Answer<String> {
    let mut filters: Vec<(&str, &str)> = list.status.iter().map(|status| ("status", status.as_str())).collect();
    let single = [
        ("origin", &list.origin),
        ("integration_id", &list.integration),
        ("vendor", &list.vendor),
        ("scan_type", &list.scan_type),
        ("branch_name", &list.branch),
        ("commit_sha", &list.commit),
        ("import_state", &list.import_state),
        ("q", &list.search),
    ];
    filters.extend(single.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
    if list.stale {
        filters.push(("stale", "true"));
    }
    filters.push(("sort", &list.sort));
    let scans = pages(client, "list scans", &["scans"], &filters, list.limit).await?;
    Ok(match output {
        Form::Json => format!("{:#}\n", Value::Array(scans)),
        Form::Table if scans.is_empty() => "no scans\n".to_owned(),
        Form::Table => table::rows(COLUMNS, &scans),
    })
}

/// Follows the cursors up to `limit` items.
pub(super) async fn pages(
    client: &Client,
    what: &'static str,
    path: &[&str],
    filters: &[(&str, &str)],
    limit: u32,
) -> Answer<Vec<Value>> {
    const LARGEST: usize = 500;
    let limit = limit as usize;
    let mut found: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let wanted = (limit - found.len()).min(LARGEST).to_string();
        let mut query = filters.to_vec();
        query.push(("limit", &wanted));
        if let Some(cursor) = &cursor {
            query.push(("cursor", cursor));
        }
        let page = client.get(what, path, &query).await?;
        found.extend(table::items(&page).iter().cloned());
        cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() || found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
        }
    }
}

const COLUMNS: &[Column] = &[
    ("ID", |scan| text(scan, "id")),
    ("STATUS", status),
    ("VENDOR", |scan| text(scan, "vendor")),
    ("ORIGIN", |scan| text(scan, "origin")),
    ("FINDINGS", |scan| counts(scan, "counts")),
    ("CREATED", |scan| time(scan, "created_at")),
    ("NAME", |scan| text(scan, "name")),
];

fn status(scan: &Value) -> String {
    let mut status = text(scan, "status");
    if let (true, Some(progress)) = (status == "running", scan.get("progress").and_then(Value::as_f64)) {
        status.push_str(&format!(" {progress:.0}%"));
    }
    if scan.get("stale") == Some(&Value::Bool(true)) {
        status.push_str(" (stale)");
    }
    status
}

pub(super) fn described(scan: &Value) -> String {
    facts(&[
        ("id", text(scan, "id")),
        ("name", text(scan, "name")),
        ("status", status(scan)),
        ("error", text(scan, "error")),
        ("vendor", text(scan, "vendor")),
        ("integration", text(scan, "integration_name")),
        ("vendor's word", text(scan, "vendor_status_raw")),
        ("vendor's id", text(scan, "external_scan_id")),
        ("origin", text(scan, "origin")),
        ("type", text(scan, "scan_type")),
        ("targets", text(scan, "targets")),
        ("branch", text(scan, "ci.branch_name")),
        ("commit", text(scan, "ci.commit_sha")),
        ("created", time(scan, "created_at")),
        ("started", time(scan, "started_at")),
        ("finished", time(scan, "finished_at")),
        ("last looked at", time(scan, "last_observed_at")),
        ("import", text(scan, "import_state")),
        ("findings", counts(scan, "counts")),
        ("imported findings", text(scan, "imported_findings")),
        ("assets", text(scan, "asset_count")),
        ("scanners run", text(scan, "scanners_run")),
        ("possible now", possible(scan)),
    ])
}

fn possible(scan: &Value) -> String {
    let Some(capabilities) = scan.get("capabilities").and_then(Value::as_object) else { return String::new() };
    let available = capabilities.iter().filter(|(_, one)| one.get("available") == Some(&Value::Bool(true)));
    available.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

async fn removed(client: &Client, output: Form, arguments: &RemoveArguments) -> Answer<String> {
    let mut query = Vec::new();
    if arguments.cascade_remote {
        query.push(("cascade_remote", "true"));
    }
    if arguments.force {
        query.push(("force", "true"));
    }
    let answer = client.delete("delete the scan", &["scans", &arguments.one.id], &query).await?;
    let answer = answer.unwrap_or_else(|| json!({"deleted": true}));
    Ok(shown(output, &answer, |answer| {
        let mut lines = match answer.get("remote") {
            Some(_) => format!("deleted; the vendor's copy: {}\n", text(answer, "remote")),
            None => "deleted\n".to_owned(),
        };
        for warning in answer.get("warnings").and_then(Value::as_array).into_iter().flatten() {
            let warning = warning.as_str().unwrap_or_default();
            lines.push_str(&format!("warning: {}\n", crate::results::cell(warning, 300)));
        }
        lines
    }))
}

async fn imported(client: &Client, output: Form, arguments: &ImportArguments) -> Answer<String> {
    let query: &[(&str, &str)] = if arguments.force { &[("force", "true")] } else { &[] };
    let accepted = client.post("import", &["scans", &arguments.one.id, "import"], query, &json!({})).await?;
    let result = job::wait(client, &accepted).await?;
    Ok(shown(output, &result, import_result))
}

/// What an import did.
pub(super) fn import_result(result: &Value) -> String {
    let number = |name: &str| result.get(name).and_then(Value::as_u64).unwrap_or_default();
    let quarantined = result.get("quarantined").and_then(Value::as_array).map_or(0, Vec::len);
    let mut line = format!(
        "{} created, {} updated, {} reopened, {} unchanged",
        number("created"),
        number("updated"),
        number("reopened"),
        number("unchanged")
    );
    if quarantined > 0 {
        line.push_str(&format!(", {quarantined} could not be read"));
    }
    format!("{line}\n")
}

pub(super) fn shown(output: Form, value: &Value, people: impl FnOnce(&Value) -> String) -> String {
    match output {
        Form::Json => format!("{value:#}\n"),
        Form::Table => people(value),
    }
}
