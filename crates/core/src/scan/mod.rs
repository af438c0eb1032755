//! A scan: one execution context, whoever started it and wherever it runs. A *run* is one execution of it; a
//! vendor's relaunch makes a new run of the same scan. Start, end and counts belong to the run; the scan shows those
//! of its latest.

mod history;
mod observe;

pub use history::{Past, PastRun, timeline};
pub use observe::{Change, Observation, next_poll, observe};
use serde::{Deserialize, Serialize};

use crate::ci::CiMetadata;
use crate::ids::{CompanyId, IntegrationId, RunId, ScanId, SubScannerId};
use crate::status::{ImportState, Status, VendorState};
use crate::{SeverityCounts, Timestamp};

/// How the scan came into the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person made the record; it is linked to nothing.
    Manual,
    /// Created here and carried out by an integration.
    Integration,
    /// Found at the vendor by a sweep.
    Adopted,
    /// Made by a schedule of a local scan, for one run; runs here like it.
    Scheduled,
    /// Runs here, as processes of the hub.
    Local,
    /// A report file.
    Upload,
}

impl Origin {
    pub const ALL: [Self; 6] =
        [Self::Manual, Self::Integration, Self::Adopted, Self::Scheduled, Self::Local, Self::Upload];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Integration => "integration",
            Self::Adopted => "adopted",
            Self::Scheduled => "scheduled",
            Self::Local => "local",
            Self::Upload => "upload",
        }
    }

    /// Its scanners are processes of the hub.
    #[must_use]
    pub const fn runs_here(self) -> bool {
        matches!(self, Self::Local | Self::Scheduled)
    }

    /// People chose the name, so it must be unique in the company. Names that vendors or files bring are kept as
    /// they are, for display.
    #[must_use]
    pub const fn has_unique_name(self) -> bool {
        matches!(self, Self::Manual | Self::Integration | Self::Scheduled | Self::Local)
    }
}

/// The tie to a vendor scan. Together with the incarnation it is unique in the hub.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VendorLink {
    pub integration_id: IntegrationId,
    /// Of the vendor's id space (server uuid or creation time): a reinstalled vendor starts its ids again, and what
    /// was deleted before must not hide what is new.
    pub incarnation: String,
    pub external_scan_id: String,
}

/// A skipped local scanner and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedScanner {
    pub scanner: String,
    pub reason: String,
    pub install_hint: Option<String>,
}

/// One row of the hub.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    pub id: ScanId,
    pub company_id: CompanyId,
    pub name: String,
    pub origin: Origin,
    /// `vulnerability`, `code`, `dependency`, ...; the connector's or the scanners' kind.
    pub scan_type: String,
    /// Product that runs it, for display and filters: `nessus`, `local`, or the scanner named in an uploaded report.
    pub vendor: Option<String>,
    pub integration_id: Option<IntegrationId>,
    /// `None` with an integration: created here, the vendor has not confirmed it yet.
    pub link: Option<VendorLink>,
    pub sub_scanner_id: Option<SubScannerId>,
    /// Put into the vendor scan so that a scan whose creation answer was lost is recognised (S8).
    pub client_token: Option<String>,
    pub vendor_state: VendorState,
    /// The vendor's own word, also when we do not know it.
    pub vendor_status_raw: Option<String>,
    pub import_state: ImportState,
    /// Percent, 0 to 100.
    pub progress: Option<f64>,
    /// How many runs the hub has seen; 0 means it never ran.
    pub run_number: u32,
    /// The latest run's row; set by the hub when [`Change::NewRun`] is carried out.
    pub run_id: Option<RunId>,
    pub external_run_id: Option<String>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    /// When the hub saw the end.
    pub finished_at: Option<Timestamp>,
    /// When the vendor says it ended.
    pub vendor_finished_at: Option<Timestamp>,
    pub last_observed_at: Option<Timestamp>,
    /// Missing from complete vendor lists since; shown, never deleted by itself.
    pub vendor_missing_since: Option<Timestamp>,
    pub counts: SeverityCounts,
    /// The vendor has told counts at least once (unknown is shown as "—", not as 0).
    pub counts_known: bool,
    /// Sightings imported from the latest run.
    pub imported_findings: u64,
    pub asset_count: Option<u64>,
    pub targets: Vec<String>,
    /// Everything else that is known or was asked for, as the API shows it in the Config tab.
    pub config: serde_json::Value,
    pub ci: CiMetadata,
    pub assessment_run_id: Option<String>,
    pub scanners_run: Vec<String>,
    pub scanners_skipped: Vec<SkippedScanner>,
    /// Why the scan failed, for people.
    pub error: Option<String>,
    /// Digest of an uploaded report, so that the same file is the same scan.
    pub upload_sha256: Option<String>,
    /// Raised by every write; for `If-Match` and for lost-update checks.
    pub version: i64,
}

impl Scan {
    /// A row with nothing known yet.
    #[must_use]
    pub fn new(id: ScanId, company_id: CompanyId, name: impl Into<String>, origin: Origin, now: Timestamp) -> Self {
        Self {
            id,
            company_id,
            name: name.into(),
            origin,
            scan_type: "vulnerability".to_owned(),
            vendor: None,
            integration_id: None,
            link: None,
            sub_scanner_id: None,
            client_token: None,
            vendor_state: VendorState::Queued,
            vendor_status_raw: None,
            import_state: ImportState::None,
            progress: None,
            run_number: 0,
            run_id: None,
            external_run_id: None,
            created_at: now,
            started_at: None,
            finished_at: None,
            vendor_finished_at: None,
            last_observed_at: None,
            vendor_missing_since: None,
            counts: SeverityCounts::default(),
            counts_known: false,
            imported_findings: 0,
            asset_count: None,
            targets: Vec::new(),
            config: serde_json::Value::Object(serde_json::Map::new()),
            ci: CiMetadata::default(),
            assessment_run_id: None,
            scanners_run: Vec::new(),
            scanners_skipped: Vec::new(),
            error: None,
            upload_sha256: None,
            version: 1,
        }
    }

    #[must_use]
    pub const fn status(&self) -> Status {
        Status::derive(self.vendor_state, self.import_state)
    }

    /// A row created here whose vendor side is not confirmed.
    #[must_use]
    pub const fn is_creating(&self) -> bool {
        self.integration_id.is_some() && self.link.is_none()
    }

    /// Whoever created it asked for a first run as well.
    #[must_use]
    pub fn wants_launch(&self) -> bool {
        self.config.get("launch").and_then(serde_json::Value::as_bool).unwrap_or(false)
    }

    /// Seconds from the run's start to its end, or to `now` while it lasts.
    #[must_use]
    pub fn duration_s(&self, now: Timestamp) -> Option<u64> {
        let started = self.started_at?;
        let end = self.vendor_finished_at.or(self.finished_at).filter(|_| self.vendor_state.is_terminal());
        // An end that is not behind the start is one of clocks that differ: it tells no duration.
        end.is_none_or(|end| end > started).then(|| end.unwrap_or(now).since(started).as_secs())
    }

    /// A live scan that was last seen before this is stale: three status periods without a successful look.
    #[must_use]
    pub fn stale_before(now: Timestamp, status_interval: std::time::Duration) -> Timestamp {
        now.minus(status_interval.saturating_mul(3))
    }

    /// Whether what is shown may be out of date: the vendor should have been asked since.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp, status_interval: std::time::Duration) -> bool {
        let followed = self.link.is_some() && !self.vendor_state.is_terminal();
        let seen = self.last_observed_at.unwrap_or(self.created_at);
        followed && seen < Self::stale_before(now, status_interval)
    }

    /// The condition the import reconciler repairs: a completed run whose results are not in.
    #[must_use]
    pub fn import_is_due(&self) -> bool {
        self.link.is_some()
            && self.vendor_state == VendorState::Completed
            && matches!(self.import_state, ImportState::None | ImportState::Pending)
    }
}

/// One execution of a scan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub id: RunId,
    pub scan_id: ScanId,
    pub company_id: CompanyId,
    /// The vendor's id of the run, where it has one.
    pub external_run_id: Option<String>,
    /// 1 for the first.
    pub number: u32,
    pub vendor_state: VendorState,
    pub import_state: ImportState,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub vendor_finished_at: Option<Timestamp>,
    pub counts: SeverityCounts,
    pub imported_findings: u64,
    pub created_at: Timestamp,
}
