//! Two assets that a person says are one machine.
//!
//! What scanners report stays as they report it: sightings and coverage keep the asset that was named. Only the findings
//! move, to the identity they have on the asset that stays. So a merge can be taken back at any time: the sightings tell
//! which finding belongs where, also those imported since.

use serde::Serialize;

use crate::Timestamp;
use crate::asset::Asset;
use crate::finding::identity::Identity;
use crate::finding::verdict::Verdict;
use crate::finding::{FindingState, SightingState};
use crate::ids::{AssetId, CompanyId, MergeId};
use crate::permission::Actor;

/// One asset absorbed by another, who said so, and who took it back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssetMerge {
    pub id: MergeId,
    pub company_id: CompanyId,
    /// The one that stays.
    pub asset_id: AssetId,
    pub absorbed_id: AssetId,
    /// The absorbed asset as it was.
    pub absorbed: serde_json::Value,
    pub reason: String,
    pub actor: Actor,
    pub at: Timestamp,
    pub undone: Option<(Actor, Timestamp)>,
}

impl AssetMerge {
    /// A name for people.
    #[must_use]
    pub fn absorbed_name(&self) -> &str {
        self.absorbed.get("name").and_then(serde_json::Value::as_str).unwrap_or_default()
    }

    /// What the absorbed asset is recognised by.
    #[must_use]
    pub fn absorbed_identity(&self) -> &str {
        self.absorbed.get("identity").and_then(serde_json::Value::as_str).unwrap_or_default()
    }
}

/// Why two assets cannot be merged; a sentence for people.
#[must_use]
pub fn refusal(into: &Asset, from: &Asset) -> Option<String> {
    if into.id == from.id {
        return Some("An asset cannot be merged into itself. Choose another one.".to_owned());
    }
    if into.kind != from.kind {
        let (into, from) = (into.kind.as_str(), from.kind.as_str());
        return Some(format!("Only assets of one kind are merged; this is a {into} and the other a {from}."));
    }
    if into.merged_into.is_some() {
        return Some("This asset is merged into another one. Merge into that, or undo it first.".to_owned());
    }
    if from.merged_into.is_some() {
        return Some(
            "The other asset is merged already. Merge the one that it is part of, or undo it first.".to_owned(),
        );
    }
    None
}

/// The finding's identity as it is on another asset.
#[must_use]
pub fn on_asset(identity: &Identity, asset: &str) -> Identity {
    Identity { asset: asset.to_owned(), ..identity.clone() }
}

/// Which of two judgements stands where two findings are one: a person's before the hub's own, then the newer one, then
/// that of the asset that stays.
#[must_use]
pub fn of_both<'a>(own: Option<&'a Verdict>, other: Option<&'a Verdict>) -> Option<&'a Verdict> {
    let rank = |verdict: &Verdict| (verdict.actor != Actor::System, verdict.at);
    match (own, other) {
        (Some(own), Some(other)) if rank(other) > rank(own) => Some(other),
        (Some(own), _) => Some(own),
        (None, other) => other,
    }
}

/// What a finding is after its sightings or its judgement became others, with the time of its resolution.
#[must_use]
pub fn standing(
    verdict: Option<&Verdict>,
    sightings: &[SightingState],
    last_seen_at: Timestamp,
    now: Timestamp,
) -> (FindingState, Option<Timestamp>) {
    let judged = verdict.map(|verdict| verdict.on_appearance(last_seen_at, now));
    let unjudged = FindingState::unjudged(sightings);
    match judged {
        Some((state, resolved_at)) if state.is_verdict() || state.is_resolved() => (state, resolved_at),
        Some((FindingState::InProgress, _)) if unjudged == FindingState::Open => (FindingState::InProgress, None),
        _ => (unjudged, unjudged.is_resolved().then_some(last_seen_at)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::UserId;

    fn verdicts() -> impl Strategy<Value = Option<Verdict>> {
        let state = proptest::sample::select(FindingState::ALL.to_vec());
        let verdict = (state, 0..20i64, any::<bool>()).prop_map(|(state, at, person)| Verdict {
            fingerprint: String::new(),
            state,
            reason: None,
            actor: if person { Actor::User(UserId(uuid::Uuid::nil())) } else { Actor::System },
            at: Timestamp::from_seconds(at),
            expires_at: None,
        });
        proptest::option::of(verdict)
    }

    proptest! {
        /// Of people's judgements the newest stands, however many findings become one and in whatever order.
        #[test]
        fn the_newest_judgement_of_a_person_stands(verdicts in proptest::collection::vec(verdicts(), 1..5)) {
            let stands = verdicts.iter().map(Option::as_ref).reduce(of_both).flatten();
            let people = || verdicts.iter().flatten().filter(|verdict| verdict.actor != Actor::System);
            match people().map(|verdict| verdict.at).max() {
                Some(newest) => prop_assert!(
                    stands.is_some_and(|verdict| verdict.at == newest && verdict.actor != Actor::System)
                ),
                None => prop_assert_eq!(stands.is_some(), verdicts.iter().any(Option::is_some)),
            }
        }

        /// Nothing that a scanner sees is shown as gone unless a person judged it after it was last seen.
        #[test]
        fn what_is_seen_is_not_gone(
            verdict in verdicts(), last_seen in 0..20i64,
            mut sightings in proptest::collection::vec(proptest::sample::select(SightingState::ALL.to_vec()), 0..4),
        ) {
            sightings.push(SightingState::Seen);
            let last_seen = Timestamp::from_seconds(last_seen);
            let (state, resolved_at) = standing(verdict.as_ref(), &sightings, last_seen, Timestamp::from_seconds(99));
            prop_assert_eq!(resolved_at.is_some(), state.is_resolved());
            prop_assert!(!state.is_resolved() || verdict.is_some_and(|verdict| verdict.at >= last_seen));
        }

        /// There and back is where it was.
        #[test]
        fn an_identity_comes_back(asset in ".{0,20}", other in ".{0,20}", ordinal in 0..3u32) {
            let identity = Identity {
                version: 1, asset: asset.clone(), weakness: "cve:x".to_owned(), location: "asset".to_owned(), ordinal,
            };
            prop_assert_eq!(on_asset(&on_asset(&identity, &other), &asset), identity);
        }
    }
}
