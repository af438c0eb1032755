//! The hooks that vendors call.
//!
//! A delivery is stored before it is answered, so what was answered well survives a crash (fault row A25). Stored, it is
//! a condition and not an event: as long as no look has begun after it, the integration is due. Whoever cannot prove
//! that it knows the secret gets the answer of an integration that does not exist; why it was refused, only the
//! integration's owner reads.

use std::time::Duration;

use scanhelm_connectors::webhooks::{About, Delivery, Unverified};
use scanhelm_core::capability::Capability;
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration::{Integration, RefusedDelivery, Webhook};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::VendorCall;
use serde_json::Value;

use super::Integrations;
use crate::Hub;
use crate::failpoint;
use crate::system::random_token;
use crate::vault::Place;

/// Begins every secret, so that secret scanners and people recognise one.
const PREFIX: &str = "whs_";
/// Its name among sealed credentials.
const FIELD: &str = "webhook_secret";
/// A refusal is written down this often at most: whoever knows an integration's id must not be able to keep the
/// database busy.
const NOTED_EVERY: Duration = Duration::from_secs(10);

/// What is known of an integration's hook.
#[derive(Clone, Debug)]
pub struct WebhookView {
    /// Plain text: what to do at the vendor.
    pub setup: &'static str,
    /// `None`: there is no secret, so nothing is taken.
    pub webhook: Option<Webhook>,
}

/// The only moment at which the secret itself is known.
#[derive(Debug)]
pub struct IssuedWebhook {
    pub view: WebhookView,
    pub secret: Secret,
}

impl Integrations<'_> {
    pub async fn webhook(&self, grant: &Grant, id: IntegrationId) -> Result<WebhookView> {
        let integration = self.get(grant, id).await?;
        let setup = self.setup(&integration).await?;
        Ok(WebhookView { setup, webhook: self.hub.store().webhook(grant.company, id).await? })
    }

    /// Makes the secret of the hook; one that was there before is worth nothing from now on.
    pub async fn issue_webhook_secret(&self, grant: &Grant, id: IntegrationId) -> Result<IssuedWebhook> {
        grant.require(Permission::IntegrationManage)?;
        let integration = self.get(grant, id).await?;
        let setup = self.setup(&integration).await?;
        let secret = Secret::new(format!("{PREFIX}{}", random_token()));
        let webhook = Webhook {
            integration_id: id,
            company_id: grant.company,
            hint: secret.hint(),
            updated_at: self.hub.now(),
            last_delivery_at: None,
            last_refused: None,
        };
        let sealed = [(FIELD.to_owned(), secret.clone())].into_iter().collect();
        let sealed = self.hub.0.vault.seal(&place(&integration), &sealed)?;
        let transaction = self.hub.store().begin().await?;
        transaction.set_webhook(&webhook, &sealed).await?;
        self.audit(&transaction, grant, "integration.webhook.issue", id).await?;
        transaction.commit().await?;
        let webhook = self.hub.store().webhook(grant.company, id).await?;
        Ok(IssuedWebhook { view: WebhookView { setup, webhook }, secret })
    }

    /// Takes no more deliveries.
    pub async fn delete_webhook(&self, grant: &Grant, id: IntegrationId) -> Result<()> {
        grant.require(Permission::IntegrationManage)?;
        self.get(grant, id).await?;
        let transaction = self.hub.store().begin().await?;
        if transaction.delete_webhook(grant.company, id).await? {
            self.audit(&transaction, grant, "integration.webhook.delete", id).await?;
        }
        transaction.commit().await
    }

    /// Takes a delivery from somebody who has shown nothing yet: names in lower case, the body bounded. Answers only
    /// after the delivery is stored. [`ErrorCode::NotFound`] for everything that does not prove itself.
    pub async fn receive_webhook(&self, id: IntegrationId, headers: &[(String, String)], body: &[u8]) -> Result<()> {
        let received_at = self.hub.now();
        let integration = self.hub.store().any_integration(id).await?.filter(|integration| integration.enabled);
        let (Some(integration), Some(sealed)) = (integration, self.hub.store().sealed_webhook_secret(id).await?) else {
            return Err(counted("unknown"));
        };
        // Trouble of ours is no answer for somebody who has shown nothing yet.
        let unusable = |error: Error| {
            tracing::warn!(integration = %id, %error, "a vendor's call cannot be checked");
            counted("unknown")
        };
        let opened: Credentials = self.hub.0.vault.unseal(&place(&integration), &sealed).map_err(unusable)?;
        let session = self.hub.session(&integration).await.map_err(unusable)?;
        let (Some(secret), Some(webhooks)) = (opened.get(FIELD), session.webhooks()) else {
            return Err(counted("unknown"));
        };
        let delivery = Delivery { headers, body, received_at };
        if let Err(unverified) = webhooks.verify(&delivery, secret) {
            return Err(self.refused(&integration, unverified).await?);
        }
        let notice = webhooks.notice(&delivery);
        let delivery_id = notice.delivery_id.map(|id| single_line(&id, 200)).filter(|id| !id.is_empty());
        let delivery = VendorCall {
            company_id: integration.company_id,
            integration_id: id,
            delivery_id: delivery_id.unwrap_or_else(|| self.hub.ids().next().to_string()),
            received_at,
        };
        let transaction = self.hub.store().begin().await?;
        let is_new = transaction.insert_delivery(&delivery).await?;
        failpoint::hit("webhook.before_commit").await;
        transaction.commit().await?;
        failpoint::hit("webhook.after_commit").await;
        count(if is_new { "accepted" } else { "repeated" });
        if is_new {
            let about = match notice.about {
                About::Everything => 0,
                About::Scans(scans) => scans.len(),
            };
            tracing::debug!(integration = %id, about, "nudged by the vendor");
            self.hub.look_now();
        }
        Ok(())
    }

    /// The error for the sender, after the reason was written down for the owner.
    async fn refused(&self, integration: &Integration, unverified: Unverified) -> Result<Error> {
        let now = self.hub.now();
        // Read before a transaction is begun, of which there is one at a time on SQLite.
        let webhook = self.hub.store().webhook(integration.company_id, integration.id).await?;
        let last = webhook.and_then(|webhook| webhook.last_refused);
        if last.is_none_or(|last| last.at <= now.minus(NOTED_EVERY)) {
            let refused = RefusedDelivery { at: now, because: unverified.to_string() };
            let transaction = self.hub.store().begin().await?;
            transaction.note_refused_delivery(integration.id, &refused, now.minus(NOTED_EVERY)).await?;
            transaction.commit().await?;
        }
        Ok(counted("refused"))
    }

    async fn setup(&self, integration: &Integration) -> Result<&'static str> {
        let unsupported = || {
            let detail = format!("{} calls nobody when something happens; it is polled.", integration.connector);
            Error::new(ErrorCode::UnsupportedByVendor, detail)
        };
        let connector = self.hub.0.connectors.by_id(&integration.connector).ok_or_else(unsupported)?;
        if !connector.capabilities().has(Capability::Webhooks) {
            return Err(unsupported());
        }
        let session = self.hub.session(integration).await?;
        session.webhooks().map(|webhooks| webhooks.setup()).ok_or_else(unsupported)
    }

    async fn audit(
        &self,
        transaction: &scanhelm_store::Transaction,
        grant: &Grant,
        action: &str,
        id: IntegrationId,
    ) -> Result<()> {
        let entry = self.hub.audit_entry(grant, action, format!("integration/{id}"), Value::Null);
        transaction.append_audit(&entry).await
    }
}

/// Not the vendor's host: the secret is for whoever calls us, and stays when the integration's address changes.
fn place(integration: &Integration) -> Place {
    Place { company: integration.company_id, owner: integration.id.0, host: "webhook".to_owned() }
}

fn count(outcome: &'static str) {
    metrics::counter!("scanhelm_webhook_deliveries_total", "outcome" => outcome).increment(1);
}

fn counted(outcome: &'static str) -> Error {
    count(outcome);
    Error::not_found()
}

impl Hub {
    /// Marks what a look that has ended answers: everything that was stored before it began.
    pub(crate) async fn answer_deliveries(
        &self,
        transaction: &scanhelm_store::Transaction,
        integration: IntegrationId,
        up_to: i64,
    ) -> Result<()> {
        /// How long a repeated delivery is recognised.
        const REMEMBERED: Duration = Duration::from_hours(7 * 24);
        let now = self.now();
        transaction.handle_deliveries(integration, up_to, now, now.minus(REMEMBERED)).await
    }
}
