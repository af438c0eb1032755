//! What a delivery says, and how each kind of channel says it.
//!
//! Titles and details hold what scanners and scanned targets wrote. No channel is given them as markup: Slack and Teams
//! get them in elements that know none, mail as plain text, programs as JSON strings.

mod chat;
mod mail;
mod webhook;

use super::{Delivery, Notice};
use crate::text::single_line;

/// As many events are written out in a message for people; of the others it says how many they are.
const TOLD_TO_PEOPLE: usize = 20;
/// Longest title and detail in a message for people, in bytes: Teams takes no more than 28 KB in all.
const TITLE: usize = 200;
const DETAIL: usize = 600;

/// A delivery with what it tells.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    pub delivery: &'a Delivery,
    /// `None`: the rule is gone, or it is a test.
    pub rule: Option<&'a str>,
    /// The first of them, oldest first; `delivery.events` are all.
    pub notices: &'a [Notice],
    /// Where people reach the console, without a slash at its end.
    pub console: Option<&'a str>,
}

/// A message for people in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub subject: String,
    pub text: String,
}

impl Message<'_> {
    /// As many events are read for a message.
    pub const MOST: usize = 500;

    /// Its first line.
    #[must_use]
    pub fn summary(&self) -> String {
        match (self.notices, self.delivery.events) {
            ([only], 0..=1) => single_line(&only.title, TITLE),
            ([first, ..], events) => {
                let title = single_line(&first.title, TITLE / 2);
                format!("{events} events: {title} and {} more", events - 1)
            }
            ([], events) => format!("{events} events"),
        }
    }

    /// JSON for programs.
    #[must_use]
    pub fn to_webhook(&self) -> serde_json::Value {
        webhook::body(self)
    }

    #[must_use]
    pub fn to_slack(&self) -> serde_json::Value {
        chat::slack(self)
    }

    #[must_use]
    pub fn to_teams(&self) -> serde_json::Value {
        chat::teams(self)
    }

    #[must_use]
    pub fn to_mail(&self) -> Body {
        mail::body(self)
    }

    fn told(&self) -> impl Iterator<Item = Told> {
        let one_by_one = self.notices.iter().take(TOLD_TO_PEOPLE);
        one_by_one.map(|notice| Told {
            at: notice.at.to_string(),
            title: single_line(&notice.title, TITLE),
            detail: crate::text::clean(&notice.detail, DETAIL),
            url: self.url(notice),
        })
    }

    /// How many are not told one by one.
    fn untold(&self) -> u64 {
        self.delivery.events.saturating_sub(self.notices.len().min(TOLD_TO_PEOPLE) as u64)
    }

    fn url(&self, notice: &Notice) -> Option<String> {
        let console = self.console?;
        match (notice.scan_id, notice.integration_id) {
            (Some(scan), _) => Some(format!("{console}/scans/{scan}")),
            (None, Some(integration)) => Some(format!("{console}/integrations/{integration}")),
            (None, None) => None,
        }
    }
}

/// One event in words.
struct Told {
    at: String,
    title: String,
    detail: String,
    url: Option<String>,
}

#[cfg(test)]
mod tests;
