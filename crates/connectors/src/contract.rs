//! The contract between the hub and a vendor.
//!
//! The words MUST and MUST NOT below are checked by the conformance suite against the simulator of each vendor.
//!
//! - A connector MUST NOT keep state between calls other than a log-in session; two hubs may use the same account.
//! - A list MUST be complete or an error. A partial page, a log-in page, a cut or malformed body is an error, never a
//!   shorter list: the hub concludes from what is absent.
//! - Every vendor word becomes a state in `map.rs` only; an unknown word MUST be reported as `state: None` with the
//!   raw word, never guessed.
//! - A write whose answer was lost MUST be [`CallError::Unknown`], never an ordinary failure: the side effect may have
//!   happened. The hub reconciles by looking. A connector MUST NOT retry a write by itself.
//! - A refusal by licence or right MUST be [`CallError::Refused`] with the vendor's reason.
//! - Text from the vendor is hostile: it MUST be bounded and is never put into a path, a query or a header unescaped.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use scanhelm_core::capability::{Capability, CapabilitySet};
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::{ConditionKind, Instance};
use scanhelm_core::scan::Observation;
use scanhelm_core::{Clock, SeverityCounts, Timestamp};
use serde::{Deserialize, Serialize};

use crate::webhooks::Webhooks;

/// What a connector is, without any instance. Static: `GET /connectors` and the docs are made from it.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// The id in `POST /integrations`.
    pub id: &'static str,
    pub vendor: &'static str,
    pub product: &'static str,
    pub family: Family,
    /// One entry a way to log in; the first is the recommended one.
    pub auth_methods: &'static [AuthMethod],
    /// For the form: `https://nessus.example.com:8834`.
    pub base_url_example: &'static str,
    /// Every vendor word the connector knows and the state it means; `map.rs` reads it.
    pub status_map: &'static [(&'static str, scanhelm_core::status::VendorState)],
    /// Proven how: see docs/CONNECTORS.md.
    pub fidelity: Fidelity,
    /// What nobody here could verify, said openly.
    pub unverified: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    VulnerabilityManagement,
    Dast,
    Sast,
    Sca,
    Container,
    Mobile,
    Network,
    Itsm,
    CiCd,
}

/// L1 our simulator · L2 an independent client accepts the simulator · L3 recorded real answers are parsed and counted
/// right · L4 a real server runs in the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Fidelity {
    L1,
    L2,
    L3,
    L4,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct AuthMethod {
    pub id: &'static str,
    pub label: &'static str,
    pub fields: &'static [AuthField],
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct AuthField {
    pub name: &'static str,
    pub label: &'static str,
    /// Write-only in the API and sealed at rest; otherwise it may be shown.
    pub secret: bool,
    pub help: &'static str,
}

/// What a connector is opened with.
#[derive(Clone, Debug)]
pub struct Connection {
    pub http: scanhelm_net::VendorHttp,
    pub credentials: Credentials,
    pub clock: Arc<dyn Clock>,
}

impl Connection {
    /// Credentials of the recommended kind, filled with blanks, and a handle that answers no call.
    fn to_nothing(manifest: &Manifest) -> Self {
        let fields = manifest.auth_methods.first().map_or(&[][..], |method| method.fields);
        let credentials = fields.iter().map(|field| (field.name.to_owned(), Secret::new("none"))).collect();
        let clock: Arc<dyn Clock> = Arc::new(NoTime);
        Self { http: scanhelm_net::VendorHttp::to_nothing(Arc::clone(&clock)), credentials, clock }
    }
}

#[derive(Debug)]
struct NoTime;

impl Clock for NoTime {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

/// One vendor's code: static facts and a way to open an instance.
pub trait Connector: Send + Sync + fmt::Debug {
    fn manifest(&self) -> &'static Manifest;

    /// Binds the connector to an instance. MUST NOT do any network call. Refuses credentials that cannot work, naming
    /// the field.
    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, scanhelm_core::Error>;

    /// What the accessors of a session that is connected to nothing answer. Derived, never written down twice; that
    /// every connector opens so is tested over the whole registry.
    fn capabilities(&self) -> CapabilitySet {
        self.open(Connection::to_nothing(self.manifest())).map(|session| session.capabilities()).unwrap_or_default()
    }
}

/// A connector bound to one instance.
#[async_trait]
pub trait Session: Send + Sync + fmt::Debug {
    /// Probes version, licence and rights. May only take capabilities away.
    async fn check(&self) -> Result<Checked, CallError>;

    /// Every scan of the instance, in one go: states, runs, times. MUST be complete or an error.
    async fn list_scans(&self) -> Result<ScanList, CallError>;

    /// Everything the vendor tells about one scan: progress, counts, targets. `None`: the vendor has no such scan.
    async fn scan(&self, external_scan_id: &str) -> Result<Option<Observation>, CallError>;

    /// Whether [`scan`](Self::scan) tells no more than [`list_scans`](Self::list_scans), so that nobody needs to spend
    /// calls on it.
    fn list_tells_all(&self) -> bool {
        false
    }

    /// The results of one run, as a report file that a reader of `formats` understands.
    fn results(&self) -> &dyn Results;

    fn launch(&self) -> Option<&dyn Launch> {
        None
    }
    fn pause(&self) -> Option<&dyn Pause> {
        None
    }
    fn resume(&self) -> Option<&dyn Resume> {
        None
    }
    fn stop(&self) -> Option<&dyn Stop> {
        None
    }
    fn create(&self) -> Option<&dyn Create> {
        None
    }
    fn delete(&self) -> Option<&dyn Delete> {
        None
    }
    fn preview(&self) -> Option<&dyn Preview> {
        None
    }
    fn history(&self) -> Option<&dyn History> {
        None
    }
    fn sub_scanners(&self) -> Option<&dyn SubScanners> {
        None
    }
    /// Decisions about the vendor's calls on us; the same for every instance.
    fn webhooks(&self) -> Option<&dyn Webhooks> {
        None
    }

    /// What the accessors above say, as data.
    fn capabilities(&self) -> CapabilitySet {
        let answers = [
            (Capability::Launch, self.launch().is_some()),
            (Capability::Pause, self.pause().is_some()),
            (Capability::Resume, self.resume().is_some()),
            (Capability::Stop, self.stop().is_some()),
            (Capability::Create, self.create().is_some()),
            (Capability::DeleteRemote, self.delete().is_some()),
            (Capability::Import, true),
            (Capability::Preview, self.preview().is_some()),
            (Capability::History, self.history().is_some()),
            (Capability::SubScanners, self.sub_scanners().is_some()),
            (Capability::Webhooks, self.webhooks().is_some()),
        ];
        CapabilitySet::of(answers.into_iter().filter(|(_, answers)| *answers).map(|(capability, _)| capability))
    }
}

/// What `check` found.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// With `capabilities` already narrowed.
    pub instance: Instance,
    /// For the person who pressed "Test": what was tried and how it went.
    pub steps: Vec<CheckStep>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    /// `dns`, `tcp`, `tls`, `auth`, `permissions`, `version`.
    pub name: String,
    pub ok: bool,
    pub detail: String,
    /// What to do when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// A complete list.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanList {
    pub scans: Vec<Observation>,
    /// The vendor's id space as of this list; see [`Instance::incarnation`].
    pub incarnation: Option<String>,
}

/// Pulls the results of a run in resumable steps: the hub keeps `state` between calls, over restarts too.
#[async_trait]
pub trait Results: Send + Sync {
    /// Asks for the report or looks whether it is ready. Called again with the returned state until it is, and once
    /// more after a failed download: a report that has expired at the vendor is then asked for anew. A run that the
    /// vendor no longer has is [`CallError::Gone`].
    async fn prepare(&self, run: &RunRef, state: Option<serde_json::Value>) -> Result<Prepared, CallError>;

    /// Writes the whole report to `into`. A report that is cut or not a report is an error.
    async fn download(&self, run: &RunRef, state: &serde_json::Value, into: PathBuf) -> Result<Downloaded, CallError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRef {
    pub external_scan_id: String,
    /// `None`: the vendor has no run ids; the latest.
    pub external_run_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Prepared {
    /// Not yet: look again with this state after the pause.
    Waiting {
        state: serde_json::Value,
        again_in: Duration,
    },
    Ready {
        state: serde_json::Value,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    pub bytes: u64,
    /// Id of the reader in `formats` that understands it; `None`: sniff.
    pub format: Option<&'static str>,
}

#[async_trait]
pub trait Launch: Send + Sync {
    /// Starts a run; the vendor's id of it when the answer has one.
    async fn launch(&self, external_scan_id: &str) -> Result<Option<String>, CallError>;
}

#[async_trait]
pub trait Pause: Send + Sync {
    async fn pause(&self, external_scan_id: &str) -> Result<(), CallError>;
}

#[async_trait]
pub trait Resume: Send + Sync {
    async fn resume(&self, external_scan_id: &str) -> Result<(), CallError>;
}

#[async_trait]
pub trait Stop: Send + Sync {
    async fn stop(&self, external_scan_id: &str) -> Result<(), CallError>;
}

#[async_trait]
pub trait Create: Send + Sync {
    /// What can be chosen as `template`.
    async fn templates(&self) -> Result<Vec<Template>, CallError>;

    /// Makes the scan. `client_token` MUST be stored in the vendor scan where the vendor has a place for text that
    /// its list shows, and come back in [`Observation::client_token`] of [`Session::list_scans`].
    async fn create(&self, scan: &NewVendorScan) -> Result<Created, CallError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub external_scan_id: String,
    /// It was started by the same call. `false` although [`NewVendorScan::launch`] was asked for: the vendor has no
    /// such call, launching is a command of its own, so that each has an outcome of its own.
    pub launched: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Template {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewVendorScan {
    pub name: String,
    pub targets: Vec<String>,
    pub template: Option<String>,
    /// The vendor's id of the appliance to run on.
    pub sub_scanner: Option<String>,
    pub folder: Option<String>,
    pub client_token: String,
    /// Start at once, in the same call where the vendor can.
    pub launch: bool,
}

#[async_trait]
pub trait Delete: Send + Sync {
    /// Deletes the vendor's copy, stopping it first where the vendor needs that. Already gone is success.
    async fn delete(&self, external_scan_id: &str) -> Result<(), CallError>;
}

#[async_trait]
pub trait Preview: Send + Sync {
    /// What the vendor shows of the latest run right now. `None`: no such scan.
    async fn preview(&self, external_scan_id: &str) -> Result<Option<LivePreview>, CallError>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LivePreview {
    pub hosts: u64,
    pub vulnerabilities: u64,
    pub by_severity: SeverityCounts,
    /// Worst first, bounded.
    pub rows: Vec<PreviewRow>,
    pub observed_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewRow {
    pub rule_id: String,
    pub title: String,
    pub severity: scanhelm_core::Severity,
    pub family: Option<String>,
    /// On how many hosts or places.
    pub count: u64,
}

#[async_trait]
pub trait History: Send + Sync {
    /// Earlier and present runs, newest first.
    async fn runs(&self, external_scan_id: &str) -> Result<Vec<VendorRun>, CallError>;
}

#[derive(Clone, Debug, PartialEq)]
pub struct VendorRun {
    pub external_run_id: String,
    pub state: Option<scanhelm_core::status::VendorState>,
    pub raw_status: String,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

#[async_trait]
pub trait SubScanners: Send + Sync {
    async fn sub_scanners(&self) -> Result<Vec<VendorSubScanner>, CallError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorSubScanner {
    pub external_id: String,
    pub name: String,
    pub status: Option<String>,
    pub version: Option<String>,
}

/// Why a call to a vendor did not do what it should.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    /// A read that failed, or a write that certainly did not happen because it never left or was turned away whole.
    #[error("{detail}")]
    Failed {
        kind: ConditionKind,
        /// For people: what was asked and what came back.
        detail: String,
        /// The vendor's own wish (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// The vendor said no to this action: licence, right or state. Will not work by repeating.
    #[error("{detail}")]
    Refused { detail: String, by_licence: bool },
    /// A write whose answer was lost: it may or may not have happened.
    #[error("{detail}")]
    Unknown { detail: String },
    /// The vendor has no such scan or run.
    #[error("{detail}")]
    Gone { detail: String },
}
