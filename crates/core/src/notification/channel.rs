//! Where notifications go, and how it is doing.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{ChannelId, CompanyId};
use crate::permission::Actor;

/// What a channel speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Signed JSON for programs.
    Webhook,
    Email,
    Slack,
    /// A workflow of Microsoft Teams.
    Teams,
}

impl ChannelKind {
    pub const ALL: [Self; 4] = [Self::Webhook, Self::Email, Self::Slack, Self::Teams];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Teams => "teams",
        }
    }
}

/// A channel as it is shown. The address of all but mail is a secret (whoever knows it can write there) and is kept
/// sealed, beside the signing secret of a webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub id: ChannelId,
    pub company_id: CompanyId,
    pub name: String,
    pub kind: ChannelKind,
    /// Of mail; empty for the others.
    pub recipients: Vec<String>,
    /// `https://host:port` of the sealed address; empty for mail.
    pub host: String,
    /// A person's switch. What happens while a channel is off is never sent to it.
    pub enabled: bool,
    /// The hub's own switch: why it gave the channel up. A person's edit takes it back.
    pub suspended: Option<Suspension>,
    pub standing: Standing,
    /// The last characters of the signing secret; `None` where nothing is signed.
    pub secret_hint: Option<String>,
    /// Until when messages are signed with the secret before as well.
    pub previous_secret_until: Option<Timestamp>,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// For `If-Match`. How it is doing is no edit.
    pub version: i64,
}

impl Channel {
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.enabled && self.suspended.is_none()
    }
}

/// How a channel is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    pub last_success_at: Option<Timestamp>,
    /// Since when nothing has arrived; `None` while all is well.
    pub failing_since: Option<Timestamp>,
    /// Failed attempts in a row.
    pub failures: u32,
    pub last_error: Option<String>,
    /// No attempt before; `None`: at once.
    pub retry_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    pub at: Timestamp,
    pub reason: SuspensionReason,
    /// For people, with what to do next.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspensionReason {
    /// It answered 410: nobody is there any more.
    Gone,
    /// Nothing arrived for too long.
    Failing,
}

impl SuspensionReason {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// `local@domain`, plainly: nothing that could be read as a second address, a header or a command.
#[must_use]
pub fn is_mail_address(text: &str) -> bool {
    let plain = |part: &str, extra: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.as_bytes().contains(&byte))
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
    };
    text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            local.len() <= 64 && plain(local, "!#$%&'*+-/=?^_`{|}~.") && plain(domain, "-.") && !domain.starts_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_address() {
        for good in ["a@b", "first.last+scan@mail.example.com", "o'neil@example.org"] {
            assert!(is_mail_address(good), "{good}");
        }
        let bad =
            ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b,c@d", "a@b\r\nBcc: x@y", "<a@b>", ".a@b", "a..b@c", "a@-b"];
        for bad in bad {
            assert!(!is_mail_address(bad), "{bad}");
        }
        assert!(!is_mail_address(&format!("{}@example.com", "a".repeat(65))));
    }
}
