//! For mailboxes: plain text, which no mail program renders into anything else.

use super::{Body, Message};

pub(super) fn body(message: &Message<'_>) -> Body {
    let mut text = String::new();
    for told in message.told() {
        text.push_str(&format!("{}\n{}\n", told.title, told.at));
        for line in told.detail.lines() {
            text.push_str(&format!("  {line}\n"));
        }
        if let Some(url) = told.url {
            text.push_str(&format!("  {url}\n"));
        }
        text.push('\n');
    }
    let untold = message.untold();
    if untold > 0 {
        text.push_str(&format!("And {untold} more.\n\n"));
    }
    let rule = message.rule.map(|rule| format!(" by the rule \"{rule}\"")).unwrap_or_default();
    text.push_str(&format!("-- \nSent by Scanhelm{rule}. Message {}.\n", message.delivery.id));
    Body { subject: format!("[Scanhelm] {}", message.summary()), text }
}
