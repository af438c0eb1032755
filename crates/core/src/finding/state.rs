//! The states of a finding and the transitions people may make. Unlike a scan's status this is judgement, so there
//! is one table of what is allowed.

use serde::{Deserialize, Serialize};

use super::SightingState;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    Open,
    InProgress,
    /// A complete, covering import no longer saw it.
    Fixed,
    /// No longer seen, but nothing proves that it is gone.
    NotSeen,
    /// Fixed, and a person or a re-test confirmed it.
    VerifiedFixed,
    RiskAccepted,
    FalsePositive,
    Duplicate,
    Closed,
    /// A rule of the company takes it out of the queue; see [`suppression`](super::suppression).
    Suppressed,
}

impl FindingState {
    pub const ALL: [Self; 10] = [
        Self::Open,
        Self::InProgress,
        Self::Fixed,
        Self::NotSeen,
        Self::VerifiedFixed,
        Self::RiskAccepted,
        Self::FalsePositive,
        Self::Duplicate,
        Self::Closed,
        Self::Suppressed,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Fixed => "fixed",
            Self::NotSeen => "not_seen",
            Self::VerifiedFixed => "verified_fixed",
            Self::RiskAccepted => "risk_accepted",
            Self::FalsePositive => "false_positive",
            Self::Duplicate => "duplicate",
            Self::Closed => "closed",
            Self::Suppressed => "suppressed",
        }
    }

    /// A person decided this; a scanner seeing or not seeing it again does not undo it.
    #[must_use]
    pub const fn is_verdict(self) -> bool {
        matches!(self, Self::RiskAccepted | Self::FalsePositive | Self::Duplicate)
    }

    /// Still there, and out of the queue because somebody said so: by a verdict or by a rule.
    #[must_use]
    pub const fn is_hidden(self) -> bool {
        self.is_verdict() || matches!(self, Self::Suppressed)
    }

    /// Shown to be gone, by a scan or by a person who looked.
    #[must_use]
    pub const fn is_fixed(self) -> bool {
        matches!(self, Self::Fixed | Self::VerifiedFixed)
    }

    /// Closed in a way that a newer sighting reopens.
    #[must_use]
    pub const fn is_resolved(self) -> bool {
        matches!(self, Self::Fixed | Self::NotSeen | Self::VerifiedFixed | Self::Closed)
    }

    /// Takes a finding out of the queue: whoever finds this later will ask why.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        !matches!(self, Self::Open | Self::InProgress)
    }

    /// What a finding is as long as nobody judges it: open while a scanner sees it, else what its scanners last said.
    #[must_use]
    pub fn unjudged(sightings: &[SightingState]) -> Self {
        if sightings.contains(&SightingState::Seen) {
            Self::Open
        } else if sightings.contains(&SightingState::NotSeen) {
            Self::NotSeen
        } else if sightings.is_empty() {
            Self::Open
        } else {
            Self::Fixed
        }
    }
}

impl std::fmt::Display for FindingState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for FindingState {
    type Err = crate::Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| crate::Error::field("status", "unknown", format!("`{text}` is not a finding state.")))
    }
}

/// Whether a person may move a finding from one state to another. `fixed` and `not_seen` are the import's words:
/// nobody can claim them, but anyone who triages may leave them. So is `suppressed` the word of rules.
#[must_use]
pub const fn may_transition(from: FindingState, to: FindingState) -> bool {
    use FindingState as S;
    match to {
        S::Fixed | S::NotSeen | S::Suppressed => false,
        S::Open => !matches!(from, S::Open),
        S::VerifiedFixed => matches!(from, S::Fixed | S::NotSeen),
        S::InProgress => matches!(from, S::Open | S::Suppressed),
        S::RiskAccepted | S::FalsePositive | S::Duplicate | S::Closed => {
            matches!(from, S::Open | S::InProgress | S::NotSeen | S::Suppressed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_taken_back_and_nobody_can_claim_a_fix() {
        for state in FindingState::ALL {
            assert!(!may_transition(state, FindingState::Fixed));
            assert!(!may_transition(state, FindingState::NotSeen));
            assert!(!may_transition(state, FindingState::Suppressed));
            assert!(state == FindingState::Open || may_transition(state, FindingState::Open));
        }
    }

    #[test]
    fn without_a_judgement_a_finding_is_what_its_scanners_say() {
        use SightingState as S;
        assert_eq!(FindingState::unjudged(&[S::Fixed, S::Seen, S::NotSeen]), FindingState::Open);
        assert_eq!(FindingState::unjudged(&[S::Fixed, S::NotSeen]), FindingState::NotSeen);
        assert_eq!(FindingState::unjudged(&[S::Fixed]), FindingState::Fixed);
        assert_eq!(FindingState::unjudged(&[]), FindingState::Open);
    }
}
