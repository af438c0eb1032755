//! The hooks that vendors call, and their deliveries.

use scanhelm_core::ids::{CompanyId, IntegrationId};
use scanhelm_core::integration::{RefusedDelivery, Webhook};
use scanhelm_core::{Result, Timestamp};

use crate::sql::values;
use crate::store::{Reader, Transaction};

/// A verified delivery.
#[derive(Clone, Debug)]
pub struct VendorCall {
    pub company_id: CompanyId,
    pub integration_id: IntegrationId,
    /// The same for the same delivery, however often it comes.
    pub delivery_id: String,
    pub received_at: Timestamp,
}

impl Reader {
    pub async fn webhook(&self, company: CompanyId, integration: IntegrationId) -> Result<Option<Webhook>> {
        let text = "SELECT integration_id, company_id, hint, updated_at, last_delivery_at, refused_at, refused_because \
                    FROM webhooks WHERE company_id = ? AND integration_id = ?";
        let sql = self.sql(text, values![company, integration]);
        self.connection()
            .optional(sql, |row| {
                let refused = row.maybe_time("refused_at")?.zip(row.maybe_text("refused_because")?);
                Ok(Webhook {
                    integration_id: row.parsed("integration_id")?,
                    company_id: row.parsed("company_id")?,
                    hint: row.text("hint")?,
                    updated_at: row.time("updated_at")?,
                    last_delivery_at: row.maybe_time("last_delivery_at")?,
                    last_refused: refused.map(|(at, because)| RefusedDelivery { at, because }),
                })
            })
            .await
    }

    /// Ciphertext, whatever the company: whoever calls the hook knows the integration's id only.
    pub async fn sealed_webhook_secret(&self, integration: IntegrationId) -> Result<Option<Vec<u8>>> {
        let sql = self.sql("SELECT sealed_secret FROM webhooks WHERE integration_id = ?", values![integration]);
        self.connection().optional(sql, |row| row.bytes("sealed_secret")).await
    }

    /// Those with a delivery that no look has answered, of all companies; for the loops.
    pub async fn nudged_integrations(&self) -> Result<Vec<IntegrationId>> {
        let text = "SELECT DISTINCT integration_id FROM webhook_deliveries WHERE handled_at IS NULL";
        self.connection().all(self.sql(text, values![]), |row| row.parsed("integration_id")).await
    }

    /// The newest delivery that no look has answered. A look that begins after this answers it and all before it.
    pub async fn last_open_delivery(&self, integration: IntegrationId) -> Result<Option<i64>> {
        let text = "SELECT seq FROM webhook_deliveries WHERE integration_id = ? AND handled_at IS NULL \
                    ORDER BY seq DESC LIMIT 1";
        self.connection().optional(self.sql(text, values![integration]), |row| row.integer("seq")).await
    }
}

impl Transaction {
    /// Sets the secret, the first or another; what came of the hook so far stays.
    pub async fn set_webhook(&self, webhook: &Webhook, sealed_secret: &[u8]) -> Result<()> {
        let text = "INSERT INTO webhooks (integration_id, company_id, sealed_secret, hint, updated_at) \
                    VALUES (?, ?, ?, ?, ?) \
                    ON CONFLICT (integration_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, \
                    hint = excluded.hint, updated_at = excluded.updated_at";
        let values =
            values![webhook.integration_id, webhook.company_id, sealed_secret, webhook.hint, webhook.updated_at];
        self.write(text, values).await.map(|_| ())
    }

    /// `false`: there was none.
    pub async fn delete_webhook(&self, company: CompanyId, integration: IntegrationId) -> Result<bool> {
        let text = "DELETE FROM webhooks WHERE company_id = ? AND integration_id = ?";
        Ok(self.write(text, values![company, integration]).await? > 0)
    }

    /// `false`: it is here already.
    pub async fn insert_delivery(&self, delivery: &VendorCall) -> Result<bool> {
        let text = "INSERT INTO webhook_deliveries (company_id, integration_id, delivery_id, received_at) \
                    VALUES (?, ?, ?, ?) ON CONFLICT (integration_id, delivery_id) DO NOTHING";
        let values = values![delivery.company_id, delivery.integration_id, delivery.delivery_id, delivery.received_at];
        let is_new = self.write(text, values).await? > 0;
        let text = "UPDATE webhooks SET last_delivery_at = ? WHERE integration_id = ?";
        self.write(text, values![delivery.received_at, delivery.integration_id]).await?;
        Ok(is_new)
    }

    /// Keeps the last refusal, one since `not_since` at most.
    pub async fn note_refused_delivery(
        &self,
        integration: IntegrationId,
        refused: &RefusedDelivery,
        not_since: Timestamp,
    ) -> Result<()> {
        let text = "UPDATE webhooks SET refused_at = ?, refused_because = ? \
                    WHERE integration_id = ? AND (refused_at IS NULL OR refused_at < ?)";
        self.write(text, values![refused.at, refused.because, integration, not_since]).await.map(|_| ())
    }

    /// A look that began after delivery `up_to` has ended. Forgets those handled before `forget_before`.
    pub async fn handle_deliveries(
        &self,
        integration: IntegrationId,
        up_to: i64,
        now: Timestamp,
        forget_before: Timestamp,
    ) -> Result<()> {
        let text = "UPDATE webhook_deliveries SET handled_at = ? \
                    WHERE integration_id = ? AND handled_at IS NULL AND seq <= ?";
        self.write(text, values![now, integration, up_to]).await?;
        let text = "DELETE FROM webhook_deliveries WHERE integration_id = ? AND handled_at < ?";
        self.write(text, values![integration, forget_before]).await.map(|_| ())
    }
}
