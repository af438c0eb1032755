//! `scanhelm findings`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::client::Client;
use super::delta::{self, DeltaArguments};
use super::export::{self, ExportArguments};
use super::scans::{pages, shown};
use super::table::{self, Column, facts, text, time};
use super::{Answer, Form, HubArguments, ended};
use crate::exit::Exit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  export SCANHELM_HUB=https://scanhelm.example.com SCANHELM_API_KEY=shk_...
  scanhelm findings ls --severity critical --severity high --status open
  scanhelm findings ls --kev --overdue --sort -risk
  scanhelm findings ls --cve CVE-2021-44228 --output json
  scanhelm findings show ID
  scanhelm findings export --severity critical --output-file critical.csv
  scanhelm findings delta SCAN --list new";

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
    /// Write all findings that match into a file
    #[command(after_help = export::EXAMPLES)]
    Export(ExportArguments),
    /// Show what a run changed against another
    #[command(after_help = delta::EXAMPLES)]
    Delta(DeltaArguments),
}

/// Which findings.
#[derive(Args, Debug)]
pub(super) struct FilterArguments {
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
    /// Only of this owner: the id of a user, `me`, `none`, or `gone` for people who have left
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// Only with this CVE
    #[arg(long, value_name = "CVE")]
    cve: Option<String>,
    /// Only with this CWE
    #[arg(long, value_name = "NUMBER")]
    cwe: Option<String>,
    /// Only with a weakness that speaks against this requirement: `owasp-2021:A03`, `pci-dss-4:6.2.4`
    #[arg(long, value_name = "TAG")]
    compliance: Option<String>,
    /// Only with at least this risk, 0 to 100
    #[arg(long, value_name = "RISK")]
    risk: Option<String>,
    /// Only with at least this probability to be exploited, 0 to 1 (EPSS)
    #[arg(long, value_name = "PROBABILITY")]
    epss: Option<String>,
    /// Only what is known to be exploited (KEV)
    #[arg(long)]
    kev: bool,
    /// Only what is due, and not waived, before this time: 2026-12-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    due_before: Option<String>,
    /// Only what should have been mended by now
    #[arg(long)]
    overdue: bool,
    /// A text in the title, the CVEs or the location, or the first 16 or more digits of the fingerprint
    #[arg(long, short = 's', value_name = "TEXT")]
    search: Option<String>,
}

#[derive(Args, Debug)]
struct ListArguments {
    #[command(flatten)]
    filter: FilterArguments,
    /// `severity`, `risk`, `due_at`, `last_seen_at`, `first_seen_at` or `title`, with `-` for the reverse
    #[arg(long, value_name = "FIELD", default_value = "-severity", allow_hyphen_values = true)]
    sort: String,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl FilterArguments {
    /// As the API calls them.
    pub(super) fn query(&self) -> Vec<(&'static str, &str)> {
        let mut query: Vec<(&str, &str)> = self.severity.iter().map(|word| ("severity", word.as_str())).collect();
        query.extend(self.status.iter().map(|word| ("status", word.as_str())));
        let single = [
            ("scanner", &self.scanner),
            ("scan_id", &self.scan),
            ("asset_id", &self.asset),
            ("owner", &self.owner),
            ("cve", &self.cve),
            ("cwe", &self.cwe),
            ("compliance", &self.compliance),
            ("risk_min", &self.risk),
            ("epss_min", &self.epss),
            ("due_before", &self.due_before),
            ("q", &self.search),
        ];
        query.extend(single.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
        let flags = [("kev", self.kev), ("overdue", self.overdue)];
        query.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| (name, "true")));
        query
    }
}

pub(crate) async fn run(arguments: FindingsArguments) -> Exit {
    let client = match arguments.hub.client() {
        Ok(client) => client,
        Err(error) => return super::failed(&error),
    };
    let output = arguments.output;
    ended(match &arguments.command {
        FindingsCommand::Ls(list) => listed(&client, output, list).await,
        FindingsCommand::Show { id } => client
            .get("show the finding", &["findings", id], &[])
            .await
            .map(|finding| shown(output, &finding, described)),
        FindingsCommand::Export(export) => return export::run(&arguments.hub, export).await,
        FindingsCommand::Delta(asked) => delta::told(&client, output, asked).await,
    })
}

const COLUMNS: &[Column] = &[
    ("ID", |finding| text(finding, "id")),
    ("SEVERITY", |finding| text(finding, "severity")),
    ("RISK", |finding| text(finding, "risk")),
    ("STATE", |finding| text(finding, "status")),
    ("ASSET", |finding| text(finding, "asset")),
    ("LOCATION", |finding| text(finding, "location")),
    ("TITLE", |finding| text(finding, "title")),
];

async fn listed(client: &Client, output: Form, list: &ListArguments) -> Answer<String> {
    let mut query = list.filter.query();
    query.push(("sort", &list.sort));
    let findings = pages(client, "list findings", &["findings"], &query, list.limit).await?;
    Ok(listing(output, findings))
}

pub(super) fn listing(output: Form, findings: Vec<Value>) -> String {
    match output {
        Form::Json => format!("{:#}\n", Value::Array(findings)),
        Form::Table if findings.is_empty() => "no findings\n".to_owned(),
        Form::Table => table::rows(COLUMNS, &findings),
    }
}

fn described(finding: &Value) -> String {
    facts(&[
        ("id", text(finding, "id")),
        ("title", text(finding, "title")),
        ("severity", text(finding, "severity")),
        ("risk", text(finding, "risk")),
        ("state", text(finding, "status")),
        ("due", time(finding, "due_at")),
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
