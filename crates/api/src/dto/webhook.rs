//! The hook of an integration on the wire.

use scanhelm_core::ids::IntegrationId;
use scanhelm_core::integration as core;
use scanhelm_hub::integrations;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::Time;

/// How the vendor can call this hub.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// On this hub: `/api/v1/hooks/...`.
    path: String,
    /// What to do at the vendor. Plain text.
    setup: String,
    /// Absent while no secret was made: then no call is taken.
    secret: Option<WebhookSecret>,
    /// The last call that was taken.
    last_delivery_at: Option<Time>,
    /// The last call that was not.
    last_refused: Option<RefusedDelivery>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookSecret {
    /// Its last characters.
    hint: String,
    updated_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusedDelivery {
    at: Time,
    because: String,
}

/// With the secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuedWebhook {
    secret: String,
    webhook: Webhook,
}

impl Webhook {
    pub(crate) fn new(id: IntegrationId, view: integrations::WebhookView) -> Self {
        let refused =
            |refused: core::RefusedDelivery| RefusedDelivery { at: refused.at.into(), because: refused.because };
        let (secret, last_delivery_at, last_refused) = match view.webhook {
            None => (None, None, None),
            Some(webhook) => (
                Some(WebhookSecret { hint: webhook.hint, updated_at: webhook.updated_at.into() }),
                webhook.last_delivery_at.map(Time),
                webhook.last_refused.map(refused),
            ),
        };
        Self {
            path: format!("/api/v1/hooks/{id}"),
            setup: view.setup.to_owned(),
            secret,
            last_delivery_at,
            last_refused,
        }
    }
}

impl IssuedWebhook {
    pub(crate) fn new(id: IntegrationId, issued: integrations::IssuedWebhook) -> Self {
        Self { secret: issued.secret.expose().to_owned(), webhook: Webhook::new(id, issued.view) }
    }
}
