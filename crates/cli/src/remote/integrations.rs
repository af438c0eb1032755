//! `scanhelm integrations`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::Client;
use super::scans::shown;
use super::table::{self, Column, text, time};
use super::{Answer, Form, HubArguments, ended, job};
use crate::exit::{self, Exit};
use crate::results;

pub(crate) const EXAMPLES: &str = "\
Examples:
  export SCANHELM_HUB=https://scanhelm.example.com SCANHELM_API_KEY=shk_...
  scanhelm integrations ls
  scanhelm integrations test ID
  scanhelm integrations sync
  scanhelm integrations backfill ID";

#[derive(Args, Debug)]
pub(crate) struct IntegrationsArguments {
    #[command(flatten)]
    hub: HubArguments,
    /// Form of what is printed
    #[arg(long, short, value_name = "FORMAT", default_value = "table", global = true)]
    output: Form,
    #[command(subcommand)]
    command: IntegrationsCommand,
}

#[derive(Debug, Subcommand)]
enum IntegrationsCommand {
    /// List the integrations and how they are doing
    #[command(after_help = EXAMPLES)]
    Ls,
    /// Try the connection step by step; exit code 1 when a step fails
    #[command(after_help = EXAMPLES)]
    Test {
        /// Id of the integration
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Look at the vendor now, adopt and update, and wait for it
    #[command(after_help = EXAMPLES)]
    Sync {
        /// Id of the integration; all when it is left out
        #[arg(value_name = "ID")]
        id: Option<String>,
    },
    /// Import what the scanner ran before it was connected, and wait until it is queued
    #[command(after_help = EXAMPLES)]
    Backfill {
        /// Id of the integration
        #[arg(value_name = "ID")]
        id: String,
    },
}

pub(crate) async fn run(arguments: IntegrationsArguments) -> Exit {
    let client = match arguments.hub.client() {
        Ok(client) => client,
        Err(error) => return super::failed(&error),
    };
    let output = arguments.output;
    match arguments.command {
        IntegrationsCommand::Ls => ended(listed(&client, output).await),
        IntegrationsCommand::Test { id } => match tested(&client, &id).await {
            Ok(report) => {
                let ok = report.get("ok") == Some(&Value::Bool(true));
                match exit::printed(&shown(output, &report, steps)) {
                    Exit::Done if !ok => Exit::Unhealthy,
                    exit => exit,
                }
            }
            Err(error) => super::failed(&error),
        },
        IntegrationsCommand::Sync { id } => ended(synced(&client, output, id.as_deref()).await),
        IntegrationsCommand::Backfill { id } => ended(backfilled(&client, output, &id).await),
    }
}

pub(super) const COLUMNS: &[Column] = &[
    ("ID", |one| text(one, "id")),
    ("NAME", |one| text(one, "name")),
    ("VENDOR", |one| text(one, "connector")),
    ("STATE", |one| text(one, "health.state")),
    ("LAST SUCCESS", |one| time(one, "health.last_success_at")),
    ("NEXT LOOK", |one| time(one, "health.next_poll_at")),
    ("TROUBLE", |one| text(one, "health.error")),
];

async fn listed(client: &Client, output: Form) -> Answer<String> {
    let listing = client.get("list integrations", &["integrations"], &[]).await?;
    let integrations = table::items(&listing);
    Ok(match output {
        Form::Json => format!("{:#}\n", json!(integrations)),
        Form::Table if integrations.is_empty() => "no integrations\n".to_owned(),
        Form::Table => table::rows(COLUMNS, integrations),
    })
}

async fn tested(client: &Client, id: &str) -> Answer<Value> {
    client.post("test the integration", &["integrations", id, "test"], &[], &json!({})).await
}

fn steps(report: &Value) -> String {
    let steps = report.get("steps").and_then(Value::as_array).into_iter().flatten();
    steps
        .map(|step| {
            let ok = if step.get("ok") == Some(&Value::Bool(true)) { "ok  " } else { "FAIL" };
            let mut line = format!("{ok}  {:12} {}", text(step, "step"), text(step, "detail"));
            if let Some(fix) = step.get("fix").and_then(Value::as_str) {
                line.push_str(&format!(". What to do: {fix}"));
            }
            format!("{}\n", results::cell(&line, 500))
        })
        .collect()
}

async fn synced(client: &Client, output: Form, id: Option<&str>) -> Answer<String> {
    let accepted = client.post("sync", &["sync"], &[], &json!({"integration_id": id})).await?;
    let result = job::wait(client, &accepted).await?;
    Ok(shown(output, &result, |result| match result.as_object() {
        Some(object) if !object.is_empty() => {
            let facts: Vec<(&str, String)> = object.keys().map(|name| (name.as_str(), text(result, name))).collect();
            table::facts(&facts)
        }
        _ => "done\n".to_owned(),
    }))
}

async fn backfilled(client: &Client, output: Form, id: &str) -> Answer<String> {
    let accepted = client.post("backfill the integration", &["integrations", id, "backfill"], &[], &json!({})).await?;
    let result = job::wait(client, &accepted).await?;
    // What another request queued is not this one's.
    let queued = if accepted.get("complete") == Some(&Value::Bool(true)) { &accepted } else { &result };
    let answer = json!({"queued": queued.get("queued"), "scans": result.get("scans"), "untold": result.get("untold")});
    Ok(shown(output, &answer, |answer| {
        let mut text = format!("{} runs will be imported\n", text(answer, "queued"));
        if answer.get("untold").and_then(Value::as_u64).is_some_and(|untold| untold > 0) {
            text.push_str(&format!("of {} scans the scanner tells no past\n", self::text(answer, "untold")));
        }
        text
    }))
}
