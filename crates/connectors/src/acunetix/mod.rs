//! Acunetix (Premium, Online): manifest and accessors. Acunetix 360 is another product and has Invicti's connector.
//!
//! A scan is target, profile and schedule; each start makes a new result, which is a run here. Pause is not in the
//! vendor's documents, though clients use it: whether an instance has it is found out. Facts and their sources:
//! docs/connectors/acunetix.md.

mod client;
mod create;
mod map;
mod model;
mod paging;
mod results;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use scanhelm_core::capability::Capability;
use scanhelm_core::integration::{ConditionKind, Instance};
use scanhelm_core::scan::Observation;
use scanhelm_core::status::VendorState;
use scanhelm_core::{Error, text};
use serde_json::Value;

use self::client::{Client, Command};
use self::model::Info;
use crate::contract::{
    AuthField, AuthMethod, CallError, CheckStep, Checked, Connection, Connector, Create, Created, Delete, Downloaded,
    Family, Fidelity, History, Launch, LivePreview, Manifest, NewVendorScan, Pause, Prepared, Preview, Results, Resume,
    RunRef, ScanList, Session, Stop, SubScanners, Template, VendorRun, VendorSubScanner,
};

#[derive(Clone, Copy, Debug)]
pub struct Acunetix;

static MANIFEST: Manifest = Manifest {
    id: "acunetix",
    vendor: "Invicti",
    product: "Acunetix",
    family: Family::Dast,
    auth_methods: &[AuthMethod {
        id: "api_key",
        label: "API key",
        fields: &[AuthField {
            name: "api_key",
            label: "API key",
            secret: true,
            help: "In Acunetix: Profile, API Key, Generate new API key. It has the rights of its user.",
        }],
    }],
    base_url_example: "https://acunetix.example.com:3443",
    status_map: map::STATUS_MAP,
    fidelity: Fidelity::L1,
    unverified: &[
        "Any recorded answer of the API: none is public. Lists, records and words are those of the vendor's Swagger.",
        "Pausing: it is not in the vendor's documents; whether an instance has it is found out by asking.",
        "That a scan whose schedule is disabled can be triggered, as those are that Scanhelm makes.",
        "That a scan made in Acunetix itself, without being triggerable, can be launched.",
        "That the session id of a scan is the id of its result, as clients assume.",
        "In which words the messages of a run tell that a log-in failed.",
        "That the tags of a weakness name its CVEs.",
    ],
};

impl Connector for Acunetix {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, Error> {
        const FIELD: &str = "credentials.api_key";
        let Some(key) = connection.credentials.get("api_key") else {
            return Err(Error::field(FIELD, "required", "Acunetix needs the API key of a user."));
        };
        // It goes into a header.
        if key.expose().trim().is_empty() || key.expose().chars().any(|c| c.is_control() || !c.is_ascii()) {
            let detail = "It is empty or holds a line break or another character that no key has. Paste it again.";
            return Err(Error::field(FIELD, "malformed", detail));
        }
        Ok(Box::new(Instanced { client: Client::new(connection.http, key.clone()) }))
    }
}

/// An Acunetix that is connected to.
#[derive(Debug)]
struct Instanced {
    client: Client,
}

#[async_trait]
impl Session for Instanced {
    async fn check(&self) -> Result<Checked, CallError> {
        let (scans, _) = self.client.scans().await?;
        let version = self.client.info().await?.map(|info| version_of(&info)).filter(|version| !version.is_empty());
        let mut withheld = Vec::new();
        if let Some(reason) = self.client.lacks_pause().await {
            withheld.push((Capability::Pause, reason));
        }
        let engines = match self.client.workers().await {
            Ok(workers) => format!("{} engines", workers.len()),
            Err(CallError::Gone { detail } | CallError::Failed { kind: ConditionKind::Permission, detail, .. }) => {
                let reason = format!("The engines cannot be listed, so none can be chosen: {detail}");
                withheld.push((Capability::SubScanners, text::single_line(&reason, 300)));
                "engines not to be seen".to_owned()
            }
            Err(error) => return Err(error),
        };
        let step = |name: &str, detail: String| CheckStep { name: name.to_owned(), ok: true, detail, fix: None };
        let rights = match withheld.first() {
            None => format!("read and control; {engines}"),
            Some((_, reason)) => format!("read and control, but: {reason}"),
        };
        let steps = vec![
            step("version", format!("Acunetix {}", version.as_deref().unwrap_or("of unknown version"))),
            step("auth", format!("the key is accepted; {} scans visible", scans.len())),
            step("permissions", rights),
        ];
        let capabilities = Some(self.capabilities().without(withheld));
        Ok(Checked { instance: Instance { incarnation: None, version, licence: None, capabilities }, steps })
    }

    async fn list_scans(&self) -> Result<ScanList, CallError> {
        let (scans, at) = self.client.scans().await?;
        // Ids are random UUIDs, so one id space is never taken for another.
        Ok(ScanList { scans: scans.iter().map(|scan| map::observation(scan, at)).collect(), incarnation: None })
    }

    async fn scan(&self, external_scan_id: &str) -> Result<Option<Observation>, CallError> {
        let Some((scan, at)) = self.client.scan(external_scan_id).await? else { return Ok(None) };
        let mut seen = map::observation(&scan, at);
        // Only the result says when it ended.
        if seen.state.is_some_and(VendorState::is_terminal) && seen.external_run_id.is_some() {
            let results = match self.client.results(external_scan_id).await {
                Ok(results) => results,
                Err(CallError::Gone { .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            let result = results.iter().find(|result| Some(&result.result_id.0) == seen.external_run_id.as_ref());
            seen.finished_at = result.and_then(|result| result.end_date);
        }
        seen.sub_scanner = self.engine_of(&scan.target_id).await?;
        Ok(Some(seen))
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

impl Instanced {
    /// The engine that the target is tied to, if it is tied to one.
    async fn engine_of(&self, target: &str) -> Result<Option<String>, CallError> {
        if target.is_empty() {
            return Ok(None);
        }
        match self.client.workers_of_target(target).await {
            Ok(workers) => Ok(workers.first().map(|worker| worker.worker_id.0.clone())),
            // A version or an account without engines, or a target that went meanwhile: nothing is known of it.
            Err(
                CallError::Gone { .. }
                | CallError::Failed { kind: ConditionKind::Permission | ConditionKind::Garbage, .. },
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn is_active(&self, id: &str) -> Result<Option<bool>, CallError> {
        let seen = self.client.scan(id).await?;
        let active = |status: &str| map::state_of(status).is_some_and(VendorState::is_active);
        Ok(seen.map(|(scan, _)| scan.current_session.is_some_and(|session| active(&session.status))))
    }
}

/// `24.8.240828144`: what people see in Acunetix.
fn version_of(info: &Info) -> String {
    let parts = [&info.major_version, &info.minor_version, &info.build_number];
    let parts: Vec<String> =
        parts.iter().map(|part| text::single_line(part, 60)).filter(|part| !part.is_empty()).collect();
    parts.join(".")
}

#[async_trait]
impl Results for Instanced {
    async fn prepare(&self, run: &RunRef, _: Option<Value>) -> Result<Prepared, CallError> {
        results::prepare(&self.client, run).await
    }

    async fn download(&self, run: &RunRef, state: &Value, into: PathBuf) -> Result<Downloaded, CallError> {
        results::download(&self.client, run, state, into).await
    }
}

#[async_trait]
impl Launch for Instanced {
    /// The answer names no run.
    async fn launch(&self, external_scan_id: &str) -> Result<Option<String>, CallError> {
        self.client.command(external_scan_id, Command::Launch).await.map(|()| None)
    }
}

#[async_trait]
impl Pause for Instanced {
    /// 404 means the scan or the command; only a look tells which.
    async fn pause(&self, external_scan_id: &str) -> Result<(), CallError> {
        match self.client.command(external_scan_id, Command::Pause).await {
            Err(CallError::Gone { detail }) => match self.client.scan(external_scan_id).await? {
                Some(_) => Err(CallError::Refused {
                    detail: format!("{detail}. This version of Acunetix has no pause; stop the scan instead."),
                    by_licence: false,
                }),
                None => Err(CallError::Gone { detail }),
            },
            other => other,
        }
    }
}

#[async_trait]
impl Resume for Instanced {
    async fn resume(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.client.command(external_scan_id, Command::Resume).await
    }
}

#[async_trait]
impl Stop for Instanced {
    async fn stop(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.client.command(external_scan_id, Command::Stop).await
    }
}

#[async_trait]
impl Create for Instanced {
    async fn templates(&self) -> Result<Vec<Template>, CallError> {
        Ok(map::templates(&self.client.profiles().await?))
    }

    async fn create(&self, scan: &NewVendorScan) -> Result<Created, CallError> {
        create::create(&self.client, scan).await
    }
}

/// How often and how long a deletion looks whether the stop before it has worked.
const STOP_LOOKS: u32 = 8;
const STOP_PAUSE: Duration = Duration::from_millis(500);

#[async_trait]
impl Delete for Instanced {
    /// The scan with its results. Its target stays: it may have findings of other scans, and deleting targets can be
    /// limited by the licence.
    async fn delete(&self, external_scan_id: &str) -> Result<(), CallError> {
        let delete = || self.client.delete("delete the scan", "scans", external_scan_id);
        match self.is_active(external_scan_id).await? {
            None => return Ok(()),
            Some(false) => return delete().await,
            Some(true) => {}
        }
        match self.client.command(external_scan_id, Command::Stop).await {
            Ok(()) => {}
            Err(CallError::Gone { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        for _ in 0..STOP_LOOKS {
            match self.is_active(external_scan_id).await? {
                None => return Ok(()),
                Some(false) => return delete().await,
                Some(true) => tokio::time::sleep(STOP_PAUSE).await,
            }
        }
        Err(CallError::Failed {
            kind: ConditionKind::VendorError,
            detail: "Acunetix is still stopping the scan; it can be deleted when it has stopped".to_owned(),
            retry_after: Some(Duration::from_secs(10)),
        })
    }
}

#[async_trait]
impl Preview for Instanced {
    async fn preview(&self, external_scan_id: &str) -> Result<Option<LivePreview>, CallError> {
        let Some((scan, at)) = self.client.scan(external_scan_id).await? else { return Ok(None) };
        let kinds = match map::run_of(&scan) {
            Some(run) => match self.client.kinds(external_scan_id, &run).await {
                Ok(kinds) => kinds,
                // A run that has only been queued has no results to look at yet.
                Err(CallError::Gone { .. }) => Vec::new(),
                Err(error) => return Err(error),
            },
            None => Vec::new(),
        };
        Ok(Some(map::preview(&scan, &kinds, at)))
    }
}

#[async_trait]
impl History for Instanced {
    async fn runs(&self, external_scan_id: &str) -> Result<Vec<VendorRun>, CallError> {
        Ok(map::runs(&self.client.results(external_scan_id).await?))
    }
}

#[async_trait]
impl SubScanners for Instanced {
    async fn sub_scanners(&self) -> Result<Vec<VendorSubScanner>, CallError> {
        Ok(map::sub_scanners(&self.client.workers().await?))
    }
}
