//! Launch, pause, resume, stop: asking the vendor. Nothing changes here until the vendor is seen to have changed.

use std::time::Duration;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::capability::Capability;
use scanhelm_core::command::{Command, CommandKind, CommandState};
use scanhelm_core::ids::{CommandId, JobId, ScanId};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::scan::Scan;
use scanhelm_core::{Error, Result};
use scanhelm_store::Transaction;
use serde_json::json;

use super::Scans;
use super::command_job::command_id;
use super::read::available;

/// A recorded command and the job that carries it out.
#[derive(Clone, Debug)]
pub struct Ordered {
    pub command: Command,
    pub job_id: JobId,
}

impl Scans<'_> {
    pub async fn launch(&self, grant: &Grant, id: ScanId) -> Result<Ordered> {
        self.order(grant, id, CommandKind::Launch, Capability::Launch).await
    }

    pub async fn pause(&self, grant: &Grant, id: ScanId) -> Result<Ordered> {
        self.order(grant, id, CommandKind::Pause, Capability::Pause).await
    }

    pub async fn resume(&self, grant: &Grant, id: ScanId) -> Result<Ordered> {
        self.order(grant, id, CommandKind::Resume, Capability::Resume).await
    }

    pub async fn stop(&self, grant: &Grant, id: ScanId) -> Result<Ordered> {
        self.order(grant, id, CommandKind::Stop, Capability::Stop).await
    }

    async fn order(&self, grant: &Grant, id: ScanId, kind: CommandKind, capability: Capability) -> Result<Ordered> {
        let scan = self.row(grant, id).await?;
        grant.require(Permission::ScanControl)?;
        let company = self.hub.store().company(grant.company).await?.ok_or_else(Error::not_found)?;
        let integration = match scan.integration_id {
            Some(integration) => self.hub.store().integration(grant.company, integration).await?,
            None => None,
        };
        available(self.hub, capability, &scan, integration.as_ref(), company.status).require()?;
        let transaction = self.hub.store().begin().await?;
        let ordered = self.record_order(&transaction, grant, &scan, kind, Duration::ZERO).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(ordered)
    }

    /// The command of an allowed order, its job (after `wait`), its feed and its audit. A double click, or two people at
    /// once, is one order: whoever comes second gets the one that stands, and is in the audit beside the first.
    pub(crate) async fn record_order(
        &self,
        transaction: &Transaction,
        grant: &Grant,
        scan: &Scan,
        kind: CommandKind,
        wait: Duration,
    ) -> Result<Ordered> {
        let link = scan.link.as_ref().ok_or_else(Error::not_found)?;
        let command = Command {
            id: CommandId::new(self.hub.ids()),
            company_id: grant.company,
            scan_id: Some(scan.id),
            integration_id: link.integration_id,
            kind,
            target: Some(link.external_scan_id.clone()),
            state: CommandState::Recorded,
            actor: grant.actor,
            detail: None,
            created_at: self.hub.now(),
            sent_at: None,
            finished_at: None,
        };
        let word = kind.as_str();
        let before = transaction.scan_commands(grant.company, scan.id).await?;
        let mut job = self.hub.order_job(&command, scan.id, &before);
        job.run_at = job.run_at.plus(wait);
        let job_id = transaction.enqueue(&job, self.hub.now()).await?;
        let target = format!("scan/{}", scan.id);
        transaction.append_audit(&self.hub.audit_entry(grant, &format!("scan.{word}"), target, json!(null))).await?;
        if job_id != job.id {
            return standing_order(transaction, grant, job_id).await;
        }
        transaction.insert_command(&command).await?;
        transaction
            .append_activity(NewActivity {
                company_id: grant.company,
                scan_id: scan.id,
                at: self.hub.now(),
                actor: grant.actor,
                event: Event::Command,
                message: format!("Asked for: {word}."),
                data: json!({"command_id": command.id, "kind": word, "state": command.state.as_str()}),
            })
            .await?;
        Ok(Ordered { command, job_id })
    }
}

async fn standing_order(transaction: &Transaction, grant: &Grant, job_id: JobId) -> Result<Ordered> {
    let job = transaction.job(grant.company, job_id).await?.ok_or_else(Error::not_found)?;
    let command = transaction.command(grant.company, command_id(&job)?).await?.ok_or_else(Error::not_found)?;
    Ok(Ordered { command, job_id })
}
