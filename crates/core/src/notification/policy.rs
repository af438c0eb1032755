//! What an answer means for the message and its channel.
//!
//! A receiver that is down keeps its messages waiting in their order; the pauses between attempts grow. One that takes
//! this message not, but may take the next, gets it a few times and then the next. One that is gone, or from which
//! nothing was heard for a day, is switched off with the reason, and what waits stays until a person has looked.

use std::time::Duration;

use super::{AttemptOutcome, DeliveryState, Standing, Suspension, SuspensionReason};
use crate::Timestamp;
use crate::backoff::Backoff;

/// A message that is refused so often is given up, and the next one goes.
pub const REFUSALS: u32 = 5;
/// A channel at which nothing arrived for so long is switched off.
pub const GIVEN_UP_AFTER: Duration = Duration::from_hours(24);
/// Between attempts.
const PAUSE: Backoff = Backoff { first: Duration::from_secs(10), cap: Duration::from_hours(1) };

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub outcome: AttemptOutcome,
    pub status: Option<u16>,
    pub detail: String,
    /// The receiver's own wish.
    pub retry_after: Option<Duration>,
}

impl Answered {
    /// Sorts an HTTP status. Redirects are not followed: a receiver that moved needs its new address entered.
    #[must_use]
    pub fn status(status: u16, retry_after: Option<Duration>) -> Self {
        let (outcome, detail) = match status {
            200..=299 => (AttemptOutcome::Delivered, "accepted"),
            300..=399 => (AttemptOutcome::Refused, "it points elsewhere, which is not followed. Enter the new address"),
            410 => (AttemptOutcome::Gone, "it is gone for good"),
            408 | 425 | 429 => (AttemptOutcome::Unavailable, "it asked to come later"),
            401 | 403 => (AttemptOutcome::Refused, "it does not let us in. Check the address and its token"),
            404 => (AttemptOutcome::Refused, "nobody is at this address. Check it"),
            400..=499 => (AttemptOutcome::Refused, "it does not take this message"),
            _ => (AttemptOutcome::Unavailable, "it is in trouble"),
        };
        Self {
            outcome,
            status: Some(status),
            detail: format!("The receiver answered {status}: {detail}."),
            retry_after,
        }
    }
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub state: DeliveryState,
    pub standing: Standing,
    pub suspended: Option<Suspension>,
}

/// Decides. `attempts` counts this one; `random` is uniform in `0.0..1.0`.
#[must_use]
pub fn judge(answered: &Answered, attempts: u32, before: &Standing, now: Timestamp, random: f64) -> Judgement {
    if answered.outcome == AttemptOutcome::Delivered {
        let standing = Standing { last_success_at: Some(now), ..Standing::default() };
        return Judgement { state: DeliveryState::Sent, standing, suspended: None };
    }
    let failures = before.failures.saturating_add(1);
    let failing_since = before.failing_since.unwrap_or(now);
    let state = match answered.outcome {
        AttemptOutcome::Gone => DeliveryState::Failed,
        AttemptOutcome::Refused if attempts >= REFUSALS => DeliveryState::Failed,
        _ => DeliveryState::Waiting,
    };
    // The next message is not to wait for the mistakes of this one.
    let in_a_row = if state == DeliveryState::Failed { 1 } else { failures };
    let wish = answered.retry_after.unwrap_or_default().min(PAUSE.cap);
    let retry_at = now.plus(PAUSE.delay(in_a_row, random).max(wish));
    let suspension = |reason, detail: String| Some(Suspension { at: now, reason, detail });
    let suspended = match answered.outcome {
        AttemptOutcome::Gone => suspension(
            SuspensionReason::Gone,
            "The receiver answered that it is gone for good (410). Enter its new address, or delete the channel."
                .into(),
        ),
        _ if now.since(failing_since) >= GIVEN_UP_AFTER => suspension(
            SuspensionReason::Failing,
            format!(
                "Nothing has arrived there since {failing_since}. {} Mend the cause, send a test and switch the \
                 channel on again; what waits is sent then.",
                answered.detail
            ),
        ),
        _ => None,
    };
    let standing = Standing {
        last_success_at: before.last_success_at,
        failing_since: Some(failing_since),
        failures: in_a_row,
        last_error: Some(answered.detail.clone()),
        retry_at: Some(retry_at),
    };
    Judgement { state, standing, suspended }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn success_forgets_the_trouble() {
        let trouble = judge(&Answered::status(503, None), 1, &Standing::default(), at(0), 1.0).standing;
        let judged = judge(&Answered::status(204, None), 2, &trouble, at(60), 1.0);
        assert_eq!(judged.state, DeliveryState::Sent);
        assert_eq!(judged.standing, Standing { last_success_at: Some(at(60)), ..Standing::default() });
    }

    #[test]
    fn a_receiver_that_is_down_keeps_the_message_for_a_day_and_is_then_switched_off() {
        let (mut standing, mut now, mut attempts) = (Standing::default(), at(0), 0);
        let suspended = loop {
            attempts += 1;
            let judged = judge(&Answered::status(500, None), attempts, &standing, now, 1.0);
            assert_eq!(judged.state, DeliveryState::Waiting, "nothing is lost by an outage");
            standing = judged.standing;
            if let Some(suspended) = judged.suspended {
                break suspended;
            }
            now = standing.retry_at.unwrap();
        };
        assert_eq!(suspended.reason, SuspensionReason::Failing);
        assert!(suspended.detail.contains("1970-01-01") && suspended.detail.contains("500"), "{}", suspended.detail);
        assert!((at(24 * 3600)..at(26 * 3600)).contains(&now), "{now}");
        assert!(attempts < 40, "{attempts}");
    }

    #[test]
    fn a_refused_message_makes_room_for_the_next() {
        let mut standing = Standing::default();
        for attempt in 1..=REFUSALS {
            let judged = judge(&Answered::status(400, None), attempt, &standing, at(i64::from(attempt)), 1.0);
            let last = attempt == REFUSALS;
            assert_eq!(judged.state, if last { DeliveryState::Failed } else { DeliveryState::Waiting });
            assert_eq!(judged.suspended, None);
            standing = judged.standing;
        }
        assert_eq!(standing.retry_at, Some(at(15)));
        // The pauses of the next message are its own.
        let next = judge(&Answered::status(400, None), 1, &standing, at(20), 1.0);
        assert_eq!(next.standing.retry_at, Some(at(40)));
    }

    #[test]
    fn gone_is_gone() {
        let judged = judge(&Answered::status(410, None), 1, &Standing::default(), at(0), 0.0);
        assert_eq!(judged.state, DeliveryState::Failed);
        assert_eq!(judged.suspended.unwrap().reason, SuspensionReason::Gone);
    }

    #[test]
    fn the_receivers_wish_is_heard_within_reason() {
        let wish = |seconds| {
            let answered = Answered::status(429, Some(Duration::from_secs(seconds)));
            judge(&answered, 1, &Standing::default(), at(0), 0.0).standing.retry_at
        };
        assert_eq!((wish(1), wish(600), wish(1_000_000)), (Some(at(5)), Some(at(600)), Some(at(3600))));
    }

    proptest! {
        #[test]
        fn only_success_and_refusal_end_a_message(status in 100u16..600, attempts in 1u32..50, failures in 0u32..50) {
            let before = Standing { failures, failing_since: (failures > 0).then(|| at(0)), ..Standing::default() };
            let judged = judge(&Answered::status(status, None), attempts, &before, at(1000), 0.5);
            prop_assert_eq!(judged.state == DeliveryState::Sent, (200..300).contains(&status));
            if judged.state == DeliveryState::Failed {
                prop_assert!(status == 410 || (attempts >= REFUSALS && (300..500).contains(&status)));
            }
            prop_assert!(judged.state == DeliveryState::Sent || judged.standing.retry_at > Some(at(1000)));
        }
    }
}
