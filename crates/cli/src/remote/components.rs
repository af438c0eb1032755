//! `scanhelm components`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::client::Client;
use super::scans::pages;
use super::table::{self, Column, NOTHING, text};
use super::{Answer, Form, HubArguments, ended};
use crate::exit::Exit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  export SCANHELM_HUB=https://scanhelm.example.com SCANHELM_API_KEY=shk_...
  scanhelm components ls --search log4j
  scanhelm components ls --asset ID --license GPL-3.0-only
  scanhelm components ls --ecosystem npm --limit 1000 --output json";

#[derive(Args, Debug)]
pub(crate) struct ComponentsArguments {
    #[command(flatten)]
    hub: HubArguments,
    /// Form of what is printed
    #[arg(long, short, value_name = "FORMAT", default_value = "table", global = true)]
    output: Form,
    #[command(subcommand)]
    command: ComponentsCommand,
}

#[derive(Debug, Subcommand)]
enum ComponentsCommand {
    /// List what assets are made of
    #[command(after_help = EXAMPLES)]
    Ls(ListArguments),
}

#[derive(Args, Debug)]
struct ListArguments {
    /// Only of this asset
    #[arg(long, value_name = "ID")]
    asset: Option<String>,
    /// Only with this licence, as it is written; repeat for several
    #[arg(long, value_name = "LICENCE")]
    license: Vec<String>,
    /// Only of this ecosystem, in the words of a purl (`npm`, `maven`, `deb`), or `none`; repeat for several
    #[arg(long, value_name = "NAME")]
    ecosystem: Vec<String>,
    /// Only of this kind: `library`, `application`, `operating-system`, ...; repeat for several
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only listed by this scanner of files and local scans
    #[arg(long, value_name = "NAME")]
    scanner: Option<String>,
    /// A text in the name, the version or the purl
    #[arg(long, short = 's', value_name = "TEXT")]
    search: Option<String>,
    /// `name` or `first_seen_at`, with `-` for the reverse
    #[arg(long, value_name = "FIELD", default_value = "name", allow_hyphen_values = true)]
    sort: String,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl ListArguments {
    /// As the API calls them.
    fn query(&self) -> Vec<(&'static str, &str)> {
        let several = [("license", &self.license), ("ecosystem", &self.ecosystem), ("kind", &self.kind)];
        let mut query: Vec<(&str, &str)> = several
            .into_iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value.as_str())))
            .collect();
        let single = [("asset_id", &self.asset), ("scanner", &self.scanner), ("q", &self.search)];
        query.extend(single.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
        query.push(("sort", &self.sort));
        query
    }
}

pub(crate) async fn run(arguments: ComponentsArguments) -> Exit {
    let client = match arguments.hub.client() {
        Ok(client) => client,
        Err(error) => return super::failed(&error),
    };
    let ComponentsCommand::Ls(list) = &arguments.command;
    ended(listed(&client, arguments.output, list).await)
}

const COLUMNS: &[Column] = &[
    ("NAME", |component| match text(component, "group").as_str() {
        NOTHING => text(component, "name"),
        group => format!("{group}/{}", text(component, "name")),
    }),
    ("VERSION", |component| text(component, "version")),
    ("ECOSYSTEM", |component| text(component, "ecosystem")),
    ("LICENCES", |component| text(component, "licenses")),
    ("OPEN", |component| text(component, "open_findings")),
    ("ASSET", |component| text(component, "asset.name")),
];

async fn listed(client: &Client, output: Form, list: &ListArguments) -> Answer<String> {
    let components = pages(client, "list components", &["components"], &list.query(), list.limit).await?;
    Ok(match output {
        Form::Json => format!("{:#}\n", Value::Array(components)),
        Form::Table if components.is_empty() => "no components\n".to_owned(),
        Form::Table => table::rows(COLUMNS, &components),
    })
}
