//! `scanhelm scan --hub URL`: tells a hub what a scan found and what became of its scanners, and asks what it knows of
//! that. Whatever happens here, the scan's own results are written; a hub that does not answer suppresses nothing.

use std::io::{BufWriter, Write};
use std::time::Duration;

use clap::Args;
use scanhelm_core::text::single_line;
use scanhelm_formats::write::Entry;
use scanhelm_runner::Coverage;
use serde_json::{Value, json};

use super::client::KeyArguments;
use super::scans::import_result;
use super::standings::{self, Standing};
use super::{Answer, RemoteError, job, unless_interrupted};
use crate::ci::Pipeline;
use crate::exit::{self, Exit};
use crate::results::{Results, ScannerResult, cell};

const LONGEST_REASON: usize = 200;
/// The results wait for the hub no longer than this, once for sending and once for asking.
const PATIENCE: Duration = Duration::from_mins(15);
/// Of more the hub is told nothing, so that what it is told stays small; then nothing of them closes.
const MOST_ASSETS: usize = 200;

#[derive(Args, Debug)]
#[command(next_help_heading = "Sending to a hub")]
pub(crate) struct RunArguments {
    /// Also send the findings and the facts of the build to this hub, as a run of one scan; what counts for nothing there
    /// counts for no gate. An empty address is none
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

/// What a hub made of a run; all `None` where there is no hub.
#[derive(Debug, Default)]
pub(crate) struct Told {
    sent: Option<Answer<Value>>,
    /// Of each finding; `None`: nobody asked.
    pub(crate) standings: Option<Answer<Vec<Option<Standing>>>>,
}

impl Told {
    /// Why nobody knows what stands of the findings.
    pub(crate) fn trouble(&self) -> Option<&RemoteError> {
        let unsent = self.sent.as_ref().and_then(|sent| sent.as_ref().err());
        unsent.or_else(|| self.standings.as_ref().and_then(|standings| standings.as_ref().err()))
    }
}

impl RunArguments {
    /// Pipelines pass on variables that nobody may have set.
    fn hub(&self) -> Option<&str> {
        self.hub.as_deref().map(str::trim).filter(|hub| !hub.is_empty())
    }

    /// Before any work is done: that the hub can be asked at all.
    pub(crate) fn check(&self) -> Result<(), Exit> {
        let Some(hub) = self.hub() else { return Ok(()) };
        self.key.client(hub).map(|_| ()).map_err(|error| super::failed(&error))
    }

    /// Sends the run, if anybody wants that, and asks what the hub knows of what was found; `hears` is false where
    /// nothing is suppressed. It is asked after the run is in: rules of the company act when it comes in.
    pub(crate) async fn tell(&self, run: &Run<'_>, hears: bool) -> Told {
        let Some(hub) = self.hub() else { return Told::default() };
        let late = || RemoteError::Unreachable(format!("the hub {} took longer than 15 minutes", cell(hub, 200)));
        let sent = tokio::time::timeout(PATIENCE, self.sent(hub, run)).await.unwrap_or_else(|_| Err(late()));
        let standings = match &sent {
            Ok(_) if hears => {
                let asked = tokio::time::timeout(PATIENCE, self.standings(hub, &run.results.findings)).await;
                Some(asked.unwrap_or_else(|_| Err(late())))
            }
            _ => None,
        };
        Told { sent: Some(sent), standings }
    }

    async fn standings(&self, hub: &str, findings: &[Entry]) -> Answer<Vec<Option<Standing>>> {
        let client = self.key.client(hub)?;
        let goes_on = "Interrupted. The hub has the run.".to_owned();
        unless_interrupted(standings::of(&client, findings), goes_on).await
    }

    /// Says what became of the run. The scan's own verdict goes before trouble with the hub.
    pub(crate) fn exit(&self, told: Told, quiet: bool, verdict: Exit) -> Exit {
        match told.sent {
            None => verdict,
            Some(Ok(result)) => {
                let scan = result.get("scan_id").and_then(Value::as_str).unwrap_or("-");
                let line = format!("hub: scan {}: {}", cell(scan, 60), import_result(&result).trim_end());
                if !quiet {
                    exit::say(&line);
                }
                match told.standings {
                    Some(Err(error @ RemoteError::Interrupted(_))) if verdict == Exit::Done => super::failed(&error),
                    _ => verdict,
                }
            }
            Some(Err(error)) if self.hub_optional && !matches!(error, RemoteError::Interrupted(_)) => {
                exit::say(&format!("warning: the hub does not have this run: {error}"));
                verdict
            }
            Some(Err(error)) => {
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
        run.results.write_for_hub(&mut writer, run.coverage).and_then(|()| writer.flush()).map_err(unwritable)?;
        drop(writer);
        let (told, ci) = (run.told().to_string(), json!(run.pipeline.metadata).to_string());
        let texts = [("format", "scanhelm"), ("run", &told), ("ci", &ci), ("scan_name", self.name(run.results))];
        let goes_on =
            "Interrupted. Whether the hub has the run is not known; the next one tells all there is.".to_owned();
        let accepted = unless_interrupted(client.upload(file.path(), "scanhelm-run.json", &texts), goes_on).await?;
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
