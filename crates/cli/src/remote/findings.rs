//! `scanhelm findings`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::client::Client;
use super::scans::{pages, shown};
use super::table::{self, Column, facts, text, time};
use super::{Answer, Form, HubArguments, ended};
use crate::exit::Exit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  export SCANHELM_HUB=https://scanhelm.example.com SCANHELM_API_KEY=shk_...
  scanhelm findings ls --severity critical --severity high --status open
  scanhelm findings ls --cve CVE-2021-44228 --output json
  scanhelm findings show ID";

#[derive(Args, Debug)]
pub(crate) struct FindingsArguments {
    #[command(flatten)]
    hub: HubArguments,
    /// Form of what is printed
    #[arg(long, short, value_name = "FORMAT", default_value = "table", global = true)]
    output: Form,
    #[command(subcommand)]
    command: FindingsCommand,
}

#[derive(Debug, Subcommand)]
enum FindingsCommand {
    /// List findings, worst first
    #[command(after_help = EXAMPLES)]
    Ls(ListArguments),
    /// Show one finding
    #[command(after_help = EXAMPLES)]
    Show {
        /// Id of the finding
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Args, Debug)]
struct ListArguments {
    /// Only of this severity; repeat for several
    #[arg(long, value_name = "SEVERITY")]
    severity: Vec<String>,
    /// Only in this state; repeat for several
    #[arg(long, value_name = "STATE")]
    status: Vec<String>,
    /// Only seen by this scanner
    #[arg(long, value_name = "NAME")]
    scanner: Option<String>,
    /// Only seen by the latest run of this scan
    #[arg(long, value_name = "ID")]
    scan: Option<String>,
    /// Only on this asset
    #[arg(long, value_name = "ID")]
    asset: Option<String>,
    /// Only with this CVE
    #[arg(long, value_name = "CVE")]
    cve: Option<String>,
    /// A text in the title, the CVEs or the location, or the first 16 or more digits of the fingerprint
    #[arg(long, short = 's', value_name = "TEXT")]
    search: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(crate) async fn run(arguments: FindingsArguments) -> Exit {
    let client = match arguments.hub.client() {
        Ok(client) => client,
        Err(error) => return super::failed(&error),
    };
    ended(match arguments.command {
        FindingsCommand::Ls(list) => listed(&client, arguments.output, &list).await,
        FindingsCommand::Show { id } => match client.get("show the finding", &["findings", &id], &[]).await {
            Ok(finding) => Ok(shown(arguments.output, &finding, described)),
            Err(error) => Err(error),
        },
    })
}

const COLUMNS: &[Column] = &[
    ("ID", |finding| text(finding, "id")),
    ("SEVERITY", |finding| text(finding, "severity")),
    ("STATE", |finding| text(finding, "status")),
    ("ASSET", |finding| text(finding, "asset")),
    ("LOCATION", |finding| text(finding, "location")),
    ("TITLE", |finding| text(finding, "title")),
];

async fn listed(client: &Client, output: Form, list: &ListArguments) -> Answer<String> {
    let mut filters: Vec<(&str, &str)> = list.severity.iter().map(|severity| ("severity", severity.as_str())).collect();
    filters.extend(list.status.iter().map(|status| ("status", status.as_str())));
    let single = [
        ("scanner", &list.scanner),
        ("scan_id", &list.scan),
        ("asset_id", &list.asset),
        ("cve", &list.cve),
        ("q", &list.search),
    ];
    filters.extend(single.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
    let findings = pages(client, "list findings", &["findings"], &filters, list.limit).await?;
    Ok(match output {
        Form::Json => format!("{:#}\n", Value::Array(findings)),
        Form::Table if findings.is_empty() => "no findings\n".to_owned(),
        Form::Table => table::rows(COLUMNS, &findings),
    })
}

fn described(finding: &Value) -> String {
    facts(&[
        ("id", text(finding, "id")),
        ("title", text(finding, "title")),
        ("severity", text(finding, "severity")),
        ("state", text(finding, "status")),
        ("asset", text(finding, "asset")),
        ("location", text(finding, "location")),
        ("what it is", text(finding, "description")),
        ("what to do", text(finding, "solution")),
        ("CVEs", text(finding, "cves")),
        ("CWEs", text(finding, "cwes")),
        ("first seen", time(finding, "first_seen_at")),
        ("last seen", time(finding, "last_seen_at")),
        ("resolved", time(finding, "resolved_at")),
        ("sightings", text(finding, "sighting_count")),
        ("fingerprint", text(finding, "fingerprint")),
    ])
}
