//! What we ask of a vendor. A command is recorded before it is sent; when the answer is lost its outcome is
//! `unknown`, which is not a failure and is never sent again blindly: the next look at the vendor decides.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{CommandId, CompanyId, IntegrationId, ScanId};
use crate::permission::Actor;
use crate::status::VendorState;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    Create,
    Launch,
    Pause,
    Resume,
    Stop,
    Delete,
}

impl CommandKind {
    pub const ALL: [Self; 6] = [Self::Create, Self::Launch, Self::Pause, Self::Resume, Self::Stop, Self::Delete];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Launch => "launch",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Delete => "delete",
        }
    }

    /// Whether a vendor state observed *after* the command was sent proves that it took effect. `None` when the
    /// state alone proves nothing either way.
    #[must_use]
    pub const fn proven_by(self, observed: VendorState, run_changed: bool) -> Option<bool> {
        match (self, observed) {
            (Self::Launch, _) => Some(run_changed),
            (Self::Pause, VendorState::Paused)
            | (Self::Resume, VendorState::Running)
            | (Self::Stop, VendorState::Cancelled) => Some(true),
            (Self::Pause, VendorState::Running) | (Self::Resume, VendorState::Paused) => Some(false),
            (Self::Pause | Self::Resume | Self::Stop, state) if state.is_terminal() => Some(true),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// Written down, not sent.
    Recorded,
    /// On its way: if the process dies here the outcome is unknown.
    Sent,
    Accepted,
    Refused,
    Unknown,
}

impl CommandState {
    pub const ALL: [Self; 5] = [Self::Recorded, Self::Sent, Self::Accepted, Self::Refused, Self::Unknown];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Command {
    pub id: CommandId,
    pub company_id: CompanyId,
    /// `None` once the scan is deleted here; the vendor's id stays in `target`.
    pub scan_id: Option<ScanId>,
    pub integration_id: IntegrationId,
    pub kind: CommandKind,
    /// The vendor's scan id.
    pub target: Option<String>,
    pub state: CommandState,
    pub actor: Actor,
    /// The vendor's answer or the reason of the refusal, for people.
    pub detail: Option<String>,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}
