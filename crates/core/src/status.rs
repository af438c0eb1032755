//! A scan's two state axes and the one public status derived from them.
//!
//! What the scanner says (`VendorState`) and how far our own import is (`ImportState`) are stored apart, so that a
//! phase of ours can never overwrite the vendor's truth: a scan relaunched while its last run is still being
//! imported *is* running. The public [`Status`] is computed, never stored, never written by a caller.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the scanner says about a scan, translated. Exactly the vendor's axis; `importing` is not on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VendorState {
    Queued,
    Running,
    Paused,
    Completed,
    Failed,
    Cancelled,
}

impl VendorState {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Paused, Self::Completed, Self::Failed, Self::Cancelled];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The run is over. A vendor may still start a new one: nothing is final for the scan.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Work is under way at the vendor, so its numbers move.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// How far the results of the scan's latest completed run have come into the hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Nothing to import yet.
    #[default]
    None,
    /// Completed and due: the import reconciler will pick it up.
    Pending,
    Running,
    /// Everything readable is in; at least one record was quarantined.
    Partial,
    Done,
    Failed,
}

impl ImportState {
    pub const ALL: [Self; 6] = [Self::None, Self::Pending, Self::Running, Self::Partial, Self::Done, Self::Failed];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Partial => "partial",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The results are in the hub, whole or with quarantined records.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Done | Self::Partial)
    }
}

/// The public status: the only seven words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Queued,
    Running,
    Paused,
    Importing,
    Completed,
    Failed,
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Running, Self::Paused, Self::Importing, Self::Completed, Self::Failed, Self::Cancelled];

    /// The one derivation. Completed at the vendor while its import runs is `importing`; everything else is the
    /// vendor's word.
    #[must_use]
    pub const fn derive(vendor: VendorState, import: ImportState) -> Self {
        match (vendor, import) {
            (VendorState::Completed, ImportState::Running) => Self::Importing,
            (VendorState::Queued, _) => Self::Queued,
            (VendorState::Running, _) => Self::Running,
            (VendorState::Paused, _) => Self::Paused,
            (VendorState::Completed, _) => Self::Completed,
            (VendorState::Failed, _) => Self::Failed,
            (VendorState::Cancelled, _) => Self::Cancelled,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Importing => "importing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not one of: {allowed}")]
pub struct UnknownState {
    pub text: String,
    pub allowed: String,
}

macro_rules! text_enum {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownState;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownState {
                    text: text.to_owned(),
                    allowed: Self::ALL.map(Self::as_str).join(", "),
                })
            }
        }
    )+};
}

text_enum!(VendorState, ImportState);

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownState;

    /// `pending` is accepted as another word for `queued` (design.md 9, Q2).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = if text == "pending" { "queued" } else { text };
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == wanted)
            .ok_or_else(|| UnknownState { text: text.to_owned(), allowed: Self::ALL.map(Self::as_str).join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn importing_only_overlays_a_completed_scan() {
        for vendor in VendorState::ALL {
            for import in ImportState::ALL {
                let status = Status::derive(vendor, import);
                if status == Status::Importing {
                    assert_eq!((vendor, import), (VendorState::Completed, ImportState::Running));
                } else {
                    assert_eq!(status.as_str(), vendor.as_str());
                }
            }
        }
    }

    #[test]
    fn pending_is_read_as_queued_and_nothing_else_is_invented() {
        assert_eq!("pending".parse::<Status>(), Ok(Status::Queued));
        assert!("done".parse::<Status>().unwrap_err().to_string().contains("cancelled"));
    }
}
