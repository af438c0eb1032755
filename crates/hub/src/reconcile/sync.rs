//! "Refresh": an immediate status look and adoption pass, as a durable job that survives the caller going away.

use scanhelm_core::ids::{IntegrationId, JobId};
use scanhelm_core::job::Job;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, Result};
use serde_json::{Value, json};

use crate::Hub;
use crate::jobs::{JobContext, Outcome};
use crate::scans::Scans;
use crate::trap::{self, Trap};

pub(crate) const SYNC_JOB: &str = "sync";

impl Scans<'_> {
    /// Asks for a look at one or all integrations of the company.
    pub async fn sync(&self, grant: &Grant, integration: Option<IntegrationId>) -> Result<JobId> {
        grant.require(Permission::ScanRead)?;
        if let Some(id) = integration {
            self.hub.store().integration(grant.company, id).await?.ok_or_else(Error::not_found)?;
        }
        let mut job = self.hub.new_job(grant.company, SYNC_JOB, json!({"integration_id": integration}));
        job.dedup_key =
            Some(format!("sync:{}:{}", grant.company, integration.map_or("all".to_owned(), |id| id.to_string())));
        job.priority = -20;
        if trap::on(Trap::S4) {
            integration.into_iter().for_each(|integration| self.hub.look_at(integration));
            return Ok(job.id);
        }
        let transaction = self.hub.store().begin().await?;
        let id = transaction.enqueue(&job, self.hub.now()).await?;
        transaction.commit().await?;
        self.hub.committed();
        Ok(id)
    }
}

pub(crate) async fn run_sync(hub: &Hub, job: &Job, _context: &JobContext) -> Result<Outcome> {
    let only: Option<IntegrationId> =
        job.payload.get("integration_id").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let mut looked = Vec::new();
    for mut integration in hub.store().integrations(job.company_id).await? {
        if !integration.enabled || only.is_some_and(|only| only != integration.id) {
            continue;
        }
        let id = integration.id;
        integration.health.next_sweep_at = None;
        super::look::look(hub, integration).await?;
        let after = hub.store().integration(job.company_id, id).await?;
        let condition = after.and_then(|after| after.health.condition);
        looked.push(json!({"integration_id": id, "ok": condition.is_none(), "condition": condition}));
    }
    Ok(Outcome::Done(json!({"integrations": looked})))
}
