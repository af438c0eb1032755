//! A run of `scanhelm scan` on another machine: one report of what several scanners found, and what became of each.
//!
//! All runs of one name are runs of one scan, so what a later one does not show any more can be gone. Each scanner is a
//! source of its own and is taken in after the other, as in a local scan of the hub: only one that looked at everything
//! proves anything, and only in a run that speaks for the repository. A run of a branch or a request does not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::SightingSource;
use scanhelm_core::ids::RunId;
use scanhelm_core::import::Import;
use scanhelm_core::scan::{Scan, SkippedScanner};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, Result};
use scanhelm_formats::{CoveredAsset, ReadOptions};
use scanhelm_runner::ScanType;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::components::{self, Inventory};
use super::pipeline::{Frame, Progress, Source, Survey, import_records, survey};
use super::upload::Payload;
use super::vendor_job::{CANCELLED, result, save, tidy_up};
use super::{closing, finish};
use crate::Hub;
use crate::jobs::{JobContext, Outcome};

const MOST_SCANNERS: usize = 200;
const LONGEST_NAME: usize = 80;
const LONGEST_REASON: usize = 1000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportedRun {
    /// Of what was scanned; its scan is called so when nobody calls it otherwise.
    pub name: String,
    /// `code`, `secrets`, ...
    pub scan_types: Vec<String>,
    pub scanners: Vec<ReportedScanner>,
    /// What it does not show is gone, where the scanner looked at everything.
    pub closes: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportedScanner {
    pub scanner: String,
    pub version: Option<String>,
    /// What it was asked beyond its usual questions: with other questions, absence proves nothing.
    pub policy: Option<String>,
    /// What it looked at, found or not.
    pub assets: Vec<AssetRecord>,
    pub end: ReportedEnd,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedEnd {
    /// It looked at everything.
    Complete,
    /// It looked, but not at everything.
    Partial {
        reason: String,
    },
    Skipped {
        reason: String,
        install_hint: Option<String>,
    },
    Failed {
        reason: String,
    },
}

impl ReportedRun {
    pub(super) fn check(&self) -> Result<()> {
        let unusable = |detail: &str| Err(Error::field("run", "malformed", detail));
        if single_line(&self.name, 300) != self.name || self.name.is_empty() {
            return unusable("`name` is one line of at most 300 characters.");
        }
        if self.scanners.len() > MOST_SCANNERS || self.scan_types.len() > MOST_SCANNERS {
            return unusable("It names too many scanners.");
        }
        let mut names: Vec<&str> = self.scanners.iter().map(|scanner| scanner.scanner.as_str()).collect();
        if names.iter().any(|name| name.is_empty() || single_line(name, LONGEST_NAME) != **name) {
            return unusable("A scanner's name is one line of at most 80 characters.");
        }
        names.sort_unstable();
        names.dedup();
        if names.len() != self.scanners.len() {
            return unusable("It names a scanner twice.");
        }
        Ok(())
    }

    /// No digest of a report is equal to it.
    pub(super) fn key(&self, name: Option<&str>) -> String {
        let name = name.unwrap_or(&self.name);
        let digest = Sha256::digest(format!("run of `scanhelm scan`\0{name}"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Makes the scan one with a new run.
    pub(super) fn describe(&self, hub: &Hub, scan: &mut Scan, is_new: bool, payload: &Payload, surveyed: &Survey) {
        let now = hub.now();
        if is_new {
            scan.name = single_line(payload.options.scan_name.as_deref().unwrap_or(&self.name), 200);
        } else {
            scan.run_number += 1;
        }
        scan.run_id = Some(RunId::new(hub.ids()));
        scan.scan_type = self.scan_types.first().map_or_else(|| "code".to_owned(), |kind| single_line(kind, 40));
        scan.last_observed_at = Some(now);
        scan.started_at = None;
        scan.finished_at = Some(now);
        scan.vendor_finished_at = None;
        scan.error = None;
        scan.counts = surveyed.counts;
        scan.counts_known = true;
        scan.imported_findings = 0;
        scan.targets = vec![self.name.clone()];
        scan.ci = payload.options.ci.clone();
        scan.scanners_run = self.looked().map(|scanner| scanner.scanner.clone()).collect();
        let skipped = self.scanners.iter().filter_map(|scanner| match &scanner.end {
            ReportedEnd::Skipped { reason, install_hint } => Some(SkippedScanner {
                scanner: scanner.scanner.clone(),
                reason: single_line(reason, LONGEST_REASON),
                install_hint: install_hint.as_deref().map(|hint| single_line(hint, LONGEST_REASON)),
            }),
            _ => None,
        });
        scan.scanners_skipped = skipped.collect();
        scan.config = json!({
            "sha256": payload.sha256,
            "scan_types": self.scan_types,
            "scanners": self.scanners,
            "closes": self.closes,
        });
    }

    fn looked(&self) -> impl Iterator<Item = &ReportedScanner> {
        let looked =
            |scanner: &&ReportedScanner| matches!(scanner.end, ReportedEnd::Complete | ReportedEnd::Partial { .. });
        self.scanners.iter().filter(looked)
    }

    fn lists_components(&self) -> bool {
        self.scan_types.iter().any(|kind| kind == ScanType::Sbom.as_str())
    }

    /// Why its results are not all there is.
    fn problems(&self) -> Vec<String> {
        let problem = |scanner: &ReportedScanner| match &scanner.end {
            ReportedEnd::Failed { reason } => Some(format!("{} failed: {reason}", scanner.scanner)),
            ReportedEnd::Partial { reason } => Some(format!("{}: {reason}", scanner.scanner)),
            ReportedEnd::Complete | ReportedEnd::Skipped { .. } => None,
        };
        self.scanners.iter().filter_map(problem).map(|problem| single_line(&problem, LONGEST_REASON)).collect()
    }
}

/// Scanner by scanner. Where the work was cut it goes on with the scanner that it was at.
pub(super) async fn take_in(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    import: &mut Import,
    (path, options): (&Path, ReadOptions),
    run: &ReportedRun,
    surveyed: Option<Survey>,
) -> Result<Outcome> {
    let file = || Source::File { path: path.to_owned(), options: options.clone() };
    let whole = match surveyed {
        Some(surveyed) => surveyed,
        None => survey(file()).await?,
    };
    if run.looked().next().is_none() {
        let reason = single_line(&format!("No scanner looked. {}", run.problems().join("; ")), LONGEST_REASON);
        finish::fail(hub, context, scan.id, import, &reason).await?;
        return Ok(Outcome::Failed(reason));
    }
    let (mut listed, untaken) = match run.lists_components() {
        true => match components::listed_by_scanner(file()).await? {
            Ok(listed) => (listed, None),
            Err(reason) => (BTreeMap::new(), Some(reason)),
        },
        false => (BTreeMap::new(), None),
    };
    let done = import.vendor_state.as_ref().and_then(|state| state.get("scanners_done")?.as_u64()).unwrap_or_default();
    let mut records = 0;
    for (at, scanner) in run.looked().enumerate() {
        let seen_at = scan.finished_at.unwrap_or(import.started_at);
        let covers = run.closes && scanner.end == ReportedEnd::Complete;
        let covered = |asset: &AssetRecord| CoveredAsset {
            asset: asset.clone(),
            started_at: None,
            finished_at: Some(seen_at),
            authenticated: asset.authenticated.then_some(true),
        };
        let source = Source::Part {
            path: path.to_owned(),
            options: options.clone(),
            scanner: scanner.scanner.clone(),
            covered: scanner.assets.iter().filter(|_| covers).map(covered).collect(),
            with_rejected: at == 0,
        };
        let surveyed = survey(source.clone()).await?;
        records += surveyed.records;
        if (at as u64) < done {
            continue;
        }
        let frame = Frame {
            source: SightingSource::scanner(&scanner.scanner),
            seen_at,
            policy: scanner.policy.as_deref().map(|policy| single_line(policy, 300)),
            covers,
            suppressed: Arc::default(),
        };
        match Box::pin(import_records(hub, context, scan, import, &frame, source, &surveyed)).await? {
            Progress::Complete => {}
            Progress::Parked => return Ok(Outcome::Continue { after: std::time::Duration::ZERO }),
            Progress::Cancelled => {
                finish::fail(hub, context, scan.id, import, CANCELLED).await?;
                return Ok(Outcome::Cancelled);
            }
        }
        closing::close_what_is_gone(hub, context, scan, import, &frame).await?;
        if let Some((components, asset)) = listed.remove(&scanner.scanner).zip(scanner.assets.first().cloned()) {
            components::take_in_whole(hub, context, scan, import, &frame, Inventory { asset, components }).await?;
        }
        import.checkpoint = 0;
        import.vendor_state = Some(json!({"scanners_done": at + 1}));
        save(hub, context, import).await?;
    }
    let mut problems = run.problems();
    problems.extend(untaken);
    if records != whole.records {
        problems.push(format!(
            "{} records are of scanners that the run does not name",
            whole.records.saturating_sub(records)
        ));
    }
    let survey = Survey { counts: whole.counts, assets: whole.assets, complete: true, problems, ..Survey::default() };
    finish::finish(hub, context, scan.id, import, &survey, true).await?;
    tidy_up(hub).await;
    Ok(Outcome::Done(result(import)))
}
