//! The four cases: what an incoming record does to what is known.
//!
//! In this order: (1) this source already knows it under the same reference: update the sighting; (2) the company has
//! the finding, seen by someone else: add a sighting; (3) either of these, but the finding was resolved and this
//! sight is newer: reopen, unless a person's verdict stands; (4) create.
//!
//! Every decision depends only on the facts and their times, never on the order of imports: history that arrives late
//! is added to the past and changes nothing newer.

use super::{FindingState, SightingState};
use crate::{Severity, Timestamp};

/// What is known of a finding that a record may belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownFinding {
    pub status: FindingState,
    pub resolved_at: Option<Timestamp>,
}

/// What is known of the sighting under the record's own key.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownSighting {
    pub state: SightingState,
    pub last_seen_at: Timestamp,
    /// Digest of what the sighting holds; equal means nothing to write.
    pub content: u64,
}

/// What the record brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Incoming {
    pub seen_at: Timestamp,
    pub content: u64,
}

/// The decision. `reopen` accompanies an update or an addition; `newer` says whether the record's attributes replace
/// the sighting's (older history only widens `first_seen`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    UpdateSighting { newer: bool, reopen: bool },
    Unchanged,
    AddSighting { reopen: bool },
    Create,
}

#[must_use]
pub fn correlate(sighting: Option<&KnownSighting>, finding: Option<&KnownFinding>, incoming: &Incoming) -> Case {
    match (sighting, finding) {
        (Some(sighting), finding) => {
            let order = incoming.seen_at.cmp(&sighting.last_seen_at);
            let newer = match order {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Less => false,
                // Same instant, other content: the greater digest stays, so that either order ends the same.
                std::cmp::Ordering::Equal => incoming.content > sighting.content,
            };
            let reopen = finding.is_some_and(|finding| reopens(finding, incoming.seen_at));
            if order.is_eq() && !newer && !reopen {
                return Case::Unchanged;
            }
            Case::UpdateSighting { newer, reopen }
        }
        (None, Some(finding)) => Case::AddSighting { reopen: reopens(finding, incoming.seen_at) },
        (None, None) => Case::Create,
    }
}

/// A resolved finding comes back when it was seen after its resolution.
#[must_use]
pub fn reopens(finding: &KnownFinding, seen_at: Timestamp) -> bool {
    finding.status.is_resolved() && finding.resolved_at.is_none_or(|resolved_at| seen_at > resolved_at)
}

/// What the finding shows of its sightings: the worst live severity, and the title of the one that is worst and then
/// first in the order of source and reference. Independent of the order of arrival.
pub fn shown<'a>(
    sightings: impl IntoIterator<Item = (SightingState, Severity, &'a str, &'a str)>,
) -> Option<(Severity, &'a str)> {
    sightings
        .into_iter()
        .max_by(|(state_a, severity_a, key_a, _), (state_b, severity_b, key_b, _)| {
            let live = |state: &SightingState| *state == SightingState::Seen;
            (live(state_a), severity_a).cmp(&(live(state_b), severity_b)).then_with(|| key_b.cmp(key_a))
        })
        .map(|(_, severity, _, title)| (severity, title))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn the_four_cases_in_their_order() {
        let incoming = Incoming { seen_at: at(10), content: 1 };
        let open = KnownFinding { status: FindingState::Open, resolved_at: None };
        let fixed = KnownFinding { status: FindingState::Fixed, resolved_at: Some(at(5)) };
        let known = KnownSighting { state: SightingState::Seen, last_seen_at: at(9), content: 1 };
        assert_eq!(
            correlate(Some(&known), Some(&open), &incoming),
            Case::UpdateSighting { newer: true, reopen: false }
        );
        assert_eq!(correlate(None, Some(&open), &incoming), Case::AddSighting { reopen: false });
        assert_eq!(correlate(None, Some(&fixed), &incoming), Case::AddSighting { reopen: true });
        assert_eq!(correlate(None, None, &incoming), Case::Create);
    }

    #[test]
    fn late_history_and_verdicts_never_reopen() {
        let incoming = Incoming { seen_at: at(10), content: 1 };
        let fixed_later = KnownFinding { status: FindingState::Fixed, resolved_at: Some(at(10)) };
        assert_eq!(correlate(None, Some(&fixed_later), &incoming), Case::AddSighting { reopen: false });
        for verdict in FindingState::ALL.into_iter().filter(|state| state.is_verdict()) {
            let finding = KnownFinding { status: verdict, resolved_at: Some(at(1)) };
            assert_eq!(correlate(None, Some(&finding), &incoming), Case::AddSighting { reopen: false });
        }
    }

    proptest! {
        /// Importing the same thing twice changes nothing, and of two different looks the newer stays whichever came first.
        #[test]
        fn repetition_and_order_do_not_matter(looks in proptest::collection::vec((0..6i64, 0..3u64), 1..8), seed in any::<u64>()) {
            let open = KnownFinding { status: FindingState::Open, resolved_at: None };
            let run = |looks: &[(i64, u64)]| {
                let mut known: Option<KnownSighting> = None;
                for (second, content) in looks {
                    let incoming = Incoming { seen_at: at(*second), content: *content };
                    let case = correlate(known.as_ref(), known.as_ref().map(|_| &open), &incoming);
                    if matches!(case, Case::Create | Case::UpdateSighting { newer: true, .. }) {
                        known = Some(KnownSighting { state: SightingState::Seen, last_seen_at: incoming.seen_at, content: *content });
                    }
                    assert_ne!(correlate(known.as_ref(), Some(&open), &incoming), Case::UpdateSighting { newer: true, reopen: false });
                }
                known
            };
            let mut shuffled = looks.clone();
            let length = shuffled.len();
            for index in 0..length {
                shuffled.swap(index, (seed as usize).wrapping_mul(index + 7) % length);
            }
            prop_assert_eq!(run(&looks), run(&shuffled));
        }
    }
}
