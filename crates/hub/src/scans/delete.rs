//! Deleting a scan. The local part is one transaction and cannot be stopped by a vendor: the row goes, the pair of
//! integration and vendor scan goes onto the blocklist, and, if asked for, the wish to delete the vendor's copy is
//! written beside them. Deleted stays deleted.

use std::time::Duration;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::capability::Capability;
use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::company::CompanyStatus;
use scanhelm_core::ids::{BlockId, CommandId, ScanId};
use scanhelm_core::integration::BlockEntry;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::scan::{Scan, VendorLink};
use scanhelm_core::{Error, ErrorCode, Result};
use serde::Serialize;
use serde_json::json;

use super::read::available;
use super::{Scans, VENDOR_DELETE_JOB};
use crate::failpoint;
use crate::trap::{self, Trap};

/// How long a caller waits for the vendor before the answer is `pending`.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoteDeletion {
    Deleted,
    /// The vendor refuses for good.
    Failed,
    Unsupported,
    /// Not yet: it is retried.
    Pending,
}

#[derive(Clone, Debug, Serialize)]
pub struct Deleted {
    pub deleted: bool,
    /// Present when the vendor's copy was to go too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteDeletion>,
    pub warnings: Vec<String>,
}

/// What the deletion decided, before the vendor has answered.
#[derive(Clone, Debug)]
pub struct OrderedDeletion {
    /// The vendor's copy is to go, by this command.
    pub command: Option<CommandId>,
    /// Why the vendor's copy stays.
    pub warnings: Vec<String>,
}

impl Scans<'_> {
    /// Deletes, and gives the vendor a few seconds for its copy.
    pub async fn delete(&self, grant: &Grant, id: ScanId, cascade_remote: bool, force: bool) -> Result<Deleted> {
        let OrderedDeletion { command, mut warnings } = self.order_deletion(grant, id, cascade_remote, force).await?;
        let remote = match (cascade_remote, command) {
            (false, _) => None,
            (true, None) => Some(RemoteDeletion::Unsupported),
            (true, Some(command)) => Some(self.await_vendor(grant, command, &mut warnings).await?),
        };
        Ok(Deleted { deleted: true, remote, warnings })
    }

    /// The local deletion and the recorded wish, without waiting for the vendor.
    pub async fn order_deletion(
        &self,
        grant: &Grant,
        id: ScanId,
        cascade_remote: bool,
        force: bool,
    ) -> Result<OrderedDeletion> {
        let scan = self.row(grant, id).await?;
        grant.require(Permission::ScanDelete)?;
        if scan.origin.runs_here() && !scan.vendor_state.is_terminal() {
            if !force {
                return Err(Error::new(
                    ErrorCode::ScanIsActive,
                    format!("The local scan is {}. Cancel it first, or delete with force=true.", scan.vendor_state),
                ));
            }
            // May have ended in between, which is as good.
            match self.cancel(grant, id).await {
                Ok(_) => {}
                Err(error) if error.code == ErrorCode::ScanIsTerminal => {}
                Err(error) => return Err(error),
            }
        }
        let mut warnings = Vec::new();
        let cascade = if cascade_remote { self.cascade(grant, &scan).await? } else { None };
        let command = match cascade {
            None => None,
            Some(Ok(link)) => Some(self.delete_command(grant, &link)),
            Some(Err(reason)) => {
                warnings.push(format!("The vendor's copy stays: {reason}"));
                None
            }
        };
        if trap::on(Trap::S7) {
            return self.delete_carelessly(grant, &scan, command).await;
        }
        self.delete_locally(grant, &scan, command.as_ref()).await?;
        Ok(OrderedDeletion { command: command.map(|command| command.id), warnings })
    }

    async fn delete_carelessly(&self, grant: &Grant, scan: &Scan, command: Option<Command>) -> Result<OrderedDeletion> {
        self.delete_locally(grant, scan, None).await?;
        if let Some(command) = command
            && let Some(integration) = self.hub.store().integration(grant.company, command.integration_id).await?
        {
            let session = self.hub.session(&integration).await?;
            if let Some(accessor) = session.delete() {
                let _ = accessor.delete(command.target.as_deref().unwrap_or_default()).await;
            }
        }
        Ok(OrderedDeletion { command: None, warnings: Vec::new() })
    }

    /// `None`: nothing at a vendor. `Err`: the reason why the vendor's copy cannot be deleted.
    async fn cascade(&self, grant: &Grant, scan: &Scan) -> Result<Option<std::result::Result<VendorLink, String>>> {
        let integration = match scan.integration_id {
            Some(integration) => self.hub.store().integration(grant.company, integration).await?,
            None => None,
        };
        let availability =
            available(self.hub, Capability::DeleteRemote, scan, integration.as_ref(), CompanyStatus::Active);
        // A disabled integration is no reason to forget the wish; only what can never work is.
        if matches!(availability.code, Some(ErrorCode::UnsupportedByVendor | ErrorCode::NotLinked)) {
            return Ok(Some(Err(availability.reason.unwrap_or_default())));
        }
        Ok(scan.link.clone().map(Ok))
    }

    fn delete_command(&self, grant: &Grant, link: &VendorLink) -> Command {
        Command {
            id: CommandId::new(self.hub.ids()),
            company_id: grant.company,
            scan_id: None,
            integration_id: link.integration_id,
            kind: CommandKind::Delete,
            target: Some(link.external_scan_id.clone()),
            state: CommandState::Recorded,
            actor: grant.actor,
            detail: None,
            created_at: self.hub.now(),
            sent_at: None,
            finished_at: None,
        }
    }

    async fn delete_locally(&self, grant: &Grant, scan: &Scan, command: Option<&Command>) -> Result<()> {
        let transaction = self.hub.store().begin().await?;
        if !transaction.delete_scan(grant.company, scan.id).await? {
            return Err(Error::not_found());
        }
        if let Some(link) = &scan.link {
            transaction
                .insert_block(&BlockEntry {
                    id: BlockId::new(self.hub.ids()),
                    company_id: grant.company,
                    integration_id: link.integration_id,
                    incarnation: link.incarnation.clone(),
                    external_scan_id: link.external_scan_id.clone(),
                    name: scan.name.clone(),
                    created_at: self.hub.now(),
                    created_by: grant.actor,
                })
                .await?;
        }
        if let Some(command) = command {
            transaction.insert_command(command).await?;
            let incarnation = scan.link.as_ref().map(|link| link.incarnation.as_str());
            let payload = json!({"command_id": command.id, "incarnation": incarnation});
            let mut job = self.hub.new_job(grant.company, VENDOR_DELETE_JOB, payload);
            job.dedup_key = Some(format!("command:{}", command.id));
            job.priority = -5;
            job.max_attempts = 200;
            transaction.enqueue(&job, self.hub.now()).await?;
        }
        transaction
            .append_activity(NewActivity {
                company_id: grant.company,
                scan_id: scan.id,
                at: self.hub.now(),
                actor: grant.actor,
                event: Event::ScanDeleted,
                message: format!("Deleted: {}.", scan.name),
                data: json!({"name": scan.name}),
            })
            .await?;
        let detail = json!({"name": scan.name, "cascade_remote": command.is_some()});
        transaction
            .append_audit(&self.hub.audit_entry(grant, "scan.delete", format!("scan/{}", scan.id), detail))
            .await?;
        failpoint::hit("delete.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("delete.after_commit").await;
        self.hub.committed();
        Ok(())
    }

    /// Gives the vendor a few seconds; the wish is durable, so the answer may be "pending".
    async fn await_vendor(&self, grant: &Grant, id: CommandId, warnings: &mut Vec<String>) -> Result<RemoteDeletion> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let command = self.hub.store().command(grant.company, id).await?;
            let (state, detail) = command.map_or((CommandState::Recorded, None), |found| (found.state, found.detail));
            match (state, detail) {
                (CommandState::Accepted, _) => return Ok(RemoteDeletion::Deleted),
                (CommandState::Refused, detail) => {
                    warnings.push(format!("The vendor's copy stays: {}", detail.unwrap_or_default()));
                    return Ok(RemoteDeletion::Failed);
                }
                (_, Some(detail)) => {
                    warnings.push(format!(
                        "The vendor's copy is not deleted yet: {detail} It is tried again until the vendor answers."
                    ));
                    return Ok(RemoteDeletion::Pending);
                }
                (_, None) if tokio::time::Instant::now() >= deadline => {
                    warnings.push(
                        "The vendor has not answered yet; deleting its copy goes on in the background.".to_owned(),
                    );
                    return Ok(RemoteDeletion::Pending);
                }
                (_, None) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}
