//! Creating scans: a record, a scan at a vendor, a link to one that is there, or a local scan.
//!
//! Everything is checked before anything is stored or sent. A scan at a vendor begins as a row with a client token and
//! a recorded command; the token is put into the vendor's scan, so that when the answer is lost the sweep finds the
//! row again instead of adopting a stranger (trap S8).

use std::path::Path;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::capability::Capability;
use scanhelm_core::ci::CiMetadata;
use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{CommandId, IntegrationId, ScanId, SubScannerId};
use scanhelm_core::integration::Integration;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::scan::{Origin, Scan, VendorLink};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, FieldError, Result};
use scanhelm_store::Transaction;
use serde_json::{Value, json};

use super::{COMMAND_JOB, ScanView, Scans};
use crate::local::{LOCAL_SCAN_ATTEMPTS, LOCAL_SCAN_JOB, LocalTargets, local_request, local_types};
use crate::schedules::{Planned, require_launchable};

/// The body of `POST /scans`.
#[derive(Clone, Debug, Default)]
pub struct NewScan {
    pub name: Option<String>,
    pub scan_types: Vec<String>,
    pub target_path: Option<String>,
    /// Scanned here when a type of scan asks for it, else one more of the targets.
    pub target_url: Option<String>,
    /// The same.
    pub target_host: Option<String>,
    /// The machine that the hub runs on is scanned.
    pub this_machine: bool,
    /// A scan that runs here does not hear what the project suppresses.
    pub no_suppress: bool,
    pub targets: Vec<String>,
    pub integration_id: Option<IntegrationId>,
    pub external_scan_id: Option<String>,
    pub sub_scanner_id: Option<SubScannerId>,
    pub template: Option<String>,
    pub folder: Option<String>,
    pub assessment_run_id: Option<String>,
    pub config: serde_json::Map<String, Value>,
    pub ci: CiMetadata,
    pub launch: bool,
    /// Runs it at these times.
    pub schedule_cron: Option<String>,
    /// The zone of those times; UTC when left out.
    pub schedule_tz: Option<String>,
}

impl Scans<'_> {
    pub async fn create(&self, grant: &Grant, mut new: NewScan) -> Result<ScanView> {
        grant.require(Permission::ScanCreate)?;
        let company = self.hub.store().company(grant.company).await?.ok_or_else(Error::not_found)?;
        if company.status == CompanyStatus::Deactivated {
            return Err(Error::new(
                ErrorCode::CompanyDeactivated,
                "The company is deactivated: no new scans. An operator can activate it again.",
            ));
        }
        let here = LocalTargets {
            path: new.target_path.clone(),
            url: new.target_url.clone(),
            host: new.target_host.clone(),
            machine: new.this_machine,
        };
        let here = Some(here).filter(|here| match new.integration_id {
            Some(_) => here.path.is_some() || here.machine,
            None => here.run_here(&new.scan_types),
        });
        if new.no_suppress && here.is_none() {
            let detail = "Only a scan that runs here hears what a project suppresses.";
            return Err(Error::field("no_suppress", "conflict", detail));
        }
        if here.is_none() {
            let more = new.target_url.take().into_iter().chain(new.target_host.take());
            new.targets = more.chain(std::mem::take(&mut new.targets)).collect();
        }
        let id = match (new.integration_id, &new.external_scan_id, &here) {
            (Some(_), _, Some(here)) => {
                let field = if here.machine { "this_machine" } else { "target_path" };
                let detail = "What is on the hub's machine cannot be scanned by an integration.";
                return Err(Error::field(field, "conflict", detail));
            }
            (Some(integration), Some(external), None) => self.link(grant, &new, integration, external).await?,
            (Some(integration), None, None) => self.at_vendor(grant, &new, integration).await?,
            (None, Some(_), _) => {
                return Err(Error::field("integration_id", "required", "Say which integration has this vendor scan."));
            }
            (None, None, Some(targets)) => self.local(grant, &new, targets.clone()).await?,
            (None, None, None) => self.record(grant, &new).await?,
        };
        self.hub.committed();
        self.get(grant, id).await
    }

    fn base(&self, grant: &Grant, new: &NewScan, origin: Origin, default_name: &str) -> Result<Scan> {
        let name = single_line(new.name.as_deref().unwrap_or(default_name), 200);
        if name.is_empty() {
            return Err(Error::field("name", "required", "Give the scan a name."));
        }
        check_lengths(new)?;
        let mut scan = Scan::new(ScanId::new(self.hub.ids()), grant.company, name, origin, self.hub.now());
        if let Some(first) = new.scan_types.first() {
            scan.scan_type.clone_from(first);
        }
        scan.targets = new.targets.iter().map(|target| single_line(target, 500)).collect();
        scan.assessment_run_id.clone_from(&new.assessment_run_id);
        scan.ci = new.ci.clone();
        scan.config = Value::Object(new.config.clone());
        Ok(scan)
    }

    async fn record(&self, grant: &Grant, new: &NewScan) -> Result<ScanId> {
        if new.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
            return Err(Error::field("name", "required", "Give the scan a name."));
        }
        let scan = self.base(grant, new, Origin::Manual, "")?;
        self.insert(grant, new, &scan, &[], "Created as a record.").await?;
        Ok(scan.id)
    }

    async fn link(&self, grant: &Grant, new: &NewScan, integration: IntegrationId, external: &str) -> Result<ScanId> {
        let integration = self.usable(grant, integration).await?;
        // Empty before the first look, which puts the right one.
        let incarnation = integration.instance.incarnation.clone().unwrap_or_default();
        let mut scan = self.base(grant, new, Origin::Integration, &format!("{} {external}", integration.name))?;
        scan.vendor = Some(integration.connector.clone());
        scan.integration_id = Some(integration.id);
        scan.link = Some(VendorLink {
            integration_id: integration.id,
            incarnation,
            external_scan_id: single_line(external, 200),
        });
        scan.sub_scanner_id = self.sub_scanner(grant, &integration, new.sub_scanner_id).await?;
        self.insert(grant, new, &scan, &[], "Linked to a scan of the vendor.").await?;
        self.hub.look_now();
        Ok(scan.id)
    }

    async fn at_vendor(&self, grant: &Grant, new: &NewScan, integration: IntegrationId) -> Result<ScanId> {
        let integration = self.usable(grant, integration).await?;
        let capabilities = integration
            .instance
            .capabilities
            .clone()
            .or_else(|| self.hub.offered_by(&integration.connector))
            .unwrap_or_default();
        // A vendor that creates and never launches starts what it is given; then there is no other way to create.
        let offered = self.hub.offered_by(&integration.connector).unwrap_or_default();
        let starts_at_once = offered.has(Capability::Create) && !offered.has(Capability::Launch);
        if starts_at_once && !new.launch {
            let detail = "This scanner starts a scan by creating it. Ask for that with `launch: true`.";
            return Err(Error::field("launch", "required", detail));
        }
        let wanted = [(Capability::Create, true), (Capability::Launch, new.launch && !starts_at_once)];
        for (capability, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
            if !capabilities.has(capability) {
                let reason = capabilities.withheld_because(capability).map_or_else(
                    || format!("This scanner offers no {} through its API.", capability.as_str()),
                    str::to_owned,
                );
                return Err(Error::new(ErrorCode::UnsupportedByVendor, reason));
            }
        }
        if new.targets.is_empty() {
            return Err(Error::field("targets", "required", "Name at least one target."));
        }
        if new.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
            return Err(Error::field("name", "required", "Give the scan a name."));
        }
        let mut scan = self.base(grant, new, Origin::Integration, "")?;
        scan.vendor = Some(integration.connector.clone());
        scan.integration_id = Some(integration.id);
        scan.client_token = Some(self.hub.0.chance.token().chars().take(24).collect());
        scan.sub_scanner_id = self.sub_scanner(grant, &integration, new.sub_scanner_id).await?;
        if let Value::Object(config) = &mut scan.config {
            let asked = [("template", new.template.clone()), ("folder", new.folder.clone())];
            config.extend(
                asked.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), json!(value)))),
            );
            config.insert("launch".to_owned(), json!(new.launch));
        }
        let command = Command {
            id: CommandId::new(self.hub.ids()),
            company_id: grant.company,
            scan_id: Some(scan.id),
            integration_id: integration.id,
            kind: CommandKind::Create,
            target: None,
            state: CommandState::Recorded,
            actor: grant.actor,
            detail: None,
            created_at: self.hub.now(),
            sent_at: None,
            finished_at: None,
        };
        self.insert(grant, new, &scan, &[command], "Creating it at the vendor.").await?;
        Ok(scan.id)
    }

    async fn local(&self, grant: &Grant, new: &NewScan, mut wanted: LocalTargets) -> Result<ScanId> {
        let types = local_types(&new.scan_types)?;
        let allowed = wanted.allowed(self.hub.settings())?;
        wanted.path = allowed.path.as_ref().map(|path| path.display().to_string());
        wanted.url = allowed.site.as_ref().map(ToString::to_string);
        wanted.host = allowed.host.as_ref().map(ToString::to_string);
        let folder = allowed.path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let called = folder.or_else(|| wanted.all().next().map(str::to_owned)).unwrap_or_default();
        let request = local_request(allowed, wanted.machine, types)?;
        // Local scans of one target repeat; a name that nobody gave must not stand in the way.
        let id = ScanId::new(self.hub.ids());
        let short: String = id.to_string().chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect();
        let mut scan = self.base(grant, new, Origin::Local, &format!("{called} {short}"))?;
        scan.id = id;
        if let (true, Some(first)) = (new.scan_types.is_empty(), request.scan_types.first()) {
            scan.scan_type = first.as_str().to_owned();
        }
        scan.vendor = Some("local".to_owned());
        scan.targets = wanted.all().map(str::to_owned).collect();
        if let Value::Object(config) = &mut scan.config {
            wanted.write_to(config);
            config.insert("scan_types".to_owned(), json!(new.scan_types));
            if new.no_suppress {
                config.insert("no_suppress".to_owned(), json!(true));
            }
        }
        self.insert(grant, new, &scan, &[], "Waiting for a local scanner.").await?;
        Ok(scan.id)
    }

    /// One transaction: row, schedule, commands with their jobs, feed and audit.
    async fn insert(
        &self,
        grant: &Grant,
        new: &NewScan,
        scan: &Scan,
        commands: &[Command],
        message: &str,
    ) -> Result<()> {
        let planned = self.planned(grant, new, scan).await?;
        let transaction = self.hub.store().begin().await?;
        self.write_new(&transaction, grant, scan, commands, message).await?;
        if let Some(planned) = planned {
            planned.write(self.hub, &transaction, grant, scan, true).await?;
        }
        transaction.commit().await
    }

    /// The schedule that was asked for, checked.
    async fn planned(&self, grant: &Grant, new: &NewScan, scan: &Scan) -> Result<Option<Planned>> {
        let Some(cron) = &new.schedule_cron else {
            return match &new.schedule_tz {
                Some(_) => Err(Error::field("schedule_tz", "conflict", "A zone needs a schedule_cron.")),
                None => Ok(None),
            };
        };
        grant.require(Permission::ScheduleManage)?;
        let planned = Planned::read_for_scan(cron, new.schedule_tz.as_deref())?;
        require_launchable(self.hub, scan).await?;
        Ok(Some(planned))
    }

    /// The rows of a new scan, inside a transaction.
    pub(crate) async fn write_new(
        &self,
        transaction: &Transaction,
        grant: &Grant,
        scan: &Scan,
        commands: &[Command],
        message: &str,
    ) -> Result<()> {
        if let Some(link) = &scan.link {
            // Linking on purpose takes back an earlier deletion.
            transaction.delete_block_of(link).await?;
        }
        transaction.insert_scan(scan).await?;
        for command in commands {
            transaction.insert_command(command).await?;
            transaction.enqueue(&self.hub.command_job(command), self.hub.now()).await?;
        }
        if scan.origin.runs_here() {
            let mut job = self.hub.new_job(grant.company, LOCAL_SCAN_JOB, json!({"scan_id": scan.id}));
            job.dedup_key = Some(format!("local:{}", scan.id));
            job.max_attempts = LOCAL_SCAN_ATTEMPTS;
            transaction.enqueue(&job, self.hub.now()).await?;
        }
        transaction
            .append_activity(NewActivity {
                company_id: grant.company,
                scan_id: scan.id,
                at: self.hub.now(),
                actor: grant.actor,
                event: Event::ScanCreated,
                message: message.to_owned(),
                data: json!({"origin": scan.origin.as_str(), "name": scan.name}),
            })
            .await?;
        let detail = json!({"name": scan.name, "origin": scan.origin.as_str()});
        transaction.append_audit(&self.hub.audit_entry(grant, "scan.create", format!("scan/{}", scan.id), detail)).await
    }

    async fn usable(&self, grant: &Grant, id: IntegrationId) -> Result<Integration> {
        let missing = || Error::field("integration_id", "unknown", "There is no such integration.");
        let integration = self.hub.store().integration(grant.company, id).await?.ok_or_else(missing)?;
        if !integration.enabled {
            return Err(Error::field("integration_id", "disabled", "The integration is disabled. Enable it first."));
        }
        Ok(integration)
    }

    async fn sub_scanner(
        &self,
        grant: &Grant,
        integration: &Integration,
        id: Option<SubScannerId>,
    ) -> Result<Option<SubScannerId>> {
        let Some(id) = id else {
            return Ok(None);
        };
        let found = self.hub.store().sub_scanner(grant.company, id).await?;
        if found.is_none_or(|found| found.integration_id != integration.id) {
            return Err(Error::field("sub_scanner_id", "unknown", "The integration has no such sub-scanner."));
        }
        Ok(Some(id))
    }
}

const fn limited(ci: &CiMetadata) -> [(&'static str, &Option<String>, usize); 4] {
    [
        ("ci.commit_sha", &ci.commit_sha, 64),
        ("ci.branch_name", &ci.branch_name, 255),
        ("ci.repo_url", &ci.repo_url, 500),
        ("ci.triggered_by", &ci.triggered_by, 200),
    ]
}

/// What comes with a report.
pub(crate) fn check_ci(ci: &CiMetadata) -> Result<()> {
    let too_long = limited(ci)
        .into_iter()
        .filter(|(_, value, limit)| value.as_ref().is_some_and(|value| value.chars().count() > *limit));
    let fields: Vec<FieldError> = too_long
        .map(|(field, _, limit)| FieldError {
            field: field.to_owned(),
            code: "too_long",
            detail: format!("At most {limit} characters."),
        })
        .collect();
    if fields.is_empty() { Ok(()) } else { Err(Error::fields(fields)) }
}

fn check_lengths(new: &NewScan) -> Result<()> {
    let mut fields = Vec::new();
    let mut too_long = |field: &str, limit: usize| {
        fields.push(FieldError {
            field: field.to_owned(),
            code: "too_long",
            detail: format!("At most {limit} characters."),
        });
    };
    for (field, value, limit) in limited(&new.ci) {
        if value.as_ref().is_some_and(|value| value.chars().count() > limit) {
            too_long(field, limit);
        }
    }
    let others = [
        ("assessment_run_id", &new.assessment_run_id, 100),
        ("template", &new.template, 200),
        ("folder", &new.folder, 200),
    ];
    for (field, value, limit) in others {
        if value.as_ref().is_some_and(|value| value.chars().count() > limit) {
            too_long(field, limit);
        }
    }
    if new.name.as_ref().is_some_and(|name| name.chars().count() > 200) {
        too_long("name", 200);
    }
    if new.targets.len() > 10_000 {
        too_long("targets", 10_000);
    }
    if fields.is_empty() { Ok(()) } else { Err(Error::fields(fields)) }
}

impl crate::Hub {
    /// The job that carries a recorded command out. Commands of one integration go one after the other.
    pub(crate) fn command_job(&self, command: &Command) -> scanhelm_core::job::NewJob {
        let mut job = self.new_job(command.company_id, COMMAND_JOB, json!({"command_id": command.id}));
        job.dedup_key = Some(format!("command:{}", command.id));
        job.concurrency_key = Some(format!("command:{}", command.integration_id));
        job.priority = -10;
        job
    }

    /// The job of a command that one may ask for again and again: asking again while it stands, and nothing else was
    /// asked for since, is this one. `before`: the scan's commands until now, newest first.
    pub(crate) fn order_job(&self, command: &Command, scan: ScanId, before: &[Command]) -> scanhelm_core::job::NewJob {
        let after = before.iter().find(|before| before.kind != command.kind).map(|other| other.id.to_string());
        let mut job = self.command_job(command);
        job.dedup_key = Some(format!("order:{scan}:{}:{}", command.kind.as_str(), after.as_deref().unwrap_or("first")));
        job
    }
}
