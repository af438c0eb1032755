use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::ids::{ChannelId, CompanyId, DeliveryId, NoticeId, ScanId};
use crate::notification::{DeliveryState, NoticeEvent};
use crate::{Severity, Timestamp};

const HOSTILE: &str = "<!channel> [win](javascript:1) *x* & <https://evil.example|click>";

fn notice(number: u128, title: &str) -> Notice {
    Notice {
        id: NoticeId(Uuid::from_u128(number)),
        company_id: CompanyId(Uuid::from_u128(2)),
        event: NoticeEvent::FindingsNew,
        at: Timestamp::from_seconds(1_700_000_000),
        severity: Some(Severity::High),
        scan_id: Some(ScanId(Uuid::from_u128(3))),
        integration_id: None,
        title: title.to_owned(),
        detail: format!("high: {HOSTILE}\r\nBcc: x@evil.example"),
        data: json!({"new": {"high": 1}}),
    }
}

fn delivery(events: u64) -> Delivery {
    let at = Timestamp::from_seconds(1_700_000_060);
    Delivery {
        id: DeliveryId(Uuid::from_u128(9)),
        company_id: CompanyId(Uuid::from_u128(2)),
        channel_id: ChannelId(Uuid::from_u128(4)),
        rule_id: None,
        state: DeliveryState::Waiting,
        digest: events > 1,
        summary: String::new(),
        events,
        severity: Some(Severity::High),
        attempts: 0,
        last_error: None,
        created_at: at,
        due_at: at,
        queued_at: at,
        finished_at: None,
    }
}

#[test]
fn one_event_for_programs() {
    let (delivery, notices) = (delivery(1), [notice(1, "Nightly: 1 new finding")]);
    let console = Some("https://hub.example");
    let message = Message { delivery: &delivery, rule: Some("Security"), notices: &notices, console };
    insta::assert_json_snapshot!(message.to_webhook());
}

#[test]
fn hostile_words_are_markup_nowhere() {
    let (delivery, notices) = (delivery(1), [notice(1, HOSTILE)]);
    let message = Message { delivery: &delivery, rule: None, notices: &notices, console: None };
    let slack = message.to_slack();
    assert_eq!(slack["blocks"][0]["text"]["type"], "plain_text");
    assert!(!slack["text"].as_str().unwrap().contains(['<', '>']), "{slack}");
    assert_eq!(slack["blocks"].as_array().unwrap().len(), 1);
    let teams = message.to_teams();
    let card = &teams["attachments"][0]["content"];
    assert!(!card["body"].to_string().contains("TextBlock\",\"text"), "{card}");
    assert!(card["body"].as_array().unwrap().iter().all(|block| block["type"] == "RichTextBlock"));
    assert_eq!(card["actions"], json!([]));
    let mail = message.to_mail();
    assert!(!mail.subject.contains(['\r', '\n']));
    assert!(mail.text.contains("\n  Bcc: x@evil.example"), "never at the beginning of a line: {}", mail.text);
}

#[test]
fn many_events_are_cut_and_counted() {
    let notices: Vec<_> = (1..=40).map(|number| notice(number, &format!("{number} {}", "ä".repeat(400)))).collect();
    let delivery = delivery(1000);
    let console = Some("https://hub.example");
    let message = Message { delivery: &delivery, rule: None, notices: &notices, console };
    assert!(message.to_teams().to_string().len() < 28 * 1024);
    let slack = message.to_slack();
    assert!(slack["blocks"].as_array().unwrap().len() <= 50);
    assert!(message.to_mail().text.contains("And 980 more."));
    let webhook = message.to_webhook();
    assert_eq!((&webhook["type"], &webhook["data"]["omitted"]), (&json!("digest"), &json!(960)));
    assert!(message.summary().starts_with("1000 events: 1 ää"));
    assert!(message.to_teams()["attachments"][0]["content"]["actions"].as_array().unwrap().len() <= 6);
}
