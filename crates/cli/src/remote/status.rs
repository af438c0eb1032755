//! `scanhelm status`: how a hub is doing; without one, what this machine can scan with.

use clap::Args;
use scanhelm_core::status::Status;
use scanhelm_runner::{Availability, ScanType};
use serde_json::{Map, Value, json};

use super::client::{Client, KeyArguments};
use super::{Answer, Form, ended, integrations, table};
use crate::exit::{self, Exit};
use crate::scan::Installation;
use crate::scanners;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm status                                        (the scanners of this machine)
  scanhelm status --hub https://scanhelm.example.com
  SCANHELM_API_KEY=shk_... scanhelm status --hub https://scanhelm.example.com --output json";

#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    /// Address of the hub; without one the local scanners of this machine are listed
    #[arg(long, value_name = "URL", env = "SCANHELM_HUB")]
    hub: Option<String>,
    #[command(flatten)]
    key: KeyArguments,
    #[command(flatten)]
    installation: Installation,
    /// Form of what is printed
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Form,
}

pub(crate) async fn run(arguments: StatusArguments) -> Exit {
    match arguments.hub.as_deref().map(str::trim).filter(|hub| !hub.is_empty()) {
        Some(hub) => ended(of_hub(&arguments, hub).await),
        None => of_machine(&arguments).await,
    }
}

/// A machine that can scan nothing is a fact and no failure of this command.
async fn of_machine(arguments: &StatusArguments) -> Exit {
    let found = match arguments.installation.found().await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    exit::printed(&match arguments.output {
        Form::Json => format!("{:#}\n", json!({"local_scanners": found})),
        Form::Table => format!("{}\n\n{}", in_short(&found), scanners::table(&found)),
    })
}

/// Of a type without any scanner a scan has no result.
fn in_short(found: &[Availability]) -> String {
    let installed = || found.iter().filter(|one| one.available);
    let missing = ScanType::ALL.into_iter().filter(|kind| !installed().any(|one| one.scanner.has_type(&[*kind])));
    let missing: Vec<&str> = missing.map(ScanType::as_str).collect();
    let none = if missing.is_empty() { String::new() } else { format!("; none of type {}", missing.join(", ")) };
    format!("{} of {} local scanners are installed{none}", installed().count(), found.len())
}

async fn of_hub(arguments: &StatusArguments, hub: &str) -> Answer<String> {
    let client = arguments.key.client(hub)?;
    let ready = client.get_root("ask whether it is ready", &["readyz"]).await?;
    let integrations = client.get("list integrations", &["integrations"], &[]).await?;
    let mut scans = Map::new();
    for status in Status::ALL {
        scans.insert(status.to_string(), total(&client, "scans", "status", status.as_str()).await?);
    }
    let mut jobs = Map::new();
    for state in ["queued", "running", "failed"] {
        jobs.insert(state.to_owned(), total(&client, "jobs", "state", state).await?);
    }
    let whole = json!({
        "ready": ready.get("status"),
        "scans": scans,
        "jobs": jobs,
        "integrations": table::items(&integrations),
    });
    Ok(match arguments.output {
        Form::Json => format!("{whole:#}\n"),
        Form::Table => people(&whole),
    })
}

/// How many match, or `{"at_least": n}` where more match than a hub counts; the first page carries the number.
async fn total(client: &Client, list: &'static str, filter: &str, word: &str) -> Answer<Value> {
    let page = client.get("count", &[list], &[(filter, word), ("limit", "1")]).await?;
    let at_least = || page.get("total_at_least").map(|counted| json!({"at_least": counted}));
    Ok(page.get("total").cloned().or_else(at_least).unwrap_or_default())
}

fn people(whole: &Value) -> String {
    let numbers = |name: &str| {
        let words: Vec<String> = whole
            .get(name)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter(|(_, count)| count.as_u64() != Some(0))
            .map(|(word, count)| match count.get("at_least") {
                Some(counted) => format!("over {counted} {word}"),
                None => format!("{count} {word}"),
            })
            .collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    };
    let mut text =
        table::facts(&[("hub", table::text(whole, "ready")), ("scans", numbers("scans")), ("jobs", numbers("jobs"))]);
    let integrations = whole.get("integrations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if integrations.is_empty() {
        text.push_str("no integrations\n");
    } else {
        text.push('\n');
        text.push_str(&table::rows(integrations::COLUMNS, integrations));
    }
    text
}
