//! One message to one channel: the only place that knows how each kind is spoken to.

use std::sync::Arc;
use std::time::Duration;

use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::ids::{ChannelId, DeliveryId, NoticeId};
use scanhelm_core::notification::{
    Answered, AttemptOutcome, Channel, ChannelKind, Delivery, DeliveryState, Message, Notice, NoticeEvent, signature,
};
use scanhelm_core::permission::{Grant, Permission};
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, ErrorCode, Result};
use scanhelm_net::{Hook, HttpLimits, Mail, Mailer, NetErrorKind};
use serde_json::{Value, json};

use super::Notifications;
use crate::Hub;
use crate::vault::Place;

/// The sealed address of all but mail.
pub(super) const URL: &str = "url";
/// The sealed signing secret of a webhook, and the one before it.
pub(super) const SECRET: &str = "signing_secret";
pub(super) const PREVIOUS_SECRET: &str = "previous_signing_secret";

/// What came of an attempt, and how long it took.
#[derive(Debug)]
pub(super) struct Transmission {
    pub(super) answered: Answered,
    pub(super) duration: Duration,
}

/// What came of a test.
#[derive(Clone, Debug)]
pub struct TestResult {
    pub delivered: bool,
    pub status: Option<u16>,
    /// For people.
    pub detail: String,
    pub duration: Duration,
}

pub(super) fn place(channel: &Channel) -> Place {
    Place { company: channel.company_id, owner: channel.id.0, host: "notification-channel".to_owned() }
}

/// `Err` is trouble of ours; what the receiver does is an answer.
pub(super) async fn transmit(hub: &Hub, channel: &Channel, message: &Message<'_>) -> Result<Transmission> {
    let begun = tokio::time::Instant::now();
    let answered = match channel.kind {
        ChannelKind::Email => mail(hub, channel, message).await,
        ChannelKind::Webhook => post(hub, channel, message, message.to_webhook()).await?,
        ChannelKind::Slack => post(hub, channel, message, message.to_slack()).await?,
        ChannelKind::Teams => post(hub, channel, message, message.to_teams()).await?,
    };
    Ok(Transmission { answered, duration: begun.elapsed() })
}

/// A person can act on secrets that do not open: the data folder was restored without its key.
pub(super) fn unsealed(hub: &Hub, channel: &Channel, sealed: &[u8]) -> Result<Credentials> {
    hub.0.vault.unseal(&place(channel), sealed).map_err(|error| {
        tracing::warn!(channel = %channel.id, %error, "a notification channel does not open");
        let detail = "Its address was stored under another key of this hub. Delete the channel and add it again.";
        Error::new(ErrorCode::Conflict, detail)
    })
}

/// Opens no connection; refuses what could never be posted to.
pub(super) fn hook(hub: &Hub, url: &Secret) -> Result<Hook> {
    let limits = HttpLimits {
        connect: hub.settings().notify.timeout.min(Duration::from_secs(5)),
        silence: hub.settings().notify.timeout,
        total: hub.settings().notify.timeout,
        ..HttpLimits::default()
    };
    Hook::new(url, Arc::clone(&hub.0.network), limits)
}

async fn post(hub: &Hub, channel: &Channel, message: &Message<'_>, body: Value) -> Result<Answered> {
    let sealed = hub.store().sealed_channel(channel.id).await?;
    let secrets = match unsealed(hub, channel, &sealed) {
        Ok(secrets) => secrets,
        Err(error) => return Ok(unavailable(&error.detail)),
    };
    let url = secrets.get(URL).ok_or_else(|| Error::internal("a sealed channel without its address"))?;
    let hook = match hook(hub, url) {
        Ok(hook) => hook,
        // The operator's policy may have changed since the address was entered, and may change again.
        Err(error) if error.code == ErrorCode::AddressRefused => return Ok(unavailable(&error.detail)),
        Err(error) => return Err(error),
    };
    let body = serde_json::to_vec(&body).map_err(Error::internal)?;
    let headers = headers(hub, channel, message.delivery.id, &secrets, &body)?;
    Ok(match hook.post(&headers, body, hub.now()).await {
        Ok(answer) => Answered::status(answer.status, answer.retry_after),
        Err(error) => match &error.kind {
            NetErrorKind::Request { .. } => Answered {
                outcome: AttemptOutcome::Refused,
                ..unavailable("The message could not be made into a request.")
            },
            kind => unavailable(&format!("It was not reached: {kind}.")),
        },
    })
}

/// Identity and, for webhooks, proof.
fn headers(
    hub: &Hub,
    channel: &Channel,
    id: DeliveryId,
    secrets: &Credentials,
    body: &[u8],
) -> Result<Vec<(&'static str, String)>> {
    if channel.kind != ChannelKind::Webhook {
        return Ok(Vec::new());
    }
    let now = hub.now();
    let secret = secrets.get(SECRET).ok_or_else(|| Error::internal("a sealed webhook without its secret"))?;
    let mut signatures = vec![signature::sign(secret, id, now, body)?];
    let still_valid = channel.previous_secret_until.is_some_and(|until| now < until);
    if let Some(previous) = secrets.get(PREVIOUS_SECRET).filter(|_| still_valid) {
        signatures.push(signature::sign(previous, id, now, body)?);
    }
    Ok(vec![
        ("webhook-id", id.to_string()),
        ("webhook-timestamp", signature::timestamp(now)),
        ("webhook-signature", signatures.join(" ")),
    ])
}

async fn mail(hub: &Hub, channel: &Channel, message: &Message<'_>) -> Answered {
    let Some(server) = &hub.settings().notify.mail else {
        return unavailable("No mail server is set. The operator sets it in `[notify]`.");
    };
    let mailer = match Mailer::new(server) {
        Ok(mailer) => mailer,
        Err(error) => return unavailable(&error.internal.unwrap_or(error.detail)),
    };
    let body = message.to_mail();
    let id = message.delivery.id.to_string();
    let mail = Mail { id: &id, to: &channel.recipients, subject: &body.subject, text: &body.text };
    match mailer.send(&mail).await {
        Ok(()) => Answered {
            outcome: AttemptOutcome::Delivered,
            status: None,
            detail: "The mail server took it.".to_owned(),
            retry_after: None,
        },
        Err(error) => {
            let outcome = if error.permanent { AttemptOutcome::Refused } else { AttemptOutcome::Unavailable };
            Answered { outcome, status: error.code, ..unavailable(&error.detail) }
        }
    }
}

fn unavailable(detail: &str) -> Answered {
    Answered { outcome: AttemptOutcome::Unavailable, status: None, detail: single_line(detail, 500), retry_after: None }
}

impl Notifications<'_> {
    /// Sends a test at once, beside the queue and whether the channel is on or off. Nothing of it is kept.
    pub async fn test(&self, grant: &Grant, id: ChannelId) -> Result<TestResult> {
        let channel = self.channel(grant, id).await?;
        grant.require(Permission::IntegrationManage)?;
        let now = self.hub.now();
        let notice = Notice {
            id: NoticeId::new(self.hub.ids()),
            company_id: grant.company,
            event: NoticeEvent::Test,
            at: now,
            severity: None,
            scan_id: None,
            integration_id: None,
            title: "This is a test from Scanhelm.".to_owned(),
            detail: format!("The channel \"{}\" works.", channel.name),
            data: json!({}),
        };
        let delivery = Delivery {
            id: DeliveryId::new(self.hub.ids()),
            company_id: grant.company,
            channel_id: id,
            rule_id: None,
            state: DeliveryState::Waiting,
            digest: false,
            summary: notice.title.clone(),
            events: 1,
            severity: None,
            attempts: 0,
            last_error: None,
            created_at: now,
            due_at: now,
            queued_at: now,
            finished_at: None,
        };
        let console = self.hub.settings().notify.console.as_deref();
        let message = Message { delivery: &delivery, rule: None, notices: &[notice], console };
        let Transmission { answered, duration } = transmit(self.hub, &channel, &message).await?;
        let delivered = answered.outcome == AttemptOutcome::Delivered;
        let transaction = self.hub.store().begin().await?;
        let detail = json!({"name": channel.name, "delivered": delivered, "status": answered.status});
        let target = format!("notification_channel/{id}");
        transaction.append_audit(&self.hub.audit_entry(grant, "notification_channel.test", target, detail)).await?;
        transaction.commit().await?;
        Ok(TestResult { delivered, status: answered.status, detail: answered.detail, duration })
    }
}
