//! `scanhelm status`: how a hub is doing.

use clap::Args;
use scanhelm_core::status::Status;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::{Answer, Form, HubArguments, ended, integrations, table};
use crate::exit::Exit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm status --hub https://scanhelm.example.com
  SCANHELM_API_KEY=shk_... scanhelm status --output json";

#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    hub: HubArguments,
    /// Form of what is printed
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Form,
}

pub(crate) async fn run(arguments: StatusArguments) -> Exit {
    ended(status(&arguments).await)
}

async fn status(arguments: &StatusArguments) -> Answer<String> {
    let client = arguments.hub.client()?;
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
