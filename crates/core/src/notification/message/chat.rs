//! For Slack (incoming webhooks, Block Kit) and Microsoft Teams (workflows, Adaptive Cards).

use serde_json::{Value, json};

use super::{Message, Told};

/// Slack takes 50 blocks of 3,000 characters. Foreign words stand in `plain_text`, which has no mentions and no links;
/// `text`, the line of a pop-up, is always read as markup and gets them escaped.
pub(super) fn slack(message: &Message<'_>) -> Value {
    let mut blocks = Vec::new();
    for told in message.told() {
        let text = words(&told);
        blocks.push(json!({"type": "section", "text": {"type": "plain_text", "text": text, "emoji": false}}));
        if let Some(url) = told.url {
            blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": format!("<{url}|Open>")}]}));
        }
    }
    if let Some(rest) = rest(message) {
        blocks.push(json!({"type": "section", "text": {"type": "plain_text", "text": rest, "emoji": false}}));
    }
    json!({"text": escaped(&message.summary()), "blocks": blocks})
}

/// Foreign words stand in `TextRun`s, which know no Markdown. The card has no type of its own for links without it, so
/// they are actions, of which six are shown.
pub(super) fn teams(message: &Message<'_>) -> Value {
    const ACTIONS: usize = 6;
    let run = |text: &str, weight: &str| {
        let runs = [json!({"type": "TextRun", "text": text, "weight": weight})];
        json!({"type": "RichTextBlock", "inlines": runs})
    };
    let mut body = Vec::new();
    let mut actions = Vec::new();
    for told in message.told() {
        body.push(run(&told.title, "Bolder"));
        if !told.detail.is_empty() {
            body.push(run(&told.detail, "Default"));
        }
        if let Some(url) = told.url.filter(|_| actions.len() < ACTIONS) {
            let place = actions.len() + 1;
            let title = if message.notices.len() == 1 { "Open".to_owned() } else { format!("Open {place}") };
            actions.push(json!({"type": "Action.OpenUrl", "title": title, "url": url}));
        }
    }
    body.extend(rest(message).map(|rest| run(&rest, "Default")));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.2",
                "body": body,
                "actions": actions,
            },
        }],
    })
}

fn words(told: &Told) -> String {
    if told.detail.is_empty() { told.title.clone() } else { format!("{}\n{}", told.title, told.detail) }
}

fn rest(message: &Message<'_>) -> Option<String> {
    Some(message.untold()).filter(|untold| *untold > 0).map(|untold| format!("And {untold} more."))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
