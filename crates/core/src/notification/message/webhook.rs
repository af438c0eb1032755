//! For programs.

use serde_json::{Value, json};

use super::Message;
use crate::notification::Notice;

/// `{type, timestamp, data}`, as Standard Webhooks advises. `type` is the event's own name when there is one, `digest`
/// when events were collected.
pub(super) fn body(message: &Message<'_>) -> Value {
    let Message { delivery, rule, notices, .. } = message;
    let word = match notices {
        [only] if !delivery.digest => only.event.as_str(),
        _ => "digest",
    };
    json!({
        "type": word,
        "timestamp": delivery.created_at,
        "data": {
            "delivery_id": delivery.id,
            "company_id": delivery.company_id,
            "rule": rule,
            "events": notices.iter().map(|notice| event(message, notice)).collect::<Vec<_>>(),
            "omitted": delivery.events.saturating_sub(notices.len() as u64),
        },
    })
}

fn event(message: &Message<'_>, notice: &Notice) -> Value {
    json!({
        "id": notice.id,
        "event": notice.event,
        "at": notice.at,
        "severity": notice.severity,
        "scan_id": notice.scan_id,
        "integration_id": notice.integration_id,
        "title": notice.title,
        "detail": notice.detail,
        "url": message.url(notice),
        "data": notice.data,
    })
}
