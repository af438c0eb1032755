//! Qualys VMDR (vulnerability scans of the VM module): manifest and accessors.
//!
//! A scan exists at Qualys only from its launch on, and each launch is a scan of its own: creating *is* launching, a
//! scan cannot be launched again, and has no runs beside itself. Facts and their sources: docs/connectors/qualys-vm.md.

mod answer;
mod client;
mod map;
mod model;
mod results;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use scanhelm_core::capability::Capability;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::integration::{ConditionKind, Instance};
use scanhelm_core::scan::Observation;
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, FieldError};
use serde_json::Value;

use self::client::{Client, Command};
use self::model::OptionProfile;
use crate::client_token::marked;
use crate::contract::{
    AuthField, AuthMethod, CallError, CheckStep, Checked, Connection, Connector, Create, Created, Delete, Downloaded,
    Family, Fidelity, Manifest, NewVendorScan, Pause, Prepared, Results, Resume, RunRef, ScanList, Session, Stop,
    SubScanners, Template, VendorSubScanner,
};

#[derive(Clone, Copy, Debug)]
pub struct QualysVm;

static MANIFEST: Manifest = Manifest {
    id: "qualys-vm",
    vendor: "Qualys",
    product: "VMDR",
    family: Family::VulnerabilityManagement,
    auth_methods: &[AuthMethod {
        id: "password",
        label: "User name and password",
        fields: &[
            AuthField {
                name: "username",
                label: "User name",
                secret: false,
                help: "A user of its own for Scanhelm with API access: role Scanner to start and control its scans, Manager \
                       for everybody's, Reader to follow them only.",
            },
            AuthField { name: "password", label: "Password", secret: true, help: "" },
        ],
    }],
    base_url_example: "https://qualysapi.qg2.apps.qualys.com",
    status_map: map::STATUS_MAP,
    fidelity: Fidelity::L3,
    unverified: &[
        "A recorded answer to launch, pause, resume, cancel and delete; they are read as the documented SIMPLE_RETURN.",
        "All words of SUB_STATE; whether a scan that found no host is ever marked as processed.",
        "How Qualys answers a reference that it does not know, and a command that does not fit the scan's state.",
        "Whether DURATION counts the time that a scan was paused.",
        "Paging of the list of scans (WARNING with URL is recorded for other lists).",
        "The fields of the list of option profiles beyond ID and GROUP_NAME (IS_DEFAULT).",
    ],
};

impl Connector for QualysVm {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    fn open(&self, connection: Connection) -> Result<Box<dyn Session>, Error> {
        let username = field(&connection.credentials, "username")?;
        let password = field(&connection.credentials, "password")?;
        if username.expose().contains(':') {
            return Err(Error::field("credentials.username", "malformed", "A user name of Qualys holds no colon."));
        }
        Ok(Box::new(Subscription { client: Client::new(connection.http, username, password) }))
    }
}

fn field<'a>(credentials: &'a Credentials, name: &str) -> Result<&'a Secret, Error> {
    let found = credentials.get(name).ok_or_else(|| {
        Error::fields(vec![FieldError {
            field: format!("credentials.{name}"),
            code: "required",
            detail: "Qualys needs username and password.".to_owned(),
        }])
    })?;
    let text = found.expose();
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(Error::field(
            format!("credentials.{name}"),
            "malformed",
            "It is empty or holds a line break or another control character. Paste it again.",
        ));
    }
    Ok(found)
}

/// A subscription as one account sees it.
#[derive(Debug)]
struct Subscription {
    client: Client,
}

#[async_trait]
impl Session for Subscription {
    async fn check(&self) -> Result<Checked, CallError> {
        let (scans, _) = self.client.scans().await?;
        // Who may not read the log, or has a platform without it, loses only this knowledge.
        let role = match self.client.role().await {
            Err(error @ CallError::Failed { kind: ConditionKind::Authentication | ConditionKind::RateLimited, .. }) => {
                return Err(error);
            }
            other => other.ok().flatten(),
        };
        let mut capabilities = self.capabilities();
        let appliances = match self.client.appliances().await {
            Ok(appliances) => format!("{} scanner appliances visible", appliances.len()),
            Err(error) if is_about_rights(&error) => {
                let reason = format!("This account may not list the scanner appliances ({error}).");
                capabilities = capabilities.without([(Capability::SubScanners, reason.clone())]);
                reason
            }
            Err(error) => return Err(error),
        };
        let only_reads =
            role.as_deref().is_some_and(|role| READERS.iter().any(|reader| role.eq_ignore_ascii_case(reader)));
        let rights = match role.as_deref() {
            Some(role) if only_reads => {
                let reason = format!(
                    "The role of this account is {role}, which may look at scans and their results only. Give it the role \
                     Scanner or Manager in Qualys to start and control scans."
                );
                capabilities = capabilities.without(CONTROL.map(|capability| (capability, reason.clone())));
                format!("read and export only: {reason}")
            }
            Some(role) => format!("role {role}; {appliances}"),
            None => format!("the role shows at the first command; {appliances}"),
        };
        let step = |name: &str, detail: String| CheckStep { name: name.to_owned(), ok: true, detail, fix: None };
        let steps = vec![
            step("auth", format!("logged in; {} scans visible", scans.len())),
            step("permissions", rights),
            step("version", format!("Qualys VM, {API_VERSION}")),
        ];
        // References hold the second of their launch, so no id is ever used again: one id space for ever.
        let instance = Instance {
            incarnation: None,
            version: Some(API_VERSION.to_owned()),
            licence: role,
            capabilities: Some(capabilities),
        };
        Ok(Checked { instance, steps })
    }

    async fn list_scans(&self) -> Result<ScanList, CallError> {
        let (scans, at) = self.client.scans().await?;
        Ok(ScanList { scans: scans.iter().map(|scan| map::observation(scan, at)).collect(), incarnation: None })
    }

    async fn scan(&self, external_scan_id: &str) -> Result<Option<Observation>, CallError> {
        let found = self.client.scan(external_scan_id).await?;
        Ok(found.map(|(scan, at)| map::observation(&scan, at)))
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
    fn sub_scanners(&self) -> Option<&dyn SubScanners> {
        Some(self)
    }
}

/// A platform tells no version of its own; this is what is spoken with it.
const API_VERSION: &str = "API 2.0";

/// Roles that may start and control nothing.
const READERS: [&str; 3] = ["Reader", "Auditor", "Contact"];

/// What such a role takes away.
const CONTROL: [Capability; 5] =
    [Capability::Pause, Capability::Resume, Capability::Stop, Capability::Create, Capability::DeleteRemote];

fn is_about_rights(error: &CallError) -> bool {
    matches!(error, CallError::Refused { .. } | CallError::Failed { kind: ConditionKind::Permission, .. })
}

#[async_trait]
impl Results for Subscription {
    async fn prepare(&self, run: &RunRef, _: Option<Value>) -> Result<Prepared, CallError> {
        results::prepare(&self.client, run).await
    }

    async fn download(&self, run: &RunRef, state: &Value, into: PathBuf) -> Result<Downloaded, CallError> {
        results::download(&self.client, run, state, &into).await
    }
}

#[async_trait]
impl Pause for Subscription {
    async fn pause(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.client.command(external_scan_id, Command::Pause).await
    }
}

#[async_trait]
impl Resume for Subscription {
    async fn resume(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.client.command(external_scan_id, Command::Resume).await
    }
}

#[async_trait]
impl Stop for Subscription {
    async fn stop(&self, external_scan_id: &str) -> Result<(), CallError> {
        self.client.command(external_scan_id, Command::Cancel).await
    }
}

#[async_trait]
impl Create for Subscription {
    async fn templates(&self) -> Result<Vec<Template>, CallError> {
        Ok(map::templates(&self.client.option_profiles().await?))
    }

    async fn create(&self, scan: &NewVendorScan) -> Result<Created, CallError> {
        let refuse = |detail: String| Err(CallError::Refused { detail, by_licence: false });
        if !scan.launch {
            return refuse("Qualys keeps no scan that was not started: ask for it to be launched at once.".to_owned());
        }
        if scan.folder.is_some() {
            return refuse("Qualys has no folders for scans; leave it out.".to_owned());
        }
        let profiles = self.client.option_profiles().await?;
        let profile = chosen(&profiles, scan.template.as_deref())?;
        let (addresses, names) = map::addresses_and_names(&scan.targets);
        let title = marked(&scan.name, &scan.client_token);
        let (addresses, names) = (addresses.join(","), names.join(","));
        let mut fields = vec![("scan_title", title.as_str()), ("option_id", profile.basic.id.trim())];
        let optional = [("ip", addresses.as_str()), ("fqdn", names.as_str())];
        fields.extend(optional.into_iter().filter(|(_, value)| !value.is_empty()));
        if let Some(appliance) = &scan.sub_scanner {
            fields.push(("iscanner_id", appliance));
        }
        let external_scan_id = self.client.launch(&fields).await?;
        Ok(Created { external_scan_id, launched: true })
    }
}

/// The option profile of this id or title; without a wish the default one of the account.
fn chosen<'a>(profiles: &'a [OptionProfile], wanted: Option<&str>) -> Result<&'a OptionProfile, CallError> {
    let found = match wanted {
        Some(wanted) => profiles.iter().find(|profile| {
            profile.basic.id.trim() == wanted || profile.basic.group_name.trim().eq_ignore_ascii_case(wanted)
        }),
        None => profiles.iter().find(|profile| map::is_default(profile)),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = profiles.iter().map(|profile| profile.basic.group_name.trim()).take(60).collect();
        let known = single_line(&known.join(", "), 1000);
        let detail = match wanted {
            Some(wanted) => format!("Qualys has no option profile `{}`. It has: {known}.", single_line(wanted, 100)),
            None => format!("Qualys needs an option profile and none is the default. Choose one as template: {known}."),
        };
        CallError::Refused { detail, by_licence: false }
    })
}

/// How often and how long a deletion looks whether the cancelling before it has worked. It often takes Qualys minutes; then
/// the deletion is tried again later.
const CANCEL_LOOKS: u32 = 4;
const CANCEL_PAUSE: Duration = Duration::from_millis(500);

#[async_trait]
impl Delete for Subscription {
    async fn delete(&self, external_scan_id: &str) -> Result<(), CallError> {
        let mut cancelled = false;
        for _ in 0..=CANCEL_LOOKS {
            let Some((scan, _)) = self.client.scan(external_scan_id).await? else { return Ok(()) };
            // A word that is not known may stand for a scan at work.
            if map::state_of(&scan).is_some_and(scanhelm_core::status::VendorState::is_terminal)
                || map::has_ended(&scan)
            {
                return match self.client.command(external_scan_id, Command::Delete).await {
                    Err(CallError::Gone { .. }) => Ok(()),
                    other => other,
                };
            }
            if cancelled {
                tokio::time::sleep(CANCEL_PAUSE).await;
                continue;
            }
            cancelled = true;
            match self.client.command(external_scan_id, Command::Cancel).await {
                // Refused: it is being cancelled already, or has just ended. The next look tells.
                Ok(()) | Err(CallError::Refused { by_licence: false, .. }) => {}
                Err(CallError::Gone { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Err(CallError::Failed {
            kind: ConditionKind::VendorError,
            detail: "Qualys is still cancelling the scan, which may take minutes; it can be deleted then".to_owned(),
            retry_after: Some(Duration::from_secs(60)),
        })
    }
}

#[async_trait]
impl SubScanners for Subscription {
    async fn sub_scanners(&self) -> Result<Vec<VendorSubScanner>, CallError> {
        Ok(map::sub_scanners(&self.client.appliances().await?))
    }
}
