//! `scanhelm findings delta`: what a run changed against the run before it, or against any other.

use clap::Args;
use clap::builder::PossibleValuesParser;
use scanhelm_core::finding::delta::Difference;
use serde_json::Value;

use super::client::Client;
use super::findings::listing;
use super::scans::{pages, shown};
use super::table::{counts, text};
use super::{Answer, Form};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm findings delta SCAN                             counts against the run before
  scanhelm findings delta SCAN --list new --limit 100000   the findings that are new
  scanhelm findings delta SCAN --run RUN --against RUN     any two runs; the second may be one of another scan
  scanhelm findings delta SCAN --output json | jq .fixed.counts";

#[derive(Args, Debug)]
pub(super) struct DeltaArguments {
    /// Id of the scan
    #[arg(value_name = "SCAN")]
    scan: String,
    /// Run of this scan; the latest with results without it
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Run to compare with, of this or any other scan; the one before without it
    #[arg(long, value_name = "ID")]
    against: Option<String>,
    /// List these findings instead of counting all
    #[arg(long, value_name = "WHICH", value_parser = PossibleValuesParser::new(Difference::ALL.map(Difference::as_str)))]
    list: Option<String>,
    /// At most this many findings
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(super) async fn told(client: &Client, output: Form, asked: &DeltaArguments) -> Answer<String> {
    let runs = [("run", &asked.run), ("against", &asked.against)];
    let mut query: Vec<(&str, &str)> =
        runs.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    if let Some(list) = &asked.list {
        query.push(("difference", list));
        let path = ["scans", &asked.scan, "findings-delta", "findings"];
        return Ok(listing(output, pages(client, "compare runs", &path, &query, asked.limit).await?));
    }
    let limit = asked.limit.min(500).to_string();
    query.push(("limit", &limit));
    let delta = client.get("compare runs", &["scans", &asked.scan, "findings-delta"], &query).await?;
    Ok(shown(output, &delta, described))
}

fn described(delta: &Value) -> String {
    let against = match text(delta, "against.id").as_str() {
        "-" => "nothing: there is no earlier run with results".to_owned(),
        id => format!("run {id} ({})", text(delta, "against.finished_at")),
    };
    let mut told = format!("run {} ({}) against {against}\n", text(delta, "run.id"), text(delta, "run.finished_at"));
    for difference in Difference::ALL {
        let name = difference.as_str();
        told.push_str(&format!("  {:10} {}\n", name.replace('_', " "), counts(delta, &format!("{name}.counts"))));
    }
    told
}
