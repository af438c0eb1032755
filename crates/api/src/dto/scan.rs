//! A scan on the wire: what is sent to make or edit one, and what is shown of one.

use std::collections::BTreeMap;

use scanhelm_core::capability::{Availability, Capability};
use scanhelm_core::ci::CiMetadata;
use scanhelm_core::ids::{IntegrationId, SubScannerId};
use scanhelm_core::scan::SkippedScanner;
use scanhelm_core::{Error, ErrorCode};
use scanhelm_hub::scans;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::schedule::ScanSchedule;
use super::words::{Counts, ImportState, ScanOrigin, ScanStatus, Time, VendorState};
use crate::extract::{Present, Versioned, nullable};

/// A scan: one execution context, wherever it runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Scan {
    id: Uuid,
    company_id: Uuid,
    name: String,
    origin: ScanOrigin,
    scan_type: String,
    /// Derived from `vendor_state` and `import_state`; written by the system only.
    status: ScanStatus,
    vendor_state: VendorState,
    /// The scanner's own word, also when it is not known here.
    vendor_status_raw: Option<String>,
    import_state: ImportState,
    /// Percent, 0 to 100.
    progress: Option<f64>,
    integration_id: Option<Uuid>,
    integration_name: Option<String>,
    /// The product that runs it.
    vendor: Option<String>,
    external_scan_id: Option<String>,
    sub_scanner_id: Option<Uuid>,
    assessment_run_id: Option<String>,
    schedule_cron: Option<String>,
    /// The zone in which `schedule_cron` is read.
    schedule_tz: Option<String>,
    schedule: Option<ScanSchedule>,
    ci: ContinuousIntegration,
    targets: Vec<String>,
    /// How often it has run; 0 means never.
    run_number: u32,
    run_id: Option<Uuid>,
    created_at: Time,
    /// Of the latest run.
    started_at: Option<Time>,
    /// When the hub saw the end.
    finished_at: Option<Time>,
    /// When the scanner says it ended.
    vendor_finished_at: Option<Time>,
    duration_s: Option<u64>,
    last_observed_at: Option<Time>,
    /// Missing from the scanner's complete list since.
    vendor_missing_since: Option<Time>,
    /// The scanner should have been asked since; what is shown may be out of date.
    stale: bool,
    /// `null` until the scanner has told any: unknown is not zero.
    counts: Option<Counts>,
    /// Of the latest run.
    imported_findings: u64,
    imported_percent: Option<f64>,
    asset_count: Option<u64>,
    /// How many components it lists of what assets are made of; `null`: none, or newer lists took the place of its own.
    components: Option<u64>,
    target_count: u64,
    scanners_run: Vec<String>,
    scanners_skipped: Vec<Skipped>,
    capabilities: ScanCapabilities,
    /// Why it failed, for people.
    error: Option<String>,
    /// For `If-Match`.
    pub(crate) version: i64,
}

/// The change and pipeline that asked for a scan.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ContinuousIntegration {
    commit_sha: Option<String>,
    branch_name: Option<String>,
    pr_number: Option<u64>,
    repo_url: Option<String>,
    triggered_by: Option<String>,
}

/// A local scanner that did not run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Skipped {
    scanner: String,
    reason: String,
    install_hint: Option<String>,
}

/// What can be done with a scan now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScanCapabilities {
    launch: Action,
    pause: Action,
    resume: Action,
    stop: Action,
    delete_remote: Action,
    import: Action,
    preview: Action,
}

/// Whether one action can be taken now, and why not.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Action {
    available: bool,
    /// `false`: the scanner can never do it, so a console shows no button.
    supported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The `code` with which a request would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl Versioned for Scan {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<scans::ScanView> for Scan {
    fn from(view: scans::ScanView) -> Self {
        let scan = view.scan;
        let status = scan.status();
        Self {
            id: scan.id.0,
            company_id: scan.company_id.0,
            origin: scan.origin.into(),
            status: status.into(),
            vendor_state: scan.vendor_state.into(),
            import_state: scan.import_state.into(),
            integration_id: scan.integration_id.map(|id| id.0),
            integration_name: view.integration_name,
            external_scan_id: scan.link.map(|link| link.external_scan_id),
            sub_scanner_id: scan.sub_scanner_id.map(|id| id.0),
            ci: scan.ci.into(),
            run_id: scan.run_id.map(|id| id.0),
            created_at: scan.created_at.into(),
            started_at: scan.started_at.map(Time),
            finished_at: scan.finished_at.map(Time),
            vendor_finished_at: scan.vendor_finished_at.map(Time),
            duration_s: view.duration_s,
            last_observed_at: scan.last_observed_at.map(Time),
            vendor_missing_since: scan.vendor_missing_since.map(Time),
            stale: view.stale,
            counts: scan.counts_known.then(|| scan.counts.into()),
            imported_percent: view.imported_percent,
            target_count: scan.targets.len() as u64,
            scanners_skipped: scan.scanners_skipped.into_iter().map(Into::into).collect(),
            capabilities: view.capabilities.into(),
            name: scan.name,
            scan_type: scan.scan_type,
            vendor_status_raw: scan.vendor_status_raw,
            progress: scan.progress,
            vendor: scan.vendor,
            assessment_run_id: scan.assessment_run_id,
            schedule_cron: view.schedule.as_ref().map(|schedule| schedule.cron.clone()),
            schedule_tz: view.schedule.as_ref().map(|schedule| schedule.tz.clone()),
            schedule: view.schedule.map(Into::into),
            targets: scan.targets,
            run_number: scan.run_number,
            imported_findings: scan.imported_findings,
            asset_count: scan.asset_count,
            components: view.components,
            scanners_run: scan.scanners_run,
            error: scan.error,
            version: scan.version,
        }
    }
}

impl From<Vec<(Capability, Availability)>> for ScanCapabilities {
    fn from(capabilities: Vec<(Capability, Availability)>) -> Self {
        let actions: BTreeMap<Capability, Action> =
            capabilities.into_iter().map(|(capability, availability)| (capability, availability.into())).collect();
        let action = |capability| actions.get(&capability).cloned().unwrap_or_default();
        Self {
            launch: action(Capability::Launch),
            pause: action(Capability::Pause),
            resume: action(Capability::Resume),
            stop: action(Capability::Stop),
            delete_remote: action(Capability::DeleteRemote),
            import: action(Capability::Import),
            preview: action(Capability::Preview),
        }
    }
}

impl From<Availability> for Action {
    fn from(availability: Availability) -> Self {
        Self {
            available: availability.available,
            supported: availability.supported,
            reason: availability.reason,
            code: availability.code.map(ErrorCode::as_str),
        }
    }
}

impl From<SkippedScanner> for Skipped {
    fn from(skipped: SkippedScanner) -> Self {
        Self { scanner: skipped.scanner, reason: skipped.reason, install_hint: skipped.install_hint }
    }
}

impl From<CiMetadata> for ContinuousIntegration {
    fn from(ci: CiMetadata) -> Self {
        let CiMetadata { commit_sha, branch_name, pr_number, repo_url, triggered_by } = ci;
        Self { commit_sha, branch_name, pr_number, repo_url, triggered_by }
    }
}

impl From<ContinuousIntegration> for CiMetadata {
    fn from(ci: ContinuousIntegration) -> Self {
        let ContinuousIntegration { commit_sha, branch_name, pr_number, repo_url, triggered_by } = ci;
        Self { commit_sha, branch_name, pr_number, repo_url, triggered_by }
    }
}

/// A scan to be made. With `integration_id` it runs there, with `target_path` or `this_machine` here, with none of
/// them it is a record.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NewScan {
    /// Unique in the company. May be left out where a good one can be made.
    name: Option<String>,
    /// One kind; short for `scan_types` with one element.
    scan_type: Option<String>,
    scan_types: Vec<String>,
    /// A folder or file on the hub's machine, for local scanners.
    target_path: Option<String>,
    /// With a `scan_types` of `dast`, a web site for local scanners; else short for `targets` with one element.
    target_url: Option<String>,
    /// With a `scan_types` of `network`, a host or network for local scanners; else short for `targets` with one element.
    target_host: Option<String>,
    /// Scans the machine that the hub runs on, where the operator lets it.
    this_machine: bool,
    /// Of a scan that runs here: comments, rules and the baseline of the project suppress nothing, and it changes no severity.
    no_suppress: bool,
    targets: Vec<String>,
    integration_id: Option<Uuid>,
    /// Links a scan that is already at the vendor instead of making one.
    external_scan_id: Option<String>,
    sub_scanner_id: Option<Uuid>,
    /// The vendor's template or policy.
    template: Option<String>,
    /// The vendor's folder.
    folder: Option<String>,
    assessment_run_id: Option<String>,
    /// Further settings, as the connector names them.
    config: Map<String, Value>,
    ci: ContinuousIntegration,
    /// Start it as soon as it is made.
    launch: bool,
    /// Run it at these times: minute, hour, day of month, month, day of week. Needs `schedule:manage`.
    schedule_cron: Option<String>,
    /// IANA name of the zone of those times; UTC when left out.
    schedule_tz: Option<String>,
    #[schema(ignore)]
    status: Present,
}

impl NewScan {
    pub(crate) fn into_command(self) -> Result<scans::NewScan, Error> {
        if self.status.0 {
            return Err(status_is_system_written());
        }
        Ok(scans::NewScan {
            name: self.name,
            scan_types: self.scan_type.into_iter().chain(self.scan_types).collect(),
            target_path: self.target_path,
            target_url: self.target_url,
            target_host: self.target_host,
            this_machine: self.this_machine,
            no_suppress: self.no_suppress,
            targets: self.targets,
            integration_id: self.integration_id.map(IntegrationId),
            external_scan_id: self.external_scan_id,
            sub_scanner_id: self.sub_scanner_id.map(SubScannerId),
            template: self.template,
            folder: self.folder,
            assessment_run_id: self.assessment_run_id,
            config: self.config,
            ci: self.ci.into(),
            launch: self.launch,
            schedule_cron: self.schedule_cron,
            schedule_tz: self.schedule_tz,
        })
    }
}

/// What people may edit of a scan. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScanPatch {
    name: Option<String>,
    /// `null` removes it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    assessment_run_id: Option<Option<String>>,
    /// Not for scans of a vendor: theirs are the vendor's.
    targets: Option<Vec<String>>,
    /// Gives the scan a schedule or changes it; `null` removes it. Needs `schedule:manage`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    schedule_cron: Option<Option<String>>,
    schedule_tz: Option<String>,
    #[serde(default)]
    #[schema(ignore)]
    status: Present,
}

impl ScanPatch {
    pub(crate) fn into_command(self) -> Result<scans::ScanChange, Error> {
        if self.status.0 {
            return Err(status_is_system_written());
        }
        Ok(scans::ScanChange {
            name: self.name,
            assessment_run_id: self.assessment_run_id,
            targets: self.targets,
            schedule_cron: self.schedule_cron,
            schedule_tz: self.schedule_tz,
        })
    }
}

fn status_is_system_written() -> Error {
    let mut error = Error::field("status", "system_written", "Use launch, pause, resume, stop or cancel instead.");
    error.code = ErrorCode::StatusIsSystemWritten;
    error.detail =
        "The status of a scan is what its scanner reports. Use launch, pause, resume, stop or cancel instead."
            .to_owned();
    error
}
