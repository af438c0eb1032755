//! "Test": what a person needs to know to mend a connection, step by step from DNS to the licence.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_connectors::contract::{CallError, CheckStep};
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration::{ConditionKind, Instance, Integration, SubScanner};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, Result};
use serde::Serialize;
use url::Url;

use super::Integrations;

use super::connect::condition;

/// For each of DNS, TCP and TLS.
const PROBE: Duration = Duration::from_secs(10);

/// The steps in order; the first that failed is the one to mend.
#[derive(Clone, Debug, Serialize)]
pub struct TestReport {
    pub ok: bool,
    pub steps: Vec<CheckStep>,
}

impl Integrations<'_> {
    pub async fn test(&self, grant: &Grant, id: IntegrationId) -> Result<TestReport> {
        grant.require(Permission::IntegrationManage)?;
        let integration = self.get(grant, id).await?;
        let url = Url::parse(&integration.base_url).map_err(Error::internal)?;
        let probed =
            scanhelm_net::probe(&url, integration.ca_pem.as_deref(), Arc::clone(&self.hub.0.network), PROBE).await?;
        let mut steps: Vec<CheckStep> = probed
            .into_iter()
            .map(|step| CheckStep { name: step.name.to_owned(), ok: step.ok, detail: step.detail, fix: step.fix })
            .collect();
        if steps.iter().any(|step| !step.ok) {
            return Ok(TestReport { ok: false, steps });
        }
        let session = self.hub.session(&integration).await?;
        match session.check().await {
            Ok(checked) => {
                steps.extend(checked.steps);
                steps.extend(self.same_account(grant, &integration, &checked.instance).await?);
                let mut tested = integration.clone();
                let health = &mut tested.health;
                let ok = steps.iter().all(|step| step.ok);
                if ok {
                    health.condition = None;
                    health.error_streak = 0;
                    health.next_poll_at = Some(self.hub.now());
                }
                let transaction = self.hub.store().begin().await?;
                transaction.save_instance(id, &integration.instance.after(checked.instance)).await?;
                crate::notifications::integration_notice(self.hub, &transaction, &mut tested).await?;
                transaction.save_health(id, &tested.health).await?;
                transaction.commit().await?;
                self.hub.refresh_sub_scanners(&integration).await?;
                self.hub.look_now();
                Ok(TestReport { ok, steps })
            }
            Err(error) => {
                let condition = condition(&error, None, self.hub.now());
                steps.push(CheckStep {
                    name: failed_step(&error).to_owned(),
                    ok: false,
                    detail: condition.detail,
                    fix: Some(condition.next_step),
                });
                Ok(TestReport { ok: false, steps })
            }
        }
    }
}

impl Integrations<'_> {
    /// That the company has connected this scanner before: it works, and shows everything twice.
    async fn same_account(
        &self,
        grant: &Grant,
        integration: &Integration,
        found: &Instance,
    ) -> Result<Option<CheckStep>> {
        let same = |other: &&Integration| {
            other.id != integration.id
                && other.enabled
                && other.connector == integration.connector
                && (other.base_url == integration.base_url
                    || (found.incarnation.is_some() && other.instance.incarnation == found.incarnation))
        };
        let others = self.list(grant).await?;
        Ok(others.iter().find(same).map(|other| CheckStep {
            name: "account".to_owned(),
            ok: true,
            detail: format!("the same scanner is connected as `{}` too: what both see appears twice", other.name),
            fix: Some("Disable or delete one of the two, unless their accounts see different scans.".to_owned()),
        }))
    }
}

const fn failed_step(error: &CallError) -> &'static str {
    match error {
        CallError::Failed { kind: ConditionKind::Authentication | ConditionKind::Credentials, .. } => "auth",
        CallError::Failed { kind: ConditionKind::Permission, .. } | CallError::Refused { .. } => "permissions",
        CallError::Failed { .. } | CallError::Unknown { .. } | CallError::Gone { .. } => "version",
    }
}

impl crate::Hub {
    /// Brings the child appliances up to date where the vendor has some.
    pub(crate) async fn refresh_sub_scanners(&self, integration: &Integration) -> Result<()> {
        let session = self.session(integration).await?;
        let Some(accessor) = session.sub_scanners() else {
            return Ok(());
        };
        let found = match accessor.sub_scanners().await {
            Ok(found) => found,
            Err(error) => {
                tracing::info!(integration = %integration.id, %error, "sub-scanners not refreshed");
                return Ok(());
            }
        };
        let now = self.now();
        let rows = found
            .into_iter()
            .map(|found| SubScanner {
                id: scanhelm_core::ids::SubScannerId::new(self.ids()),
                company_id: integration.company_id,
                integration_id: integration.id,
                external_id: found.external_id,
                name: scanhelm_core::text::single_line(&found.name, 200),
                status: found.status,
                version: found.version,
                last_seen_at: now,
            })
            .collect();
        let transaction = self.store().begin().await?;
        transaction.replace_sub_scanners(integration.id, rows).await?;
        transaction.commit().await
    }
}
