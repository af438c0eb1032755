//! What changed from one run to another.
//!
//! Five answers, because two would lie. What is gone is `fixed` only with the proof that closing asks for
//! ([`crate::coverage`]); otherwise it is `not seen`. What came is `regressed` when an earlier run had it already.

use serde::{Deserialize, Serialize};

use crate::coverage::{AssetCoverage, Closing, FoundHow, may_close};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    New,
    Regressed,
    Unchanged,
    Fixed,
    NotSeen,
}

impl Difference {
    pub const ALL: [Self; 5] = [Self::New, Self::Regressed, Self::Unchanged, Self::Fixed, Self::NotSeen];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Regressed => "regressed",
            Self::Unchanged => "unchanged",
            Self::Fixed => "fixed",
            Self::NotSeen => "not_seen",
        }
    }
}

/// One scanner's evidence with respect to two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The later run shows it.
    pub now: bool,
    /// The run compared with shows it.
    pub before: bool,
    /// A run before the later one, other than the one compared with, shows it.
    pub earlier: bool,
    /// How the run compared with found it.
    pub found: FoundHow,
    /// What the later run covered of the asset.
    pub coverage: Option<AssetCoverage>,
}

/// Of all evidence of one finding; at least one of the two runs shows each. A finding is there as long as any
/// scanner's evidence is, and fixed only when all of it is.
///
/// `None`: neither run shows it.
#[must_use]
pub fn compare(evidence: &[Evidence]) -> Option<Difference> {
    let (now, before) = (evidence.iter().any(|one| one.now), evidence.iter().any(|one| one.before));
    match (before, now) {
        (true, true) => Some(Difference::Unchanged),
        (false, true) if evidence.iter().any(|one| one.earlier) => Some(Difference::Regressed),
        (false, true) => Some(Difference::New),
        (true, false) => {
            let fixed = |one: &Evidence| may_close(one.coverage.as_ref(), &one.found) == Closing::Fixed;
            Some(match evidence.iter().filter(|one| one.before).all(fixed) {
                true => Difference::Fixed,
                false => Difference::NotSeen,
            })
        }
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Timestamp;

    prop_compose! {
        fn evidence()(now in any::<bool>(), before in any::<bool>(), earlier in any::<bool>(), second in prop::option::of(0..4i64), complete in any::<bool>()) -> Evidence {
            Evidence {
                now,
                before,
                earlier,
                found: FoundHow { last_seen_at: Timestamp::from_seconds(1), authenticated: false, policy: None },
                coverage: second.map(|second| AssetCoverage {
                    covered_at: Timestamp::from_seconds(second),
                    authenticated: None,
                    policy: None,
                    complete,
                }),
            }
        }
    }

    proptest! {
        #[test]
        fn the_difference_is_what_the_two_runs_show(evidence in prop::collection::vec(evidence(), 0..4)) {
            let (now, before) = (evidence.iter().any(|one| one.now), evidence.iter().any(|one| one.before));
            let difference = compare(&evidence);
            prop_assert_eq!(difference.is_none(), !now && !before);
            prop_assert_eq!(difference == Some(Difference::Unchanged), now && before);
            prop_assert_eq!(matches!(difference, Some(Difference::New | Difference::Regressed)), now && !before);
            if difference == Some(Difference::Fixed) {
                prop_assert!(evidence.iter().filter(|one| one.before).all(|one| one.coverage.as_ref().is_some_and(|coverage| coverage.complete)));
            }
            let mut turned = evidence.clone();
            turned.reverse();
            prop_assert_eq!(compare(&turned), difference);
        }
    }
}
