//! Identifiers. One newtype an entity, all UUIDv7: ordered by time, so inserts append to an index instead of
//! scattering over it, and a list sorted by id is a list sorted by creation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where new identifiers come from. Must be ordered: a later call gives a greater id.
pub trait Ids: Send + Sync + fmt::Debug {
    fn next(&self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            #[must_use]
            pub fn new(ids: &dyn Ids) -> Self {
                Self(ids.next())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// A tenant.
    CompanyId,
    UserId,
    ApiKeyId,
    IntegrationId,
    SubScannerId,
    ScanId,
    RunId,
    ImportId,
    AssetId,
    /// Two assets said to be one.
    MergeId,
    FindingId,
    SightingId,
    /// A part of what an asset is made of.
    ComponentId,
    JobId,
    CommandId,
    BlockId,
    AuditId,
    ScheduleId,
    /// One event that somebody may be told of.
    NoticeId,
    /// Where notifications go.
    ChannelId,
    RuleId,
    /// A rule that takes findings out of the queue.
    SuppressionRuleId,
    /// What somebody said about a finding.
    CommentId,
    /// A request for a judgement that needs a second person.
    ApprovalId,
    /// One message to one channel.
    DeliveryId,
}
