//! Notifications on the wire: channels, rules, and what was sent. Addresses and signing secrets go in (or are shown
//! once) and never come out.

use std::time::Duration;

use scanhelm_core::ids::ChannelId;
use scanhelm_core::notification as core;
use scanhelm_hub::notifications as hub;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::SecretText;
use super::words::{AttemptOutcome, ChannelKind, DeliveryState, NotificationEvent, Severity, Time, actor};
use crate::extract::nullable;

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

/// Which events go to which channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationRule {
    id: Uuid,
    company_id: Uuid,
    name: String,
    channel_id: Uuid,
    channel_name: String,
    channel_kind: ChannelKind,
    enabled: bool,
    events: Vec<NotificationEvent>,
    /// Of `findings.new`: only where the worst is this bad. Other events have no severity and are not held back.
    min_severity: Option<Severity>,
    /// Seconds over which events are collected into one message; 0: each at once.
    digest_s: u64,
    created_by: String,
    created_at: Time,
    updated_at: Time,
    /// For `If-Match`.
    pub(crate) version: i64,
}

/// A rule to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNotificationRule {
    name: String,
    channel_id: Uuid,
    events: Vec<NotificationEvent>,
    min_severity: Option<Severity>,
    /// 0 when left out; at most 604800.
    digest_s: Option<u64>,
    /// `true` when left out.
    enabled: Option<bool>,
}

/// What may be changed of a rule. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotificationRulePatch {
    name: Option<String>,
    channel_id: Option<Uuid>,
    events: Option<Vec<NotificationEvent>>,
    /// `null`: every severity.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Severity>)]
    min_severity: Option<Option<Severity>>,
    digest_s: Option<u64>,
    enabled: Option<bool>,
}

/// One message to one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationDelivery {
    /// What the receiver knows the message by (`webhook-id`), the same in every attempt.
    id: Uuid,
    channel_id: Uuid,
    channel_name: String,
    /// `null`: the rule is gone.
    rule_id: Option<Uuid>,
    state: DeliveryState,
    /// It was collected over a window.
    digest: bool,
    summary: String,
    /// How many events it tells.
    events: u64,
    /// The worst of them.
    severity: Option<Severity>,
    attempts: u32,
    last_error: Option<String>,
    created_at: Time,
    /// The end of a digest's window.
    due_at: Time,
    /// When it was sent or given up.
    finished_at: Option<Time>,
}

/// A delivery with what it tells and the log of its attempts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationDeliveryDetail {
    delivery: NotificationDelivery,
    /// The first 500, oldest first.
    events: Vec<NotificationNotice>,
    log: Vec<NotificationAttempt>,
}

/// One event that was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationNotice {
    id: Uuid,
    event: NotificationEvent,
    at: Time,
    severity: Option<Severity>,
    scan_id: Option<Uuid>,
    integration_id: Option<Uuid>,
    title: String,
    detail: String,
    /// Facts for programs; they depend on the event.
    data: serde_json::Value,
}

/// One attempt to send.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationAttempt {
    number: u32,
    at: Time,
    outcome: AttemptOutcome,
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

impl From<hub::RuleView> for NotificationRule {
    fn from(view: hub::RuleView) -> Self {
        let hub::RuleView { rule, channel } = view;
        Self {
            id: rule.id.0,
            company_id: rule.company_id.0,
            name: rule.name,
            channel_id: rule.channel_id.0,
            channel_name: channel.name,
            channel_kind: channel.kind.into(),
            enabled: rule.enabled,
            events: rule.events.into_iter().map(Into::into).collect(),
            min_severity: rule.min_severity.map(Into::into),
            digest_s: rule.digest.as_secs(),
            created_by: actor(rule.created_by),
            created_at: rule.created_at.into(),
            updated_at: rule.updated_at.into(),
            version: rule.version,
        }
    }
}

impl From<hub::DeliveryView> for NotificationDelivery {
    fn from(view: hub::DeliveryView) -> Self {
        let hub::DeliveryView { delivery, channel_name } = view;
        Self {
            id: delivery.id.0,
            channel_id: delivery.channel_id.0,
            channel_name,
            rule_id: delivery.rule_id.map(|id| id.0),
            state: delivery.state.into(),
            digest: delivery.digest,
            summary: delivery.summary,
            events: delivery.events,
            severity: delivery.severity.map(Into::into),
            attempts: delivery.attempts,
            last_error: delivery.last_error,
            created_at: delivery.created_at.into(),
            due_at: delivery.due_at.into(),
            finished_at: delivery.finished_at.map(Time),
        }
    }
}

impl From<hub::DeliveryDetail> for NotificationDeliveryDetail {
    fn from(detail: hub::DeliveryDetail) -> Self {
        let hub::DeliveryDetail { view, notices, attempts } = detail;
        let events = notices.into_iter().map(|notice| NotificationNotice {
            id: notice.id.0,
            event: notice.event.into(),
            at: notice.at.into(),
            severity: notice.severity.map(Into::into),
            scan_id: notice.scan_id.map(|id| id.0),
            integration_id: notice.integration_id.map(|id| id.0),
            title: notice.title,
            detail: notice.detail,
            data: notice.data,
        });
        let log = attempts.into_iter().map(|attempt| NotificationAttempt {
            number: attempt.number,
            at: attempt.at.into(),
            outcome: attempt.outcome.into(),
            status: attempt.status,
            detail: attempt.detail,
            duration_ms: attempt.duration_ms,
        });
        Self { delivery: view.into(), events: events.collect(), log: log.collect() }
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

fn plain(events: Vec<NotificationEvent>) -> Vec<core::NoticeEvent> {
    events.into_iter().map(|event| event.0).collect()
}

impl From<NewNotificationRule> for hub::NewRule {
    fn from(new: NewNotificationRule) -> Self {
        let NewNotificationRule { name, channel_id, events, min_severity, digest_s, enabled } = new;
        Self {
            name,
            channel_id: ChannelId(channel_id),
            events: plain(events),
            min_severity: min_severity.map(|severity| severity.0),
            digest: Duration::from_secs(digest_s.unwrap_or(0)),
            enabled: enabled.unwrap_or(true),
        }
    }
}

impl From<NotificationRulePatch> for hub::RuleChange {
    fn from(patch: NotificationRulePatch) -> Self {
        let NotificationRulePatch { name, channel_id, events, min_severity, digest_s, enabled } = patch;
        Self {
            name,
            channel_id: channel_id.map(ChannelId),
            events: events.map(plain),
            min_severity: min_severity.map(|severity| severity.map(|severity| severity.0)),
            digest: digest_s.map(Duration::from_secs),
            enabled,
        }
    }
}
