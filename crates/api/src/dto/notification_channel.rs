//! Notification channels on the wire. Addresses and signing secrets go in (or are shown once) and never come out.

use scanhelm_core::notification as core;
use scanhelm_hub::notifications as hub;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::SecretText;
use super::words::{ChannelKind, Time, actor};
use crate::extract::Versioned;

/// Where notifications go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationChannel {
    id: Uuid,
    company_id: Uuid,
    name: String,
    kind: ChannelKind,
    /// Of mail.
    recipients: Vec<String>,
    /// `https://host:port` of the address, which itself is not shown; empty for mail.
    host: String,
    /// A person's switch. What happens while a channel is off is never sent to it.
    enabled: bool,
    state: ChannelState,
    /// Why the hub switched it off, and what to do. Any edit of address, recipients or `enabled` takes it back.
    suspended: Option<ChannelSuspension>,
    last_success_at: Option<Time>,
    /// Since when nothing has arrived.
    failing_since: Option<Time>,
    /// Failed attempts in a row.
    failures: u32,
    last_error: Option<String>,
    /// The next attempt, while it fails.
    retry_at: Option<Time>,
    /// The last characters of the signing secret of a webhook.
    secret_hint: Option<String>,
    /// Until then messages are signed with the secret before as well.
    previous_secret_until: Option<Time>,
    created_by: String,
    created_at: Time,
    updated_at: Time,
    /// For `If-Match`.
    pub(crate) version: i64,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelState {
    Working,
    /// Nothing was sent yet.
    Unknown,
    /// It is tried again by itself.
    Failing,
    /// The hub gave it up.
    Suspended,
    Off,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelSuspension {
    at: Time,
    /// `gone` or `failing`.
    reason: &'static str,
    detail: String,
}

/// A channel to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNotificationChannel {
    name: String,
    kind: ChannelKind,
    /// Where messages are posted to: webhook, Slack and Teams. Never shown again.
    #[schema(value_type = Option<String>, format = Password)]
    url: Option<SecretText>,
    /// Mail only.
    #[serde(default)]
    recipients: Vec<String>,
    /// `true` when left out.
    enabled: Option<bool>,
}

/// What may be changed of a channel. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotificationChannelPatch {
    name: Option<String>,
    #[schema(value_type = Option<String>, format = Password)]
    url: Option<SecretText>,
    recipients: Option<Vec<String>>,
    enabled: Option<bool>,
}

/// A channel with its signing secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuedNotificationChannel {
    pub(crate) channel: NotificationChannel,
    /// Of a webhook.
    secret: Option<String>,
}

/// What came of a test message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationTest {
    delivered: bool,
    /// Of HTTP or SMTP.
    status: Option<u16>,
    detail: String,
    duration_ms: u64,
}

impl From<core::Channel> for NotificationChannel {
    fn from(channel: core::Channel) -> Self {
        let standing = channel.standing;
        let state = match (channel.enabled, &channel.suspended) {
            (false, _) => ChannelState::Off,
            (true, Some(_)) => ChannelState::Suspended,
            (true, None) if standing.failing_since.is_some() => ChannelState::Failing,
            (true, None) if standing.last_success_at.is_none() => ChannelState::Unknown,
            (true, None) => ChannelState::Working,
        };
        Self {
            id: channel.id.0,
            company_id: channel.company_id.0,
            name: channel.name,
            kind: channel.kind.into(),
            recipients: channel.recipients,
            host: channel.host,
            enabled: channel.enabled,
            state,
            suspended: channel.suspended.map(|suspended| ChannelSuspension {
                at: suspended.at.into(),
                reason: suspended.reason.as_str(),
                detail: suspended.detail,
            }),
            last_success_at: standing.last_success_at.map(Time),
            failing_since: standing.failing_since.map(Time),
            failures: standing.failures,
            last_error: standing.last_error,
            retry_at: standing.retry_at.map(Time),
            secret_hint: channel.secret_hint,
            previous_secret_until: channel.previous_secret_until.map(Time),
            created_by: actor(channel.created_by),
            created_at: channel.created_at.into(),
            updated_at: channel.updated_at.into(),
            version: channel.version,
        }
    }
}

impl From<hub::IssuedChannel> for IssuedNotificationChannel {
    fn from(issued: hub::IssuedChannel) -> Self {
        let secret = issued.secret.map(|secret| secret.expose().to_owned());
        Self { channel: issued.channel.into(), secret }
    }
}

impl From<hub::TestResult> for NotificationTest {
    fn from(test: hub::TestResult) -> Self {
        let hub::TestResult { delivered, status, detail, duration } = test;
        Self { delivered, status, detail, duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX) }
    }
}

impl From<NewNotificationChannel> for hub::NewChannel {
    fn from(new: NewNotificationChannel) -> Self {
        let NewNotificationChannel { name, kind, url, recipients, enabled } = new;
        Self { name, kind: kind.0, url: url.map(|url| url.0), recipients, enabled: enabled.unwrap_or(true) }
    }
}

impl From<NotificationChannelPatch> for hub::ChannelChange {
    fn from(patch: NotificationChannelPatch) -> Self {
        let NotificationChannelPatch { name, url, recipients, enabled } = patch;
        Self { name, url: url.map(|url| url.0), recipients, enabled }
    }
}

impl Versioned for NotificationChannel {
    fn version(&self) -> i64 {
        self.version
    }
}
