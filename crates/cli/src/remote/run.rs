//! `scanhelm scan --hub URL`: tells a hub what a scan found and what became of its scanners. The scan's own results
//! are written before; whatever happens here takes nothing from them.

use std::io::{BufWriter, Write};

use clap::Args;
use scanhelm_core::text::single_line;
use scanhelm_runner::Coverage;
use serde_json::{Value, json};

use super::client::KeyArguments;
use super::scans::import_result;
use super::{Answer, RemoteError, job};
use crate::ci::Pipeline;
use crate::exit::{self, Exit};
use crate::results::{Results, ScannerResult, cell};

const LONGEST_REASON: usize = 200;
/// Of more the hub is told nothing, so that what it is told stays small; then nothing of them closes.
const MOST_ASSETS: usize = 200;

#[derive(Args, Debug)]
#[command(next_help_heading = "Sending to a hub")]
pub(crate) struct RunArguments {
    /// Also send the findings and the facts of the build to this hub, as a run of one scan; an empty address is none
    #[arg(long, value_name = "URL")]
    hub: Option<String>,
    #[command(flatten)]
    key: KeyArguments,
    /// Name of the scan at the hub that this is a run of; else the repository's
    #[arg(long, value_name = "NAME", requires = "hub")]
    scan_name: Option<String>,
    /// A hub that cannot be reached or refuses does not change the exit code
    #[arg(long, requires = "hub")]
    hub_optional: bool,
}

/// What there is to tell.
pub(crate) struct Run<'a> {
    pub(crate) results: &'a Results,
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) scan_types: Vec<&'static str>,
    /// What each scanner that ran looked at.
    pub(crate) coverage: &'a [Coverage],
    /// A digest of what a scanner was asked beyond its usual questions.
    pub(crate) policy: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// All of the repository was looked at, not one file of it.
    pub(crate) whole: bool,
}

impl RunArguments {
    /// Pipelines pass on variables that nobody may have set.
    fn hub(&self) -> Option<&str> {
        self.hub.as_deref().map(str::trim).filter(|hub| !hub.is_empty())
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.hub().is_some()
    }

    /// Before any work is done: that the hub can be asked at all.
    pub(crate) fn check(&self) -> Result<(), Exit> {
        let Some(hub) = self.hub() else { return Ok(()) };
        self.key.client(hub).map(|_| ()).map_err(|error| super::failed(&error))
    }

    /// Sends the run, if anybody wants that. The scan's own verdict goes before trouble with the hub.
    pub(crate) async fn send(&self, run: &Run<'_>, quiet: bool, verdict: Exit) -> Exit {
        let Some(hub) = self.hub() else { return verdict };
        match self.sent(hub, run).await {
            Ok(result) => {
                let scan = result.get("scan_id").and_then(Value::as_str).unwrap_or("-");
                let line = format!("hub: scan {}: {}", cell(scan, 60), import_result(&result).trim_end());
                if !quiet {
                    exit::say(&line);
                }
                verdict
            }
            Err(error) if self.hub_optional && !matches!(error, RemoteError::Interrupted(_)) => {
                exit::say(&format!("warning: the hub does not have this run: {error}"));
                verdict
            }
            Err(error) => {
                let trouble = super::failed(&error);
                if verdict == Exit::Done { trouble } else { verdict }
            }
        }
    }

    async fn sent(&self, hub: &str, run: &Run<'_>) -> Answer<Value> {
        let client = self.key.client(hub)?;
        let unwritable =
            |error: std::io::Error| RemoteError::Refused(format!("what to send cannot be written: {error}"));
        let file = tempfile::Builder::new().prefix("scanhelm-run-").suffix(".json").tempfile().map_err(unwritable)?;
        let mut writer = BufWriter::new(file.as_file());
        run.results.write_for_hub(&mut writer).and_then(|()| writer.flush()).map_err(unwritable)?;
        drop(writer);
        let (told, ci) = (run.told().to_string(), json!(run.pipeline.metadata).to_string());
        let texts = [("format", "scanhelm"), ("run", &told), ("ci", &ci), ("scan_name", self.name(run.results))];
        let accepted = client.upload(file.path(), "scanhelm-run.json", &texts).await?;
        job::wait(&client, &accepted).await
    }

    fn name<'a>(&'a self, results: &'a Results) -> &'a str {
        self.scan_name.as_deref().unwrap_or(&results.name)
    }
}

impl Run<'_> {
    /// Its policy, and the digest of the arguments of its own.
    fn asked(&self, scanner: &str, known: Option<&Coverage>) -> Option<String> {
        let policy = known.and_then(|known| known.policy.clone());
        match (policy, (self.policy)(scanner)) {
            (Some(policy), Some(arguments)) => Some(format!("{policy}, {arguments}")),
            (policy, arguments) => policy.or(arguments),
        }
    }

    fn told(&self) -> Value {
        json!({
            "name": self.results.name,
            "scan_types": self.scan_types,
            "scanners": self.results.scanners.iter().map(|scanner| self.outcome(scanner)).collect::<Vec<_>>(),
            "closes": self.whole && self.pipeline.speaks_for_the_repository(),
        })
    }

    fn outcome(&self, result: &ScannerResult) -> Value {
        let short = |text: &str| single_line(text, LONGEST_REASON);
        match result {
            ScannerResult::Ran { scanner, version, warnings, .. } => {
                let known = self.coverage.iter().find(|coverage| coverage.scanner == *scanner);
                let whole = known.filter(|known| known.complete && known.assets.len() <= MOST_ASSETS);
                let reason =
                    warnings.first().map_or("it did not look at everything, or at too much to name", String::as_str);
                json!({
                    "scanner": scanner,
                    "version": version,
                    "policy": self.asked(scanner, known),
                    "assets": whole.map_or(&[][..], |known| &known.assets),
                    "outcome": if whole.is_some() { "complete" } else { "partial" },
                    "reason": if whole.is_some() { String::new() } else { short(reason) },
                })
            }
            ScannerResult::Skipped { scanner, reason, install_hint } => json!({
                "scanner": scanner,
                "outcome": "skipped",
                "reason": short(reason),
                "install_hint": install_hint.as_deref().map(short),
            }),
            ScannerResult::Failed { scanner, version, reason } => {
                json!({"scanner": scanner, "version": version, "outcome": "failed", "reason": short(reason)})
            }
        }
    }
}
