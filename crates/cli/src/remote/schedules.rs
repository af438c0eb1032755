//! `scanhelm schedules`.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::client::Client;
use super::scans::shown;
use super::table::{self, Column, facts, text, time};
use super::{Answer, Form, HubArguments, ended};
use crate::exit::Exit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  export SCANHELM_HUB=https://scanhelm.example.com SCANHELM_API_KEY=shk_...
  scanhelm schedules ls
  scanhelm schedules next '30 2 * * 1-5' --tz Europe/Berlin
  scanhelm schedules add SCAN_ID '30 2 * * 1-5' --tz Europe/Berlin
  scanhelm schedules runs ID --outcome missed
  scanhelm schedules pause ID
  scanhelm schedules resume ID
  scanhelm schedules rm ID";

#[derive(Args, Debug)]
pub(crate) struct SchedulesArguments {
    #[command(flatten)]
    hub: HubArguments,
    /// Form of what is printed
    #[arg(long, short, value_name = "FORMAT", default_value = "table", global = true)]
    output: Form,
    #[command(subcommand)]
    command: SchedulesCommand,
}

#[derive(Debug, Subcommand)]
enum SchedulesCommand {
    /// List the schedules, the next to run first
    #[command(after_help = EXAMPLES)]
    Ls {
        /// At most this many
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
    /// Show the next five times of a timetable, without storing it
    #[command(after_help = EXAMPLES)]
    Next(Times),
    /// Run a scan at these times; it has at most one schedule
    #[command(after_help = EXAMPLES)]
    Add {
        /// Id of the scan
        #[arg(value_name = "SCAN_ID")]
        scan: String,
        #[command(flatten)]
        times: Times,
    },
    /// What became of a schedule's times, newest first
    #[command(after_help = EXAMPLES)]
    Runs {
        #[command(flatten)]
        one: One,
        /// Only these: started, missed, skipped or failed
        #[arg(long, value_name = "OUTCOME")]
        outcome: Option<String>,
    },
    /// Hold a schedule until it is resumed; what falls in between is not made up for
    #[command(after_help = EXAMPLES)]
    Pause(One),
    /// Let a paused schedule go on
    #[command(after_help = EXAMPLES)]
    Resume(One),
    /// Remove a schedule; the scan and its runs stay
    #[command(after_help = EXAMPLES)]
    Rm(One),
}

#[derive(Args, Debug)]
struct One {
    /// Id of the schedule
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Args, Debug)]
struct Times {
    /// Five fields in quotes: minute, hour, day of month, month, day of week
    #[arg(value_name = "CRON")]
    cron: String,
    /// Time zone of the times, an IANA name
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    tz: String,
}

pub(crate) async fn run(arguments: SchedulesArguments) -> Exit {
    let client = match arguments.hub.client() {
        Ok(client) => client,
        Err(error) => return super::failed(&error),
    };
    let output = arguments.output;
    ended(match arguments.command {
        SchedulesCommand::Ls { limit } => listed(&client, output, limit).await,
        SchedulesCommand::Next(times) => next(&client, output, &times).await,
        SchedulesCommand::Add { scan, times } => added(&client, output, &scan, &times).await,
        SchedulesCommand::Runs { one, outcome } => runs(&client, output, &one.id, outcome.as_deref()).await,
        SchedulesCommand::Pause(one) => switched(&client, output, &one.id, false).await,
        SchedulesCommand::Resume(one) => switched(&client, output, &one.id, true).await,
        SchedulesCommand::Rm(one) => removed(&client, output, &one.id).await,
    })
}

const COLUMNS: &[Column] = &[
    ("ID", |one| text(one, "id")),
    ("SCAN", |one| text(one, "scan_name")),
    ("CRON", |one| text(one, "cron")),
    ("ZONE", |one| text(one, "tz")),
    ("STATE", state),
    ("NEXT (UTC)", |one| time(one, "next_at")),
    ("LAST (UTC)", |one| time(one, "last_run.nominal_at")),
    ("LAST OUTCOME", |one| outcome(one.get("last_run").unwrap_or(&Value::Null))),
];

const RUN_COLUMNS: &[Column] = &[
    ("DUE (UTC)", |run| time(run, "nominal_at")),
    ("OUTCOME", outcome),
    ("ENDED (UTC)", |run| time(run, "finished_at")),
    ("SCAN", |run| text(run, "scan_id")),
    ("REASON", |run| text(run, "reason")),
];

fn state(schedule: &Value) -> String {
    match (schedule.get("enabled"), schedule.get("paused_reason").and_then(Value::as_str)) {
        (Some(Value::Bool(false)), _) => "paused".to_owned(),
        (_, Some(reason)) => format!("held: {}", reason.replace('_', " ")),
        _ => "active".to_owned(),
    }
}

/// How it ended where that is known, what became of it otherwise.
fn outcome(run: &Value) -> String {
    match text(run, "result").as_str() {
        table::NOTHING => text(run, "outcome"),
        _ if text(run, "outcome") == "failed" => "not started".to_owned(),
        result => result.to_owned(),
    }
}

async fn listed(client: &Client, output: Form, limit: u32) -> Answer<String> {
    let limit = limit.to_string();
    let listing = client.get("list schedules", &["schedules"], &[("sort", "next_at"), ("limit", &limit)]).await?;
    let schedules = table::items(&listing);
    Ok(match output {
        Form::Json => format!("{:#}\n", json!(schedules)),
        Form::Table if schedules.is_empty() => "no schedules\n".to_owned(),
        Form::Table => table::rows(COLUMNS, schedules),
    })
}

async fn next(client: &Client, output: Form, times: &Times) -> Answer<String> {
    let query = [("cron", times.cron.as_str()), ("tz", times.tz.as_str())];
    let preview = client.get("read the timetable", &["schedules", "preview"], &query).await?;
    Ok(shown(output, &preview, |preview| {
        let fires = preview.get("next_fires").and_then(Value::as_array).into_iter().flatten();
        fires.map(|fire| format!("{}\n", time(&json!({"at": fire}), "at"))).collect()
    }))
}

async fn added(client: &Client, output: Form, scan: &str, times: &Times) -> Answer<String> {
    let body = json!({"scan_id": scan, "cron": times.cron, "tz": times.tz});
    let schedule = client.post("add the schedule", &["schedules"], &[], &body).await?;
    Ok(shown(output, &schedule, told))
}

async fn switched(client: &Client, output: Form, id: &str, enabled: bool) -> Answer<String> {
    let what = if enabled { "resume the schedule" } else { "pause the schedule" };
    let schedule = client.patch(what, &["schedules", id], &json!({"enabled": enabled})).await?;
    Ok(shown(output, &schedule, told))
}

async fn removed(client: &Client, output: Form, id: &str) -> Answer<String> {
    client.delete("remove the schedule", &["schedules", id], &[]).await?;
    Ok(shown(output, &Value::Object(Map::new()), |_| "removed\n".to_owned()))
}

async fn runs(client: &Client, output: Form, id: &str, outcome: Option<&str>) -> Answer<String> {
    let query: Vec<(&str, &str)> = outcome.map(|outcome| ("outcome", outcome)).into_iter().collect();
    let listing = client.get("list the times", &["schedules", id, "runs"], &query).await?;
    let runs = table::items(&listing);
    Ok(match output {
        Form::Json => format!("{:#}\n", json!(runs)),
        Form::Table if runs.is_empty() => "none yet\n".to_owned(),
        Form::Table => table::rows(RUN_COLUMNS, runs),
    })
}

fn told(schedule: &Value) -> String {
    facts(&[
        ("id", text(schedule, "id")),
        ("scan", text(schedule, "scan_name")),
        ("cron", text(schedule, "cron")),
        ("zone", text(schedule, "tz")),
        ("state", state(schedule)),
        ("next (UTC)", time(schedule, "next_at")),
    ])
}
