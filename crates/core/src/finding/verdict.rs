//! What was decided about a fingerprint, and how long that stands.

use super::FindingState;
use crate::Timestamp;
use crate::permission::Actor;

/// A judgement of a fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub fingerprint: String,
    pub state: FindingState,
    pub reason: Option<String>,
    pub actor: Actor,
    pub at: Timestamp,
    /// From then on it no longer stands.
    pub expires_at: Option<Timestamp>,
}

impl Verdict {
    #[must_use]
    pub fn has_run_out(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// A person wants to see the finding: rules leave it alone. What a person closed is about what was known then, and
    /// other verdicts say so themselves.
    #[must_use]
    pub fn forbids_suppression(&self) -> bool {
        self.actor != Actor::System && matches!(self.state, FindingState::Open | FindingState::InProgress)
    }

    /// What a finding becomes that appears, or appears again, under a fingerprint which was judged before; with the time
    /// of its resolution. A verdict that has not run out stands. A closing was about what was known then: whoever is
    /// seen later is open again.
    #[must_use]
    pub fn on_appearance(&self, seen_at: Timestamp, now: Timestamp) -> (FindingState, Option<Timestamp>) {
        match self.state {
            state if state.is_verdict() && !self.has_run_out(now) => (state, None),
            state if state.is_resolved() && seen_at <= self.at => (state, Some(self.at)),
            FindingState::InProgress => (FindingState::InProgress, None),
            _ => (FindingState::Open, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn verdict(state: FindingState, second: i64, expires: Option<i64>) -> Verdict {
        let expires_at = expires.map(at);
        Verdict { fingerprint: String::new(), state, reason: None, actor: Actor::System, at: at(second), expires_at }
    }

    #[test]
    fn a_closing_does_not_hide_what_is_seen_after_it() {
        let closed = verdict(FindingState::Closed, 10, None);
        assert_eq!(closed.on_appearance(at(10), at(99)), (FindingState::Closed, Some(at(10))), "late history");
        assert_eq!(closed.on_appearance(at(11), at(99)), (FindingState::Open, None));
    }

    proptest! {
        /// Nothing that ran out hides a finding, and nothing that stands lets one through.
        #[test]
        fn a_verdict_stands_exactly_until_it_runs_out(
            state in proptest::sample::select(FindingState::ALL.to_vec()),
            seen in 0..50i64, now in 0..50i64, judged in 0..50i64, expires in proptest::option::of(0..50i64),
        ) {
            let verdict = verdict(state, judged, expires);
            let (shown, resolved_at) = verdict.on_appearance(at(seen), at(now));
            let stands = state.is_verdict() && expires.is_none_or(|end| now < end);
            prop_assert_eq!(shown.is_verdict(), stands);
            prop_assert_eq!(resolved_at.is_some(), shown.is_resolved());
            prop_assert!(!shown.is_resolved() || seen <= judged);
        }
    }
}
