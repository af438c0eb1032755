//! `scanhelm assets`.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::client::Client;
use super::scans::{pages, shown};
use super::table::{self, Column, NOTHING, counts, facts, text, time};
use super::{Answer, Form, HubArguments, ended};
use crate::exit::Exit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  export SCANHELM_HUB=https://scanhelm.example.com SCANHELM_API_KEY=shk_...
  scanhelm assets ls --kind host --stale
  scanhelm assets ls --tag production --owner none --output json
  scanhelm assets show ID
  scanhelm assets set ID --tag production --tag pci --criticality high --owner me";

#[derive(Args, Debug)]
pub(crate) struct AssetsArguments {
    #[command(flatten)]
    hub: HubArguments,
    /// Form of what is printed
    #[arg(long, short, value_name = "FORMAT", default_value = "table", global = true)]
    output: Form,
    #[command(subcommand)]
    command: AssetsCommand,
}

#[derive(Debug, Subcommand)]
enum AssetsCommand {
    /// List what findings are on
    #[command(after_help = EXAMPLES)]
    Ls(ListArguments),
    /// Show one asset, and which scanner has seen it when
    #[command(after_help = EXAMPLES)]
    Show {
        /// Id of the asset
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Say whose it is, what it belongs to and how much depends on it
    #[command(after_help = EXAMPLES)]
    Set(SetArguments),
}

#[derive(Args, Debug)]
struct ListArguments {
    /// Only of this kind; repeat for several
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only with this tag; repeat for those that have all of them
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only of this owner: the id of a user, `me`, `none`, or `gone` for people who have left
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// Only what no scan has seen for long
    #[arg(long)]
    stale: bool,
    /// Only seen by this integration
    #[arg(long, value_name = "ID")]
    integration: Option<String>,
    /// Only seen by this scanner of files and local scans
    #[arg(long, value_name = "NAME", conflicts_with = "integration")]
    scanner: Option<String>,
    /// A text in the name or in what it is recognised by
    #[arg(long, short = 's', value_name = "TEXT")]
    search: Option<String>,
    /// `name`, `created_at` or `last_seen_at`, with `-` for the reverse
    #[arg(long, value_name = "FIELD", default_value = "name", allow_hyphen_values = true)]
    sort: String,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
struct Changes {
    /// All its tags from now on; repeat for several, one empty for none
    #[arg(long, value_name = "TAG")]
    tag: Option<Vec<String>>,
    /// Who takes care of it: the id of a user, `me`, or `none`
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// How much depends on it: `low`, `normal`, `high` or `critical`
    #[arg(long, value_name = "WORD")]
    criticality: Option<String>,
}

#[derive(Args, Debug)]
struct SetArguments {
    /// Id of the asset
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    changes: Changes,
}

impl ListArguments {
    /// As the API calls them.
    fn query(&self) -> Vec<(&'static str, &str)> {
        let mut query: Vec<(&str, &str)> = self.kind.iter().map(|kind| ("kind", kind.as_str())).collect();
        query.extend(self.tag.iter().map(|tag| ("tag", tag.as_str())));
        let single = [
            ("owner", &self.owner),
            ("integration_id", &self.integration),
            ("scanner", &self.scanner),
            ("q", &self.search),
        ];
        query.extend(single.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
        query.extend(self.stale.then_some(("stale", "true")));
        query.push(("sort", &self.sort));
        query
    }
}

impl Changes {
    /// What is left out stays.
    fn body(&self) -> Value {
        let mut body = Map::new();
        if let Some(tags) = &self.tag {
            let tags: Vec<_> = tags.iter().filter(|tag| !tag.is_empty()).collect();
            body.insert("tags".to_owned(), json!(tags));
        }
        if let Some(owner) = &self.owner {
            body.insert("owner".to_owned(), if owner == "none" { Value::Null } else { json!(owner) });
        }
        if let Some(criticality) = &self.criticality {
            body.insert("criticality".to_owned(), json!(criticality));
        }
        Value::Object(body)
    }
}

pub(crate) async fn run(arguments: AssetsArguments) -> Exit {
    let client = match arguments.hub.client() {
        Ok(client) => client,
        Err(error) => return super::failed(&error),
    };
    let output = arguments.output;
    ended(match &arguments.command {
        AssetsCommand::Ls(list) => listed(&client, output, list).await,
        AssetsCommand::Show { id } => {
            client.get("show the asset", &["assets", id], &[]).await.map(|asset| shown(output, &asset, described))
        }
        AssetsCommand::Set(SetArguments { id, changes }) => client
            .patch("change the asset", &["assets", id], &changes.body())
            .await
            .map(|asset| shown(output, &asset, described)),
    })
}

const COLUMNS: &[Column] = &[
    ("ID", |asset| text(asset, "id")),
    ("KIND", |asset| text(asset, "kind")),
    ("OPEN", |asset| counts(asset, "open_findings")),
    ("CRITICALITY", |asset| text(asset, "criticality")),
    ("OWNER", owner),
    ("TAGS", |asset| text(asset, "tags")),
    ("LAST SEEN", last_seen),
    ("NAME", |asset| text(asset, "name")),
];

const SEEN_BY: &[Column] = &[
    ("SEEN BY", |coverage| match text(coverage, "integration").as_str() {
        NOTHING => text(coverage, "source"),
        name => name.to_owned(),
    }),
    ("LAST LOOK", |coverage| time(coverage, "latest.at")),
    ("LAST COMPLETE", |coverage| time(coverage, "last_complete_at")),
    ("LAST LOGGED IN", |coverage| time(coverage, "last_authenticated_at")),
    ("FOUND", |coverage| text(coverage, "sightings")),
    ("LAST FOUND", |coverage| time(coverage, "last_found_at")),
];

fn owner(asset: &Value) -> String {
    match text(asset, "owner.name").as_str() {
        NOTHING if asset.get("owner").is_some_and(Value::is_object) => "gone".to_owned(),
        name => name.to_owned(),
    }
}

fn last_seen(asset: &Value) -> String {
    let mut seen = time(asset, "last_seen_at");
    if asset.get("stale") == Some(&Value::Bool(true)) {
        seen.push_str(" (stale)");
    }
    seen
}

async fn listed(client: &Client, output: Form, list: &ListArguments) -> Answer<String> {
    let assets = pages(client, "list assets", &["assets"], &list.query(), list.limit).await?;
    Ok(match output {
        Form::Json => format!("{:#}\n", Value::Array(assets)),
        Form::Table if assets.is_empty() => "no assets\n".to_owned(),
        Form::Table => table::rows(COLUMNS, &assets),
    })
}

fn described(asset: &Value) -> String {
    let mut described = facts(&[
        ("id", text(asset, "id")),
        ("name", text(asset, "name")),
        ("kind", text(asset, "kind")),
        ("recognised by", text(asset, "identity")),
        ("operating system", text(asset, "operating_system")),
        ("criticality", text(asset, "criticality")),
        ("owner", owner(asset)),
        ("tags", text(asset, "tags")),
        ("open findings", counts(asset, "open_findings")),
        ("first seen", time(asset, "first_seen_at")),
        ("last seen", last_seen(asset)),
    ]);
    let coverage = asset.get("coverage").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !coverage.is_empty() {
        described.push('\n');
        described.push_str(&table::rows(SEEN_BY, coverage));
    }
    described
}
