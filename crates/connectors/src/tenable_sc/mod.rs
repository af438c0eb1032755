//! Tenable Security Center: manifest and accessors.
//!
//! A definition (`/scan`) is a scan of the hub, a scan result (`/scanResult`) is a run of it, and a result without a
//! definition is a scan of its own (`external_id.rs` says why). A run is complete when its scan status and its import
//! status both say so and its results can be downloaded (`map.rs`). Facts and their sources:
//! docs/connectors/tenable-sc.md.

mod access;
mod client;
mod create;
mod external_id;
mod map;
mod model;
mod report;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use scanhelm_core::capability::Capability;
use scanhelm_core::integration::{ConditionKind, Instance};
use scanhelm_core::scan::Observation;
use scanhelm_core::{Error, text};
use serde_json::Value;

use self::access::Access;
use self::client::{Client, Order, Seen};
use self::external_id::ExternalId;
use self::model::{Outcome, System};
use crate::contract::{
    AuthField, AuthMethod, CallError, CheckStep, Checked, Connection, Connector, Create, Created, Delete, Downloaded,
    Family, Fidelity, History, Launch, LivePreview, Manifest, NewVendorScan, Pause, Prepared, Preview, Results, Resume,
    RunRef, ScanList, Session, Stop, SubScanners, Template, VendorRun, VendorSubScanner,
};

#[derive(Clone, Copy, Debug)]
pub struct TenableSc;

static MANIFEST: Manifest = Manifest {
    id: "tenable-sc",
    vendor: "Tenable",
    product: "Security Center",
    family: Family::VulnerabilityManagement,
    auth_methods: &[
        AuthMethod {
            id: "api_keys",
            label: "API keys",
            fields: &[
                AuthField {
                    name: "access_key",
                    label: "Access key",
                    secret: true,
                    help: "Of a user of the organisation, not of an administrator: an administrator sees no scans. An \
                           administrator has to allow API keys first.",
                },
                AuthField {
                    name: "secret_key",
                    label: "Secret key",
                    secret: true,
                    help: "Shown once, with the access key.",
                },
            ],
        },
        AuthMethod {
            id: "password",
            label: "User name and password",
            fields: &[
                AuthField {
                    name: "username",
                    label: "User name",
                    secret: false,
                    help: "A user of its own for Scanhelm: Security Center limits the sessions of a user.",
                },
                AuthField { name: "password", label: "Password", secret: true, help: "" },
            ],
        },
    ],
    base_url_example: "https://sc.example.com",
    status_map: map::STATUS_MAP,
    fidelity: Fidelity::L3,
    unverified: &[
        "Pausing, resuming and stopping a run, and how a wrong state is refused: no recording.",
        "The import status words Blocked and Error; the vendor's page of words is cut off in what we could read.",
        "That a stopped run ends as Partial.",
        "The codes of errors other than 12 (ended session) and 147 (missing scan): the rest is told by the message.",
        "The analysis of a single run, which the preview uses: its request is known from a client library only.",
        "What becomes of the results of a deleted scan: Scanhelm deletes them first.",
        "That the list of results is complete from the year 2000 on when asked so.",
    ],
};

impl Connector for TenableSc {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, Error> {
        let access = Access::of(&connection.credentials)?;
        Ok(Box::new(Instanced { client: Client::new(connection.http, access) }))
    }
}

/// A Security Center that is connected to.
#[derive(Debug)]
struct Instanced {
    client: Client,
}

#[async_trait]
impl Session for Instanced {
    async fn check(&self) -> Result<Checked, CallError> {
        let system = self.client.system().await?;
        let results = self.client.results().await?;
        let definitions = self.client.definitions().await?;
        let step = |name: &str, detail: String| CheckStep { name: name.to_owned(), ok: true, detail, fix: None };
        let scans = map::observations(&definitions.value, &results.value, results.vendor_now, results.at);
        let alone = scans.iter().filter(|scan| scan.details.contains_key("without_definition")).count();
        let version = fact_of(system.as_ref(), |system| &system.version);
        let licence = fact_of(system.as_ref(), |system| &system.licence_status);
        let (capabilities, rights) = match self.why_not_create().await? {
            Some(reason) => {
                (self.capabilities().without([(Capability::Create, reason.clone())]), format!("no creation: {reason}"))
            }
            None => {
                let rights = "reads scans, results, policies and repositories; whether the user's role may launch and \
                              control shows at the first command";
                (self.capabilities(), rights.to_owned())
            }
        };
        let steps = vec![
            step(
                "version",
                format!(
                    "Security Center {} (licence: {})",
                    version.as_deref().unwrap_or("of unknown version"),
                    licence.as_deref().unwrap_or("not told")
                ),
            ),
            step(
                "auth",
                format!("logged in; {} scans visible, and {alone} results without a scan", scans.len() - alone),
            ),
            step("permissions", rights),
        ];
        let instance =
            Instance { incarnation: incarnation(system.as_ref()), version, licence, capabilities: Some(capabilities) };
        Ok(Checked { instance, steps })
    }

    async fn list_scans(&self) -> Result<ScanList, CallError> {
        // First, so that ids of a server that is replaced between the calls are not taken for the old one's.
        let incarnation = incarnation(self.client.system().await?.as_ref());
        // Results before definitions: what is launched in between is seen at the next look, with its definition.
        let results = self.client.results().await?;
        let definitions = self.client.definitions().await?;
        Ok(ScanList {
            scans: map::observations(&definitions.value, &results.value, results.vendor_now, results.at),
            incarnation,
        })
    }

    async fn scan(&self, external_scan_id: &str) -> Result<Option<Observation>, CallError> {
        match ExternalId::parse(external_scan_id) {
            None => Ok(None),
            Some(ExternalId::Result(number)) => {
                let seen = self.client.result(&number).await?;
                Ok(seen.map(|seen| map::of_result(&seen.value, seen.vendor_now, seen.at)))
            }
            Some(ExternalId::Scan(number)) => {
                let latest = self.latest(&number).await?;
                let definition = self.client.definition(&number).await?;
                let Some(definition) = definition else {
                    return Ok(latest.map(|seen| map::of_unseen_definition(&seen.value, seen.vendor_now, seen.at)));
                };
                let at = latest.as_ref().map_or(definition.at, |seen| seen.at);
                let (latest, vendor_now) = latest.map_or((None, None), |seen| (Some(seen.value), seen.vendor_now));
                Ok(Some(map::of_definition(&definition.value, latest.as_ref(), vendor_now, at)))
            }
        }
    }

    fn results(&self) -> &dyn Results {
        self
    }
    fn launch(&self) -> Option<&dyn Launch> {
        Some(self)
    }
    fn pause(&self) -> Option<&dyn Pause> {
        Some(self)
    }
    fn resume(&self) -> Option<&dyn Resume> {
        Some(self)
    }
    fn stop(&self) -> Option<&dyn Stop> {
        Some(self)
    }
    fn create(&self) -> Option<&dyn Create> {
        Some(self)
    }
    fn delete(&self) -> Option<&dyn Delete> {
        Some(self)
    }
    fn preview(&self) -> Option<&dyn Preview> {
        Some(self)
    }
    fn history(&self) -> Option<&dyn History> {
        Some(self)
    }
    fn sub_scanners(&self) -> Option<&dyn SubScanners> {
        Some(self)
    }
}

/// What changes when Security Center is installed anew. One that does not tell has none; the hub then knows one id
/// space.
fn incarnation(system: Option<&System>) -> Option<String> {
    fact_of(system, |system| &system.uuid)
}

fn fact_of(system: Option<&System>, fact: impl Fn(&System) -> &String) -> Option<String> {
    system.map(|system| text::single_line(fact(system), 200)).filter(|fact| !fact.is_empty())
}

impl Instanced {
    /// A definition needs a policy and a repository that the user can see.
    async fn why_not_create(&self) -> Result<Option<String>, CallError> {
        let missing = |kind: &str| {
            format!("Security Center shows this user no {kind}, and a scan needs one. Share one with the user there.")
        };
        Ok(match (self.client.policies().await, self.client.repositories().await) {
            (Ok(policies), _) if policies.is_empty() => Some(missing("scan policy")),
            (_, Ok(repositories)) if repositories.is_empty() => Some(missing("repository")),
            (Ok(_), Ok(_)) => None,
            (Err(CallError::Failed { kind: ConditionKind::Permission, detail, .. }), _)
            | (_, Err(CallError::Failed { kind: ConditionKind::Permission, detail, .. })) => Some(detail),
            (Err(error), _) | (_, Err(error)) => return Err(error),
        })
    }

    /// The runs of a definition as they are listed.
    async fn runs_of(&self, scan: &str) -> Result<Seen<Vec<Outcome>>, CallError> {
        let mut seen = self.client.results().await?;
        seen.value.retain(|result| result.scan.id.as_deref() == Some(scan));
        Ok(seen)
    }

    async fn latest_number(&self, scan: &str) -> Result<Option<String>, CallError> {
        let runs = self.runs_of(scan).await?.value;
        Ok(runs.into_iter().max_by_key(|run| run.id.rank()).map(|run| run.id.0))
    }

    /// The latest run of a definition in full.
    async fn latest(&self, scan: &str) -> Result<Option<Seen<Outcome>>, CallError> {
        match self.latest_number(scan).await? {
            Some(number) => self.client.result(&number).await,
            None => Ok(None),
        }
    }

    /// The result that a scan of the hub stands for now.
    async fn current_run(&self, external_scan_id: &str) -> Result<Option<String>, CallError> {
        match ExternalId::parse(external_scan_id) {
            None => Err(no_such_scan(external_scan_id)),
            Some(ExternalId::Result(number)) => Ok(Some(number)),
            Some(ExternalId::Scan(number)) => self.latest_number(&number).await,
        }
    }

    async fn order(&self, external_scan_id: &str, order: Order) -> Result<(), CallError> {
        match self.current_run(external_scan_id).await? {
            Some(run) => self.client.order(&run, order).await,
            None => Err(CallError::Refused {
                detail: format!("scan {external_scan_id} of Security Center has no run"),
                by_licence: false,
            }),
        }
    }

    /// Stops what still runs of these; `false` while anything does.
    async fn at_rest(&self, results: &[&Outcome]) -> Result<bool, CallError> {
        for result in results.iter().filter(|result| map::is_active(result)) {
            match self.client.order(&result.id.0, Order::Stop).await {
                Ok(()) | Err(CallError::Gone { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        for _ in 0..STOP_LOOKS {
            let mut active = false;
            for result in results.iter().filter(|result| map::is_active(result)) {
                active |= self.client.result(&result.id.0).await?.is_some_and(|now| map::is_active(&now.value));
            }
            if !active {
                return Ok(true);
            }
            tokio::time::sleep(STOP_PAUSE).await;
        }
        Ok(false)
    }
}

fn no_such_scan(external_scan_id: &str) -> CallError {
    let id = text::single_line(external_scan_id, 60);
    CallError::Gone { detail: format!("Security Center has no scan `{id}`") }
}

#[async_trait]
impl Results for Instanced {
    async fn prepare(&self, run: &RunRef, state: Option<Value>) -> Result<Prepared, CallError> {
        let number = match &run.external_run_id {
            Some(number) => number.clone(),
            None => self.current_run(&run.external_scan_id).await?.ok_or_else(|| CallError::Gone {
                detail: format!("scan {} of Security Center has no run", run.external_scan_id),
            })?,
        };
        report::prepare(&self.client, &number, state).await
    }

    async fn download(&self, _run: &RunRef, state: &Value, into: PathBuf) -> Result<Downloaded, CallError> {
        report::download(&self.client, state, &into).await
    }
}

#[async_trait]
impl Launch for Instanced {
    async fn launch(&self, external_scan_id: &str) -> Result<Option<String>, CallError> {
        match ExternalId::parse(external_scan_id) {
            None => Err(no_such_scan(external_scan_id)),
            Some(ExternalId::Scan(number)) => self.client.launch(&number).await.map(Some),
            Some(ExternalId::Result(_)) => Err(CallError::Refused {
                detail: "this is a result without a scan (imported, or its scan was deleted); there is nothing to \
                         launch"
                    .to_owned(),
                by_licence: false,
            }),
        }
    }
}

#[async_trait]
impl Pause for Instanced {
    async fn pause(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.order(external_scan_id, Order::Pause).await
    }
}

#[async_trait]
impl Resume for Instanced {
    async fn resume(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.order(external_scan_id, Order::Resume).await
    }
}

#[async_trait]
impl Stop for Instanced {
    async fn stop(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.order(external_scan_id, Order::Stop).await
    }
}

#[async_trait]
impl Create for Instanced {
    async fn templates(&self) -> Result<Vec<Template>, CallError> {
        Ok(map::templates(&self.client.policies().await?))
    }

    async fn create(&self, scan: &NewVendorScan) -> Result<Created, CallError> {
        let body = create::definition(&self.client, scan).await?;
        let number = self.client.create(&body).await?;
        // A schedule of the type `now` would launch it too, but its answer does not name the run.
        Ok(Created { external_scan_id: ExternalId::Scan(number).to_string(), launched: false })
    }
}

/// How often and how long a deletion looks whether the stop before it has worked.
const STOP_LOOKS: u32 = 8;
const STOP_PAUSE: Duration = Duration::from_millis(500);

#[async_trait]
impl Delete for Instanced {
    /// A definition goes with its results. They go first: without their definition they would be results of their own,
    /// and the next sweep would adopt each of them.
    async fn delete(&self, external_scan_id: &str) -> Result<(), CallError> {
        let (scan, results) = match ExternalId::parse(external_scan_id) {
            None => return Ok(()),
            Some(ExternalId::Scan(number)) => {
                let results = self.runs_of(&number).await?.value;
                (Some(number), results)
            }
            Some(ExternalId::Result(number)) => {
                let found = self.client.result(&number).await?;
                (None, found.map(|seen| seen.value).into_iter().collect())
            }
        };
        let mut once: Vec<&Outcome> = results.iter().collect();
        once.sort_by_key(|result| result.id.rank());
        once.dedup_by_key(|result| result.id.rank());
        if !self.at_rest(&once).await? {
            return Err(CallError::Failed {
                kind: ConditionKind::VendorError,
                detail: "Security Center is still stopping the run; the scan can be deleted when it has stopped"
                    .to_owned(),
                retry_after: Some(Duration::from_secs(10)),
            });
        }
        for result in once {
            self.client.delete_result(&result.id.0).await?;
        }
        match scan {
            Some(scan) => self.client.delete_definition(&scan).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Preview for Instanced {
    async fn preview(&self, external_scan_id: &str) -> Result<Option<LivePreview>, CallError> {
        let seen = match ExternalId::parse(external_scan_id) {
            None => return Ok(None),
            Some(ExternalId::Result(number)) => self.client.result(&number).await?,
            Some(ExternalId::Scan(number)) => match self.latest(&number).await? {
                None if self.client.definition(&number).await?.is_none() => return Ok(None),
                latest => latest,
            },
        };
        let Some(seen) = seen else {
            return Err(CallError::Refused {
                detail: "the scan never ran, so there is nothing to show".to_owned(),
                by_licence: false,
            });
        };
        let run = &seen.value;
        if map::state_at(run, seen.vendor_now) != Some(scanhelm_core::status::VendorState::Completed) {
            return Err(CallError::Refused {
                detail: "Security Center shows what a run found when the run has ended and its results are imported \
                         there"
                    .to_owned(),
                by_licence: false,
            });
        }
        let severities = self.client.severities(&run.id.0).await?;
        let plugins = self.client.plugins(&run.id.0, map::PREVIEW_ROWS).await?;
        Ok(Some(map::preview(run, &severities, &plugins, seen.at)))
    }
}

#[async_trait]
impl History for Instanced {
    async fn runs(&self, external_scan_id: &str) -> Result<Vec<VendorRun>, CallError> {
        match ExternalId::parse(external_scan_id) {
            None => Err(no_such_scan(external_scan_id)),
            Some(ExternalId::Result(number)) => match self.client.result(&number).await? {
                Some(seen) => Ok(map::runs(&[&seen.value], seen.vendor_now)),
                None => Err(no_such_scan(external_scan_id)),
            },
            Some(ExternalId::Scan(number)) => {
                let seen = self.runs_of(&number).await?;
                if seen.value.is_empty() && self.client.definition(&number).await?.is_none() {
                    return Err(no_such_scan(external_scan_id));
                }
                Ok(map::runs(&seen.value.iter().collect::<Vec<_>>(), seen.vendor_now))
            }
        }
    }
}

#[async_trait]
impl SubScanners for Instanced {
    async fn sub_scanners(&self) -> Result<Vec<VendorSubScanner>, CallError> {
        Ok(map::sub_scanners(&self.client.zones().await?, &self.client.scanners().await?))
    }
}
