//! Invicti Enterprise (formerly Netsparker Enterprise; Acunetix 360 is the same product under another name).
//!
//! A scan runs once, from its creation on: there is nothing to launch, and scanning a website again makes another
//! scan with another id. A command answers 200 whatever comes of it; a word in the body says what. Facts and their
//! sources: docs/connectors/invicti.md.

mod client;
mod map;
mod model;
mod paging;
mod results;
mod webhooks;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use scanhelm_core::capability::Capability;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::{ConditionKind, Instance};
use scanhelm_core::scan::Observation;
use scanhelm_core::status::VendorState;
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, FieldError};
use serde_json::{Value, json};

use self::client::{Client, Command};
use self::webhooks::InvictiWebhooks;
use crate::client_token;
use crate::contract::{
    AuthField, AuthMethod, CallError, CheckStep, Checked, Connection, Connector, Create, Created, Delete, Downloaded,
    Family, Fidelity, LivePreview, Manifest, NewVendorScan, Pause, Prepared, Preview, Results, Resume, RunRef,
    ScanList, Session, Stop, SubScanners, Template, VendorSubScanner,
};
use crate::webhooks::Webhooks;

#[derive(Clone, Copy, Debug)]
pub struct Invicti;

const USER_ID: &str = "user_id";
const API_TOKEN: &str = "api_token";

static MANIFEST: Manifest = Manifest {
    id: "invicti",
    vendor: "Invicti",
    product: "Invicti Enterprise",
    family: Family::Dast,
    auth_methods: &[AuthMethod {
        id: "api_token",
        label: "User ID and API token",
        fields: &[
            AuthField {
                name: USER_ID,
                label: "User ID",
                secret: false,
                help: "In Invicti: your name, API Settings. It is not the e-mail address.",
            },
            AuthField {
                name: API_TOKEN,
                label: "API token",
                secret: true,
                help: "On the same page. Resetting it ends the old one at once. A user of its own keeps the rights small.",
            },
        ],
    }],
    base_url_example: "https://www.netsparkercloud.com",
    status_map: map::STATUS_MAP,
    fidelity: Fidelity::L3,
    unverified: &[
        "That lists show the comments of a scan, in which a scan made from here is recognised.",
        "How the service answers for a scan that is not there: a 404 is expected.",
        "Whether a list still shows scans that were deleted; those with a date of deletion are left out.",
        "The numbers of its rate limits.",
        "That a Scan Completed notification can drive a Webhook integration for a scan without new issues.",
        "Whether a scan was logged in at its target: the API does not tell.",
    ],
};

impl Connector for Invicti {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, Error> {
        let authorization = authorization(&connection.credentials)?;
        Ok(Box::new(Instanced { client: Client::new(connection.http, authorization) }))
    }
}

/// HTTP Basic of user id and token.
fn authorization(credentials: &Credentials) -> Result<Secret, Error> {
    let field = |name: &str| {
        let secret = credentials.get(name).ok_or_else(|| {
            Error::fields(vec![FieldError {
                field: format!("credentials.{name}"),
                code: "required",
                detail: format!("Invicti needs {USER_ID} and {API_TOKEN}; both stand on its page API Settings."),
            }])
        })?;
        let text = secret.expose().trim();
        // A colon would end the user id.
        if text.is_empty() || text.chars().any(char::is_control) || (name == USER_ID && text.contains(':')) {
            let detail = "It is empty or holds a character that cannot be part of it. Paste it again.";
            return Err(Error::field(format!("credentials.{name}"), "malformed", detail));
        }
        Ok(text.to_owned())
    };
    let (user, token) = (field(USER_ID)?, field(API_TOKEN)?);
    Ok(Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{token}")))))
}

/// An account that is connected to.
#[derive(Debug)]
struct Instanced {
    client: Client,
}

#[async_trait]
impl Session for Instanced {
    async fn check(&self) -> Result<Checked, CallError> {
        let account = self.client.account().await?;
        let (scans, _) = self.client.scans().await?;
        let license = self.client.license().await?;
        let sees_agents = self.client.may_list_agents().await?;
        let step = |name: &str, detail: String| CheckStep { name: name.to_owned(), ok: true, detail, fix: None };
        let licence = license.into_iter().flat_map(|license| license.licenses).find_map(|license| {
            let name = single_line(&license.product_definition, 200);
            (license.is_active != Some(false) && !name.is_empty()).then_some(name)
        });
        let rights = if sees_agents { "the agents are visible" } else { "the agents are not visible to this account" };
        let steps = vec![
            step("version", format!("API {API_VERSION}, licence {}", licence.as_deref().unwrap_or("not told"))),
            step(
                "auth",
                format!(
                    "logged in as {} ({})",
                    single_line(&account.display_name, 100),
                    single_line(&account.time_zone_info, 100)
                ),
            ),
            step("permissions", format!("{} scans visible; {rights}", scans.len())),
        ];
        let mut capabilities = self.capabilities();
        if !sees_agents {
            let reason = "The account may not list Invicti's agents (403). Give it the right, or do without pinning.";
            capabilities = capabilities.without([(Capability::SubScanners, reason.to_owned())]);
        }
        let version = Some(format!("API {API_VERSION}"));
        let instance = Instance { incarnation: None, version, licence, capabilities: Some(capabilities) };
        Ok(Checked { instance, steps })
    }

    async fn list_scans(&self) -> Result<ScanList, CallError> {
        let (scans, at) = self.client.scans().await?;
        // Ids are GUIDs over all accounts and never come again, so there is one id space.
        Ok(ScanList { scans: scans.iter().map(|task| map::observation(task, at)).collect(), incarnation: None })
    }

    async fn scan(&self, external_scan_id: &str) -> Result<Option<Observation>, CallError> {
        Ok(self.client.scan(external_scan_id).await?.map(|(task, at)| map::observation(&task, at)))
    }

    fn list_tells_all(&self) -> bool {
        true
    }

    fn results(&self) -> &dyn Results {
        self
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
    fn sub_scanners(&self) -> Option<&dyn SubScanners> {
        Some(self)
    }
    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(&InvictiWebhooks)
    }
}

const API_VERSION: &str = "1.0";

#[async_trait]
impl Results for Instanced {
    async fn prepare(&self, run: &RunRef, _state: Option<Value>) -> Result<Prepared, CallError> {
        results::prepare(&self.client, run).await
    }

    async fn download(&self, run: &RunRef, state: &Value, into: PathBuf) -> Result<Downloaded, CallError> {
        results::download(&self.client, run, state, into).await
    }
}

/// What the word in the answer to a command means. `reached`: the words that say that it already is as it was asked to
/// be.
fn settled(what: &str, word: &str, reached: &[&str]) -> Result<(), CallError> {
    if word == "Ok" || reached.contains(&word) {
        return Ok(());
    }
    let because = match word {
        "ScanNotFound" => return Err(CallError::Gone { detail: format!("{what}: Invicti has no such scan any more") }),
        "ScanCompleted" => "the scan has completed",
        "ScanNotRunning" => "the scan is not running",
        "ScanNotPaused" => "the scan is not paused",
        "ScanCancelled" => "the scan was cancelled",
        "ScanFailed" => "the scan has failed",
        "ScanQueued" => "the scan still waits in the queue",
        other => {
            let word = single_line(other, 60);
            return Err(CallError::Unknown {
                detail: format!("{what}: Invicti answered with a word not known: {word}"),
            });
        }
    };
    Err(CallError::Refused { detail: format!("{what}: {because} (Invicti says `{word}`)"), by_licence: false })
}

#[async_trait]
impl Pause for Instanced {
    async fn pause(&self, external_scan_id: &str) -> Result<(), CallError> {
        settled("pause the scan", &self.client.command(external_scan_id, Command::Pause).await?, &[])
    }
}

#[async_trait]
impl Resume for Instanced {
    async fn resume(&self, external_scan_id: &str) -> Result<(), CallError> {
        settled("resume the scan", &self.client.command(external_scan_id, Command::Resume).await?, &[])
    }
}

#[async_trait]
impl Stop for Instanced {
    async fn stop(&self, external_scan_id: &str) -> Result<(), CallError> {
        settled("cancel the scan", &self.client.command(external_scan_id, Command::Cancel).await?, &["ScanCancelled"])
    }
}

fn refused(detail: impl Into<String>) -> CallError {
    CallError::Refused { detail: detail.into(), by_licence: false }
}

#[async_trait]
impl Create for Instanced {
    async fn templates(&self) -> Result<Vec<Template>, CallError> {
        Ok(map::templates(&self.client.policies().await?))
    }

    async fn create(&self, scan: &NewVendorScan) -> Result<Created, CallError> {
        if !scan.launch {
            return Err(refused(
                "Invicti starts a scan as it is created, and sends attacks to the target at once. Create it with \
                 `launch`, or schedule it.",
            ));
        }
        let [target] = scan.targets.as_slice() else {
            return Err(refused("An Invicti scan has one website as its target. Make one scan for each website."));
        };
        let policy = self.policy_id(scan.template.as_deref()).await?;
        let marked = client_token::marked(&scan.name, &scan.client_token);
        let mut body = json!({"TargetUri": target, "CreateType": "Website", "Comments": marked});
        if let (Some(policy), Some(body)) = (policy, body.as_object_mut()) {
            body.insert("PolicyId".to_owned(), policy.into());
        }
        let external_scan_id = match &scan.sub_scanner {
            None => self.client.create(&body).await?,
            // Only a profile can name an agent.
            Some(agent) => {
                if let Some(body) = body.as_object_mut() {
                    body.insert("ProfileName".to_owned(), marked.clone().into());
                    body.insert("AgentId".to_owned(), agent.clone().into());
                    body.insert("IsPrimary".to_owned(), false.into());
                    body.insert("IsShared".to_owned(), false.into());
                }
                self.client.create_profile(&body).await?;
                self.client.create_with_profile(&marked, target).await?
            }
        };
        Ok(Created { external_scan_id, launched: true })
    }
}

impl Instanced {
    /// `None`: the account's default policy.
    async fn policy_id(&self, wanted: Option<&str>) -> Result<Option<String>, CallError> {
        let Some(wanted) = wanted else { return Ok(None) };
        let policies = self.client.policies().await?;
        let found = policies.iter().find(|policy| policy.id.0 == wanted || policy.name.eq_ignore_ascii_case(wanted));
        match found {
            Some(policy) => Ok(Some(policy.id.0.clone())),
            None => {
                let known: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).take(60).collect();
                let (known, wanted) = (single_line(&known.join(", "), 1000), single_line(wanted, 100));
                Err(refused(format!("Invicti has no scan policy `{wanted}`. It has: {known}.")))
            }
        }
    }

    /// `None`: there is no such scan.
    async fn has_ended(&self, id: &str) -> Result<Option<bool>, CallError> {
        let seen = self.client.scan(id).await?;
        Ok(seen.map(|(task, _)| map::state_of(&task.state).is_some_and(VendorState::is_terminal)))
    }

    async fn delete_ended(&self, id: &str) -> Result<(), CallError> {
        match self.client.delete(id).await?.as_str() {
            "Ok" | "SomeOfScansNotFound" => Ok(()),
            "OnGoingScanExisting" => Err(still_stopping()),
            other => {
                let word = single_line(other, 60);
                let detail = format!("delete the scan: Invicti answered with a word not known: {word}");
                Err(CallError::Unknown { detail })
            }
        }
    }
}

/// How often and how long a deletion looks whether the cancelling before it has worked.
const STOP_LOOKS: u32 = 8;
const STOP_PAUSE: Duration = Duration::from_millis(500);

#[async_trait]
impl Delete for Instanced {
    async fn delete(&self, external_scan_id: &str) -> Result<(), CallError> {
        match self.has_ended(external_scan_id).await? {
            None => return Ok(()),
            Some(true) => return self.delete_ended(external_scan_id).await,
            Some(false) => {}
        }
        match self.client.command(external_scan_id, Command::Cancel).await {
            // Whatever the word: what the scan then is decides.
            Ok(_) => {}
            Err(CallError::Gone { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        for _ in 0..STOP_LOOKS {
            match self.has_ended(external_scan_id).await? {
                None => return Ok(()),
                Some(true) => return self.delete_ended(external_scan_id).await,
                Some(false) => tokio::time::sleep(STOP_PAUSE).await,
            }
        }
        Err(still_stopping())
    }
}

fn still_stopping() -> CallError {
    CallError::Failed {
        kind: ConditionKind::VendorError,
        detail: "Invicti is still cancelling the scan; it can be deleted when it has ended".to_owned(),
        retry_after: Some(Duration::from_secs(10)),
    }
}

#[async_trait]
impl Preview for Instanced {
    async fn preview(&self, external_scan_id: &str) -> Result<Option<LivePreview>, CallError> {
        Ok(self.client.scan(external_scan_id).await?.map(|(task, at)| map::preview(&task, at)))
    }
}

#[async_trait]
impl SubScanners for Instanced {
    async fn sub_scanners(&self) -> Result<Vec<VendorSubScanner>, CallError> {
        Ok(map::sub_scanners(&self.client.agents().await?))
    }
}
