//! What a simulated vendor is, and the list of them.
//!
//! A vendor is a folder that implements [`Vendor`] and one line in [`VENDORS`]. The clock, the ledger, the faults and
//! the server are not its business: it answers requests, says who may ask, and tells the truth about its scans.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Moment};
use crate::config::SimConfig;
use crate::hooks::Hooks;
use crate::ledger::{Effect, FindingRef, Ledger};
use crate::lifecycle::Phase;
use crate::random::Draw;

/// Every vendor there is: name on the command line and in [`SimConfig::vendor`], what it simulates, how it is built.
pub const VENDORS: &[VendorEntry] = &[
    VendorEntry {
        name: "nessus",
        about: "Nessus Manager, Professional or Expert, local REST API",
        build: |site| Arc::new(crate::nessus::Nessus::new(site)),
    },
    VendorEntry {
        name: "acunetix",
        about: "Acunetix Premium or Online, API v1; the API key is the access key",
        build: |site| Arc::new(crate::acunetix::Acunetix::new(site)),
    },
    VendorEntry {
        name: "qualys-vm",
        about: "Qualys VMDR, VM scans, XML API 2.0; usually with --tls-authority",
        build: |site| Arc::new(crate::qualys::Qualys::new(site)),
    },
    VendorEntry {
        name: "tenable-sc",
        about: "Tenable Security Center 6.4, REST API",
        build: |site| Arc::new(crate::tenable_sc::TenableSc::new(site)),
    },
    VendorEntry {
        name: "invicti",
        about: "Invicti Enterprise or Acunetix 360, API 1.0; user id and token are access key and secret key",
        build: |site| Arc::new(crate::invicti::Invicti::new(site)),
    },
];

#[derive(Clone, Copy)]
pub struct VendorEntry {
    pub name: &'static str,
    pub about: &'static str,
    pub(crate) build: fn(Site) -> Arc<dyn Vendor>,
}

impl fmt::Debug for VendorEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VendorEntry").field("name", &self.name).field("about", &self.about).finish()
    }
}

/// What every vendor is given.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) config: SimConfig,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) hooks: Hooks,
}

impl Site {
    /// Where the targets and hosts of a fleet are drawn from: the same for every vendor, so that two simulators with
    /// one seed look at one network.
    pub(crate) fn estate(&self) -> Draw {
        Draw::new(self.config.seed).of("estate")
    }

    /// Enters what the clock brought about.
    pub(crate) fn came_about(&self, at: Moment, subject: String, run: String, phase: Phase) {
        if let Some(action) = phase.event() {
            self.ledger.effect(Effect { at, request: None, action, subject, run: Some(run), findings: None });
        }
    }
}

/// Number of the request in the ledger; a request extension, so that handlers can name the cause of an effect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestSeq(pub(crate) u64);

/// Query and body of a request to a vendor that speaks forms; a request extension.
#[derive(Debug, Clone)]
pub(crate) struct Form(pub(crate) Arc<[(String, String)]>);

/// The field names faults need to tamper with an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wording {
    /// Fields that hold a list of entries; `a.b` is the field b of the top-level field a.
    pub(crate) list_fields: &'static [&'static str],
    /// Fields, at any depth, that hold a state word.
    pub(crate) status_fields: &'static [&'static str],
    /// A refusal as the vendor writes it: status, its usual reason, and after how many seconds to come back.
    pub(crate) refusal: fn(StatusCode, &str, Option<u64>) -> Refusal,
}

/// The body of a refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) media_type: &'static str,
    pub(crate) body: String,
}

impl Refusal {
    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Refusal { media_type: "application/json", body: body.to_string() }
    }
}

pub(crate) trait Vendor: Send + Sync + fmt::Debug {
    fn router(self: Arc<Self>) -> Router;
    /// Name of the call in the ledger and in faults, such as `scans.list`.
    fn operation(&self, method: &Method, path: &str) -> &'static str;
    /// The same for a vendor that sends every call of a kind to one address and names it in a form: `form` is the
    /// query and the body, decoded. `None`: the address alone tells.
    fn form_operation(&self, _path: &str, _form: &[(String, String)]) -> Option<&'static str> {
        None
    }
    /// Whether [`Vendor::form_operation`] is to be asked, for which the body has to be read first.
    fn speaks_forms(&self) -> bool {
        false
    }
    fn wording(&self) -> Wording;
    /// An error under the vendor's own code, for vendors whose errors carry one beside the status.
    fn complaint(&self, _code: u32, text: &str) -> Refusal {
        (self.wording().refusal)(StatusCode::OK, text, None)
    }
    /// Whether it calls a webhook when a scan changes.
    fn sends_webhooks(&self) -> bool {
        false
    }
    /// Whether these headers hold valid credentials at this moment.
    fn authenticates(&self, headers: &HeaderMap) -> bool;
    /// Lets everything happen that is due by now.
    fn settle(&self);
    fn add_scan(&self, seed: ScanSeed) -> Result<ScanTruth, SeedError>;
    fn scans(&self) -> Vec<ScanTruth>;
    /// Findings of a run as they stand now; `None` when there is no such scan or run.
    fn findings(&self, scan: &str, run: &str) -> Option<Vec<FindingRef>>;
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the scan cannot be added: {0}")]
pub struct SeedError(pub String);

/// State a seeded scan is in when it appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedState {
    /// Configured, never run.
    #[default]
    Empty,
    Pending,
    Running,
    Paused,
    Completed,
    /// Brought in from elsewhere; completed, where a vendor has no such thing.
    Imported,
    Canceled,
    Aborted,
}

/// A scan to put into a simulated vendor, with its past and its future.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScanSeed {
    pub name: String,
    /// Addresses, ranges, names or URLs, whatever the vendor scans; invented when empty.
    pub targets: Vec<String>,
    /// Number of hosts, when `targets` is empty; scanners of web sites have one site a scan.
    pub hosts: u32,
    /// Findings of each complete run.
    pub findings: u32,
    pub state: SeedState,
    /// Virtual seconds a run takes from first to last host.
    pub duration_s: u64,
    /// Virtual seconds a run waits before it starts.
    pub queue_s: u64,
    pub owner: Option<String>,
    pub description: Option<String>,
    /// Custom folder, made when there is none of that name; where a vendor has folders.
    pub folder: Option<String>,
    /// Completed runs before the latest one.
    pub earlier_runs: u32,
    /// Virtual seconds since the latest run ended, or since the scan was made if it never ran.
    pub age_s: u64,
    /// Share of the latest run that is done, for running, paused, canceled and aborted.
    pub progress_percent: u8,
    /// Launches itself so often.
    pub relaunch_every_s: Option<u64>,
    /// Runs launched from now on abort at this share of their work.
    pub aborts_at_percent: Option<u8>,
}

impl Default for ScanSeed {
    fn default() -> Self {
        ScanSeed {
            name: "Seeded scan".to_owned(),
            targets: Vec::new(),
            hosts: 4,
            findings: 40,
            state: SeedState::Empty,
            duration_s: 600,
            queue_s: 5,
            owner: None,
            description: None,
            folder: None,
            earlier_runs: 0,
            age_s: 3600,
            progress_percent: 50,
            relaunch_every_s: None,
            aborts_at_percent: None,
        }
    }
}

impl ScanSeed {
    /// What every vendor refuses.
    pub(crate) fn check(&self) -> Result<(), SeedError> {
        if self.name.trim().is_empty() {
            return Err(SeedError("the name is empty".to_owned()));
        }
        if self.progress_percent > 100 || self.aborts_at_percent.is_some_and(|percent| percent > 100) {
            return Err(SeedError("a share is given in percent, 0 to 100".to_owned()));
        }
        Ok(())
    }
}

/// What is really so about a scan, in the vendor's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanTruth {
    pub id: String,
    pub name: String,
    pub state: String,
    /// Identity of the latest run, as the vendor's list shows it.
    pub uuid: Option<String>,
    pub owner: String,
    pub folder: String,
    pub targets: String,
    pub created_at: Moment,
    pub history: Vec<RunTruth>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunTruth {
    pub id: String,
    pub uuid: String,
    pub state: String,
    pub progress: f64,
    pub started_at: Option<Moment>,
    pub ended_at: Option<Moment>,
    /// Findings the run has so far.
    pub findings: usize,
    /// The sub-scanner it runs on, as the vendor identifies it.
    pub engine: Option<String>,
}
