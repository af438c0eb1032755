//! One message on its way to one channel.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, CompanyId, DeliveryId, RuleId};
use crate::{Severity, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// A digest whose window is open.
    Collecting,
    /// To be sent, at once or again.
    Waiting,
    Sent,
    /// Given up. A person can have it sent again.
    Failed,
}

impl DeliveryState {
    pub const ALL: [Self; 4] = [Self::Collecting, Self::Waiting, Self::Sent, Self::Failed];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collecting => "collecting",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The message's id for its receiver, the same in every attempt.
    pub id: DeliveryId,
    pub company_id: CompanyId,
    pub channel_id: ChannelId,
    /// The rule that made it; `None` when the rule is gone.
    pub rule_id: Option<RuleId>,
    pub state: DeliveryState,
    /// It was collected over a window.
    pub digest: bool,
    /// Its first line: of one event its title, of more how many.
    pub summary: String,
    /// How many events it tells.
    pub events: u64,
    /// The worst of them.
    pub severity: Option<Severity>,
    pub attempts: u32,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    /// The end of the digest's window; of others when they were made.
    pub due_at: Timestamp,
    /// Its place among those of its channel; renewed when a person sends it again.
    pub queued_at: Timestamp,
    /// When it was sent or given up.
    pub finished_at: Option<Timestamp>,
}

/// What came of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    Delivered,
    /// The receiver does not take this message.
    Refused,
    /// The receiver is gone for good.
    Gone,
    /// Nobody answered, or asked to come later.
    Unavailable,
}

impl AttemptOutcome {
    pub const ALL: [Self; 4] = [Self::Delivered, Self::Refused, Self::Gone, Self::Unavailable];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Gone => "gone",
            Self::Unavailable => "unavailable",
        }
    }
}

/// One attempt, for the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub delivery_id: DeliveryId,
    pub company_id: CompanyId,
    /// From 1.
    pub number: u32,
    pub at: Timestamp,
    pub outcome: AttemptOutcome,
    /// Of HTTP.
    pub status: Option<u16>,
    /// For people. Never what the receiver wrote.
    pub detail: String,
    pub duration_ms: u64,
}
