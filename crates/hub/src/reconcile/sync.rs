//! "Refresh": an immediate status look and adoption pass, as a durable job that survives the caller going away.
//!
//! Level-triggered as well: the job is done when each integration has been looked at whole since it was ordered,
//! whichever hub did it. Where another hub polls, or a look is under way, the wish is left to the next look.

use std::time::Duration;

use scanhelm_core::ids::{IntegrationId, JobId};
use scanhelm_core::integration::Integration;
use scanhelm_core::job::Job;
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, Result};
use serde_json::{Value, json};

use super::due::DueLook;
use super::look::Depth;
use crate::Hub;
use crate::jobs::{JobContext, Outcome};
use crate::scans::Scans;
use crate::trap::{self, Trap};

pub(crate) const SYNC_JOB: &str = "sync";

/// Whether the hub that polls an integration has looked: soon at first, seldom when that one has died and its lease has
/// to run out.
const ASK_AGAIN: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(5));

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
    let mut waiting = Vec::new();
    for integration in hub.store().integrations(job.company_id).await? {
        if !integration.enabled || only.is_some_and(|only| only != integration.id) {
            continue;
        }
        let id = integration.id;
        let mut present = Some(integration.clone());
        if !is_looked_at(&integration, job)
            && let Some(look) = DueLook::reserve(hub, integration)
        {
            look.look(Depth::Whole).await?;
            present = hub.store().integration(job.company_id, id).await?;
        }
        match present.filter(|present| present.enabled) {
            None => {}
            Some(present) if is_looked_at(&present, job) => {
                let condition = present.health.condition;
                looked.push(json!({"integration_id": id, "ok": condition.is_none(), "condition": condition}));
            }
            Some(_) => waiting.push(id),
        }
    }
    if waiting.is_empty() {
        return Ok(Outcome::Done(json!({"integrations": looked})));
    }
    let transaction = hub.store().begin().await?;
    for id in waiting {
        transaction.want_look(id, hub.now()).await?;
    }
    transaction.commit().await?;
    let waited = hub.now().since(job.created_at);
    Ok(Outcome::Continue { after: (waited / 2).clamp(ASK_AGAIN.0, ASK_AGAIN.1) })
}

/// Whole, or in vain, since the job was ordered.
fn is_looked_at(integration: &Integration, job: &Job) -> bool {
    let since = |at: Option<scanhelm_core::Timestamp>| at.is_some_and(|at| at >= job.created_at);
    let health = &integration.health;
    since(health.last_attempt_at) && (since(health.last_sweep_at) || health.condition.is_some())
}
