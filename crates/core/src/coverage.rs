//! Absent is not fixed. When may a finding that a run no longer shows be called fixed?
//!
//! Only when the run's import was complete *and* the run could have seen it: it covered the asset, it was logged in
//! if the finding was found logged in, and it asked the same questions (same policy family). Anything less makes it
//! `not seen`, with the reason, which stays in the queue (I9).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What a run covered of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetCoverage {
    /// When the scanner ended with the asset.
    pub covered_at: Timestamp,
    /// Whether the scanner logged in; `None` where its report does not tell, which proves no more than no log-in.
    pub authenticated: Option<bool>,
    /// Name of the policy or rule set: what was asked.
    pub policy: Option<String>,
    /// Every page and record of the run was imported.
    pub complete: bool,
}

/// What a sighting remembers of how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundHow {
    pub last_seen_at: Timestamp,
    pub authenticated: bool,
    pub policy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Seen since, or the coverage is not newer: nothing changes.
    Keep,
    Fixed,
    NotSeen(&'static str),
}

/// Decides for one sighting of an asset that a run of the same source covered. `None`: the asset was not covered.
#[must_use]
pub fn may_close(coverage: Option<&AssetCoverage>, found: &FoundHow) -> Closing {
    let Some(coverage) = coverage else {
        return Closing::Keep;
    };
    if coverage.covered_at <= found.last_seen_at {
        return Closing::Keep;
    }
    if !coverage.complete {
        return Closing::NotSeen("the import of the later run is not complete");
    }
    if found.authenticated && coverage.authenticated != Some(true) {
        return Closing::NotSeen("it was found by a logged-in check and the later run was not logged in");
    }
    if found.policy != coverage.policy {
        return Closing::NotSeen("the later run used another policy");
    }
    Closing::Fixed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn coverages()(second in 0..10i64, authenticated in any::<Option<bool>>(), policy in 0..2u8, complete in any::<bool>()) -> AssetCoverage {
            AssetCoverage { covered_at: Timestamp::from_seconds(second), authenticated, policy: Some(policy.to_string()), complete }
        }
    }

    proptest! {
        #[test]
        fn fixed_needs_everything(coverage in prop::option::of(coverages()), second in 0..10i64, authenticated in any::<bool>(), policy in 0..2u8) {
            let found = FoundHow { last_seen_at: Timestamp::from_seconds(second), authenticated, policy: Some(policy.to_string()) };
            let closing = may_close(coverage.as_ref(), &found);
            let proof = coverage.as_ref().is_some_and(|coverage| {
                coverage.complete
                    && coverage.covered_at > found.last_seen_at
                    && (coverage.authenticated == Some(true) || !found.authenticated)
                    && coverage.policy == found.policy
            });
            prop_assert_eq!(closing == Closing::Fixed, proof);
            if coverage.is_none_or(|coverage| coverage.covered_at <= found.last_seen_at) {
                prop_assert_eq!(closing, Closing::Keep);
            }
        }
    }
}
