//! Notification rules on the wire.

use std::time::Duration;

use scanhelm_core::ids::ChannelId;
use scanhelm_core::notification::NoticeEvent;
use scanhelm_hub::notifications as hub;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{ChannelKind, NotificationEvent, Severity, Time, actor};
use crate::extract::{Versioned, nullable};

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

fn plain(events: Vec<NotificationEvent>) -> Vec<NoticeEvent> {
    events.into_iter().map(|event| event.0).collect()
}

impl Versioned for NotificationRule {
    fn version(&self) -> i64 {
        self.version
    }
}
