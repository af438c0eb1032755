//! What was sent, and sending it again.

use scanhelm_core::ids::DeliveryId;
use scanhelm_core::notification::{Attempt, Delivery, Message, Notice};
use scanhelm_core::page::{Page, PageRequest};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_store::DeliveryFilter;
use serde_json::json;

use super::Notifications;

/// A delivery with the name of its channel.
#[derive(Clone, Debug)]
pub struct DeliveryView {
    pub delivery: Delivery,
    pub channel_name: String,
}

/// A delivery with what it tells and the log of its attempts.
#[derive(Clone, Debug)]
pub struct DeliveryDetail {
    pub view: DeliveryView,
    /// The first ones; `delivery.events` are all.
    pub notices: Vec<Notice>,
    pub attempts: Vec<Attempt>,
}

impl Notifications<'_> {
    pub async fn deliveries(
        &self,
        grant: &Grant,
        filter: &DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<DeliveryView>> {
        grant.require(Permission::IntegrationRead)?;
        let listed = self.hub.store().notification_deliveries(grant.company, filter, page).await?;
        let mut items = Vec::with_capacity(listed.items.len());
        let mut names: std::collections::HashMap<_, String> = std::collections::HashMap::new();
        for delivery in listed.items {
            let name = match names.get(&delivery.channel_id) {
                Some(name) => name.clone(),
                None => {
                    let name = self.channel_name(grant, &delivery).await?;
                    names.insert(delivery.channel_id, name.clone());
                    name
                }
            };
            items.push(DeliveryView { delivery, channel_name: name });
        }
        Ok(Page { items, next_cursor: listed.next_cursor, total: listed.total })
    }

    pub async fn delivery(&self, grant: &Grant, id: DeliveryId) -> Result<DeliveryDetail> {
        grant.require(Permission::IntegrationRead)?;
        let store = self.hub.store();
        let delivery = store.notification_delivery(grant.company, id).await?.ok_or_else(Error::not_found)?;
        let notices = store.delivery_notices(grant.company, id, Message::MOST).await?;
        let attempts = store.delivery_attempts(grant.company, id).await?;
        let channel_name = self.channel_name(grant, &delivery).await?;
        Ok(DeliveryDetail { view: DeliveryView { delivery, channel_name }, notices, attempts })
    }

    /// Sends a message again that was sent or given up, behind what waits, under the same id.
    pub async fn redeliver(&self, grant: &Grant, id: DeliveryId) -> Result<DeliveryDetail> {
        let before = self.delivery(grant, id).await?.view.delivery;
        grant.require(Permission::IntegrationManage)?;
        let transaction = self.hub.store().begin().await?;
        if !transaction.requeue_delivery(grant.company, id, self.hub.now()).await? {
            let detail = "The message has not been sent yet; it is sent when its turn comes.";
            return Err(Error::new(ErrorCode::Conflict, detail));
        }
        let detail = json!({"channel_id": before.channel_id, "state": before.state, "attempts": before.attempts});
        let target = format!("notification_delivery/{id}");
        transaction
            .append_audit(&self.hub.audit_entry(grant, "notification_delivery.redeliver", target, detail))
            .await?;
        transaction.commit().await?;
        self.delivery(grant, id).await
    }

    async fn channel_name(&self, grant: &Grant, delivery: &Delivery) -> Result<String> {
        let channel = self.hub.store().notification_channel(grant.company, delivery.channel_id).await?;
        Ok(channel.map(|channel| channel.name).unwrap_or_default())
    }
}
