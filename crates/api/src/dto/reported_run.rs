//! A run of `scanhelm scan` as its sender tells it.

use scanhelm_core::asset::AssetRecord;
use scanhelm_hub::import;
use serde::Deserialize;
use utoipa::ToSchema;

/// A run of local scanners on another machine.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportedRun {
    /// Of what was scanned; its scan is called so without a `scan_name`.
    name: String,
    #[serde(default)]
    scan_types: Vec<String>,
    scanners: Vec<ReportedScanner>,
    /// It speaks for what was scanned: what a scanner that looked at everything does not show is gone.
    #[serde(default)]
    closes: bool,
}

/// What became of one scanner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportedScanner {
    scanner: String,
    version: Option<String>,
    /// What it was asked beyond its usual questions.
    policy: Option<String>,
    /// What it looked at, found or not, as assets stand in Scanhelm's JSON.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    assets: Vec<AssetRecord>,
    outcome: ReportedOutcome,
    /// For every outcome but `complete`.
    #[serde(default)]
    reason: String,
    install_hint: Option<String>,
}

/// How a scanner ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportedOutcome {
    /// It looked at everything.
    Complete,
    /// It looked, but not at everything.
    Partial,
    Skipped,
    Failed,
}

impl From<ReportedRun> for import::ReportedRun {
    fn from(run: ReportedRun) -> Self {
        let ReportedRun { name, scan_types, scanners, closes } = run;
        Self { name, scan_types, scanners: scanners.into_iter().map(Into::into).collect(), closes }
    }
}

impl From<ReportedScanner> for import::ReportedScanner {
    fn from(told: ReportedScanner) -> Self {
        let ReportedScanner { scanner, version, policy, assets, outcome, reason, install_hint } = told;
        let end = match outcome {
            ReportedOutcome::Complete => import::ReportedEnd::Complete,
            ReportedOutcome::Partial => import::ReportedEnd::Partial { reason },
            ReportedOutcome::Skipped => import::ReportedEnd::Skipped { reason, install_hint },
            ReportedOutcome::Failed => import::ReportedEnd::Failed { reason },
        };
        Self { scanner, version, policy, assets, end }
    }
}
