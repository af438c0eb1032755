//! Nessus (Professional, Expert, Manager): manifest and accessors.
//!
//! A Nessus "scan" is a configuration; its runs are the history. The licence decides whether the control API exists:
//! Professional and Expert since version 7 can only be read. Facts and their sources: docs/connectors/nessus.md.

mod client;
mod export;
mod map;
mod model;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use scanhelm_core::capability::Capability;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::{ConditionKind, Instance};
use scanhelm_core::scan::Observation;
use scanhelm_core::{Error, FieldError};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use self::client::{Access, Client, Command, ControlApi};
use self::model::{Folder, Properties, Scanner, TemplatesAnswer};
use crate::client_token;
use crate::contract::{
    AuthField, AuthMethod, CallError, CheckStep, Checked, Connection, Connector, Create, Created, Delete, Downloaded,
    Family, Fidelity, History, Launch, LivePreview, Manifest, NewVendorScan, Pause, Prepared, Preview, Results, Resume,
    RunRef, ScanList, Session, Stop, SubScanners, Template, VendorRun, VendorSubScanner,
};

#[derive(Clone, Copy, Debug)]
pub struct Nessus;

static MANIFEST: Manifest = Manifest {
    id: "nessus",
    vendor: "Tenable",
    product: "Nessus",
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
                    help: "In Nessus: My Account, API Keys, Generate. Generating new keys ends the old ones at once.",
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
                    help: "A user of its own for Scanhelm: Nessus may end a session when the same user logs in elsewhere.",
                },
                AuthField { name: "password", label: "Password", secret: true, help: "" },
            ],
        },
    ],
    base_url_example: "https://nessus.example.com:8834",
    status_map: map::STATUS_MAP,
    fidelity: Fidelity::L3,
    unverified: &[
        "The exact words of `nessus_type`; where they are not conclusive the licence is learnt from a 412.",
        "That `scans` may be null when there is no scan.",
        "That a deletion through the API is final and does not go to the Trash.",
        "How Nessus answers a pause, resume or stop that does not fit the scan's state.",
        "The life time of a session's token.",
        "The name of the server's uuid in the server properties.",
    ],
};

impl Connector for Nessus {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, Error> {
        let access = access(&connection.credentials)?;
        Ok(Box::new(Instanced { client: Client::new(connection.http, access), scanners: std::sync::Mutex::default() }))
    }
}

/// API keys where there are any, else the password.
fn access(credentials: &Credentials) -> Result<Access, Error> {
    let keys = ["access_key", "secret_key"];
    let login = ["username", "password"];
    let wanted = if keys.iter().any(|name| credentials.get(name).is_some()) { keys } else { login };
    let [first, second] = wanted.map(|name| {
        credentials.get(name).ok_or_else(|| missing(name, wanted)).and_then(|secret| sendable(name, secret))
    });
    let (first, second) = (first?, second?);
    if wanted == keys {
        let value = format!("accessKey={}; secretKey={}", first.expose(), second.expose());
        return Ok(Access::Keys(Secret::new(value)));
    }
    Ok(Access::Session { username: first.clone(), password: second.clone(), token: Mutex::new(None) })
}

fn missing(name: &str, both: [&str; 2]) -> Error {
    let [first, second] = both;
    Error::fields(vec![FieldError {
        field: format!("credentials.{name}"),
        code: "required",
        detail: format!("Nessus needs {first} and {second}, or the other way to log in."),
    }])
}

/// Keys and names go into a header or a line of JSON; a line break in one is a mistake of pasting.
fn sendable<'a>(name: &str, secret: &'a Secret) -> Result<&'a Secret, Error> {
    let text = secret.expose();
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(Error::field(
            format!("credentials.{name}"),
            "malformed",
            "It is empty or holds a line break or another control character. Paste it again.",
        ));
    }
    Ok(secret)
}

/// A Nessus that is connected to.
#[derive(Debug)]
struct Instanced {
    client: Client,
    /// As last listed: every detail names one.
    scanners: std::sync::Mutex<Arc<[Scanner]>>,
}

#[async_trait]
impl Session for Instanced {
    async fn check(&self) -> Result<Checked, CallError> {
        let status = self.client.server_status().await?;
        let properties = self.client.properties().await?;
        let (scans, _) = self.client.scans().await?;
        let step = |name: &str, detail: String| CheckStep { name: name.to_owned(), ok: true, detail, fix: None };
        let control = self.control_api(&properties).await?;
        let version = first_of([&properties.server_version, &properties.nessus_ui_version]);
        let licence = first_of([&properties.nessus_type]);
        let rights = match &control {
            ControlApi::On => "read, export and control".to_owned(),
            ControlApi::Off(reason) => format!("read and export only: {reason}"),
            ControlApi::Unclear => {
                "read and export; whether it can be controlled shows at the first command".to_owned()
            }
        };
        let steps = vec![
            step(
                "version",
                format!(
                    "{} {} ({})",
                    licence.as_deref().unwrap_or("Nessus"),
                    version.as_deref().unwrap_or("of unknown version"),
                    status.as_deref().unwrap_or("no status page")
                ),
            ),
            step("auth", format!("logged in; {} scans visible", scans.scans.len())),
            step("permissions", rights),
        ];
        let capabilities = match control {
            ControlApi::Off(reason) => {
                self.capabilities().without(CONTROL.map(|capability| (capability, reason.clone())))
            }
            ControlApi::On | ControlApi::Unclear => self.capabilities(),
        };
        let instance =
            Instance { incarnation: incarnation(&properties), version, licence, capabilities: Some(capabilities) };
        Ok(Checked { instance, steps })
    }

    async fn list_scans(&self) -> Result<ScanList, CallError> {
        // First, so that ids of a server that is replaced between the two calls are not taken for the old one's.
        let incarnation = incarnation(&self.client.properties().await?);
        let (answer, at) = self.client.scans().await?;
        Ok(ScanList { scans: map::observations(&answer, at), incarnation })
    }

    async fn scan(&self, external_scan_id: &str) -> Result<Option<Observation>, CallError> {
        let Some((detail, at)) = self.client.detail(external_scan_id).await? else { return Ok(None) };
        let scanners = self.scanners_with(&detail.info.scanner_name).await;
        Ok(Some(map::detailed(external_scan_id, &detail, &scanners, at)))
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

/// What a licence without the control API takes away.
const CONTROL: [Capability; 6] = [
    Capability::Launch,
    Capability::Pause,
    Capability::Resume,
    Capability::Stop,
    Capability::Create,
    Capability::DeleteRemote,
];

impl Instanced {
    /// The scanners as last listed, listed again when nobody of that name is among them. Only to turn a scanner's name
    /// into its id: while the list cannot be had, what was known stays, and an account without the right to list them
    /// loses just the ids.
    async fn scanners_with(&self, name: &str) -> Arc<[Scanner]> {
        let known = Arc::clone(&self.scanners.lock().unwrap_or_else(PoisonError::into_inner));
        if name.is_empty() || known.iter().any(|scanner| scanner.name == name) {
            return known;
        }
        let Ok(listed) = self.client.scanners().await else { return known };
        let listed: Arc<[Scanner]> = listed.into();
        *self.scanners.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&listed);
        listed
    }

    /// The product's name decides where it is conclusive; else Nessus is asked in a way that cannot have an effect.
    async fn control_api(&self, properties: &Properties) -> Result<ControlApi, CallError> {
        let name = properties.nessus_type.to_ascii_lowercase();
        let major: Option<u32> = properties.server_version.split('.').next().and_then(|text| text.parse().ok());
        if name.contains("manager") || major.is_some_and(|major| major < 7) {
            return Ok(ControlApi::On);
        }
        if ["professional", "expert", "essentials"].iter().any(|product| name.contains(product)) {
            let product = scanhelm_core::text::single_line(&properties.nessus_type, 100);
            return Ok(ControlApi::Off(format!(
                "{product} can be read through its API, not controlled (vendor licence). Start and stop scans in Nessus \
                 itself; Scanhelm follows them."
            )));
        }
        self.client.probe_control_api().await
    }

    async fn is_active(&self, id: &str) -> Result<Option<bool>, CallError> {
        let seen = self.client.detail(id).await?;
        Ok(seen.map(|(detail, _)| {
            map::state_of(&detail.info.status).is_some_and(scanhelm_core::status::VendorState::is_active)
        }))
    }

    async fn folder_id(&self, name: &str) -> Result<String, CallError> {
        let folders = self.client.folders().await?;
        let wanted = |folder: &&Folder| folder.name == name || folder.id.0 == name;
        match folders.iter().find(wanted) {
            Some(folder) => Ok(folder.id.0.clone()),
            None => Err(not_among("folder", name, folders.iter().map(|folder| folder.name.as_str()))),
        }
    }

    async fn template_id(&self, wanted: Option<&str>) -> Result<String, CallError> {
        let wanted = wanted.unwrap_or("basic");
        let TemplatesAnswer { templates } = self.client.templates().await?;
        let found = templates.iter().find(|template| {
            template.uuid == wanted
                || template.name.eq_ignore_ascii_case(wanted)
                || template.title.eq_ignore_ascii_case(wanted)
        });
        match found {
            Some(template) => Ok(template.uuid.clone()),
            None => Err(not_among("template", wanted, templates.iter().map(|template| template.name.as_str()))),
        }
    }
}

fn not_among<'a>(kind: &str, wanted: &str, known: impl Iterator<Item = &'a str>) -> CallError {
    let known: Vec<&str> = known.take(60).collect();
    let known = scanhelm_core::text::single_line(&known.join(", "), 1000);
    let wanted = scanhelm_core::text::single_line(wanted, 100);
    CallError::Refused { detail: format!("Nessus has no {kind} `{wanted}`. It has: {known}."), by_licence: false }
}

/// What changes when Nessus is installed anew. A server that does not tell has none; the hub then knows one id space.
fn incarnation(properties: &Properties) -> Option<String> {
    first_of([&properties.server_uuid, &properties.uuid])
}

fn first_of<const N: usize>(texts: [&String; N]) -> Option<String> {
    texts.iter().map(|text| scanhelm_core::text::single_line(text, 200)).find(|text| !text.is_empty())
}

#[async_trait]
impl Results for Instanced {
    async fn prepare(&self, run: &RunRef, state: Option<Value>) -> Result<Prepared, CallError> {
        export::prepare(&self.client, run, state).await
    }

    async fn download(&self, run: &RunRef, state: &Value, into: PathBuf) -> Result<Downloaded, CallError> {
        export::download(&self.client, run, state, &into).await
    }
}

#[async_trait]
impl Launch for Instanced {
    async fn launch(&self, external_scan_id: &str) -> Result<Option<String>, CallError> {
        self.client.command(external_scan_id, Command::Launch).await
    }
}

#[async_trait]
impl Pause for Instanced {
    async fn pause(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.client.command(external_scan_id, Command::Pause).await.map(drop)
    }
}

#[async_trait]
impl Resume for Instanced {
    async fn resume(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.client.command(external_scan_id, Command::Resume).await.map(drop)
    }
}

#[async_trait]
impl Stop for Instanced {
    async fn stop(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.client.command(external_scan_id, Command::Stop).await.map(drop)
    }
}

#[async_trait]
impl Create for Instanced {
    async fn templates(&self) -> Result<Vec<Template>, CallError> {
        Ok(map::templates(&self.client.templates().await?.templates))
    }

    async fn create(&self, scan: &NewVendorScan) -> Result<Created, CallError> {
        let template = self.template_id(scan.template.as_deref()).await?;
        let mut settings = serde_json::Map::new();
        settings.insert("name".to_owned(), client_token::marked(&scan.name, &scan.client_token).into());
        settings.insert("description".to_owned(), "Created by Scanhelm.".into());
        settings.insert("text_targets".to_owned(), scan.targets.join(",").into());
        settings.insert("enabled".to_owned(), false.into());
        if let Some(folder) = &scan.folder {
            settings.insert("folder_id".to_owned(), number_or_text(&self.folder_id(folder).await?));
        }
        if let Some(scanner) = &scan.sub_scanner {
            settings.insert("scanner_id".to_owned(), number_or_text(scanner));
        }
        let external_scan_id = self.client.create(&json!({"uuid": template, "settings": settings})).await?;
        // Nessus launches by a call of its own.
        Ok(Created { external_scan_id, launched: false })
    }
}

/// Ids are numbers on the wire.
fn number_or_text(id: &str) -> Value {
    id.parse::<u64>().map_or_else(|_| Value::from(id), Value::from)
}

/// How often and how long a deletion looks whether the stop before it has worked.
const STOP_LOOKS: u32 = 8;
const STOP_PAUSE: Duration = Duration::from_millis(500);

#[async_trait]
impl Delete for Instanced {
    async fn delete(&self, external_scan_id: &str) -> Result<(), CallError> {
        match self.is_active(external_scan_id).await? {
            None => return Ok(()),
            Some(false) => return self.client.delete(external_scan_id).await,
            Some(true) => {}
        }
        match self.client.command(external_scan_id, Command::Stop).await {
            Ok(_) => {}
            Err(CallError::Gone { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        for _ in 0..STOP_LOOKS {
            match self.is_active(external_scan_id).await? {
                None => return Ok(()),
                Some(false) => return self.client.delete(external_scan_id).await,
                Some(true) => tokio::time::sleep(STOP_PAUSE).await,
            }
        }
        Err(CallError::Failed {
            kind: ConditionKind::VendorError,
            detail: "Nessus is still stopping the scan; it can be deleted when it has stopped".to_owned(),
            retry_after: Some(Duration::from_secs(10)),
        })
    }
}

#[async_trait]
impl Preview for Instanced {
    async fn preview(&self, external_scan_id: &str) -> Result<Option<LivePreview>, CallError> {
        let seen = self.client.detail(external_scan_id).await?;
        Ok(seen.map(|(detail, at)| map::preview(&detail, at)))
    }
}

#[async_trait]
impl History for Instanced {
    async fn runs(&self, external_scan_id: &str) -> Result<Vec<VendorRun>, CallError> {
        match self.client.detail(external_scan_id).await? {
            Some((detail, _)) => Ok(map::runs(&detail.history)),
            None => Err(CallError::Gone { detail: "Nessus has no such scan any more".to_owned() }),
        }
    }
}

#[async_trait]
impl SubScanners for Instanced {
    async fn sub_scanners(&self) -> Result<Vec<VendorSubScanner>, CallError> {
        Ok(map::sub_scanners(&self.client.scanners().await?))
    }
}
