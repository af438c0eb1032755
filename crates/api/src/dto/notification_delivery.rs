//! What was sent, on the wire.

use scanhelm_hub::notifications as hub;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{AttemptOutcome, DeliveryState, NotificationEvent, Severity, Time};

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
