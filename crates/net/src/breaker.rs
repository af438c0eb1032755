//! The circuit breaker of one integration: a pure state machine, shown to people as data.
//!
//! After some failures in a row calls are refused at once for a while, so that a dead vendor costs nothing; then one
//! call is let through to look. Any definite answer, even a refusal, proves that the vendor is alive.

use scanhelm_core::Timestamp;
use scanhelm_core::backoff::Backoff;
use scanhelm_core::integration::ConditionKind;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Calls are refused until `open_until`.
    Open,
    /// One call is out to look whether it works again.
    HalfOpen,
}

/// For `GET /integrations/{id}/health`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BreakerView {
    pub state: BreakerState,
    pub failures_in_a_row: u32,
    pub open_until: Option<Timestamp>,
    pub because: Option<ConditionKind>,
}

/// Why a call was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shut {
    pub(crate) until: Timestamp,
    pub(crate) because: ConditionKind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Breaker {
    threshold: u32,
    pause: Backoff,
    state: BreakerState,
    failures: u32,
    until: Timestamp,
    because: Option<ConditionKind>,
}

impl Breaker {
    pub(crate) fn new(threshold: u32, pause: Backoff) -> Self {
        Self {
            threshold: threshold.max(1),
            pause,
            state: BreakerState::Closed,
            failures: 0,
            until: Timestamp::default(),
            because: None,
        }
    }

    /// Lets a call through or not. A call that was let through must end in one of the three methods below.
    pub(crate) fn admit(&mut self, now: Timestamp) -> Result<(), Shut> {
        match self.state {
            BreakerState::Closed => Ok(()),
            BreakerState::Open if now >= self.until => {
                self.state = BreakerState::HalfOpen;
                Ok(())
            }
            BreakerState::Open | BreakerState::HalfOpen => {
                Err(Shut { until: self.until.max(now), because: self.because.unwrap_or(ConditionKind::Unreachable) })
            }
        }
    }

    pub(crate) fn succeeded(&mut self) {
        self.state = BreakerState::Closed;
        self.failures = 0;
        self.because = None;
    }

    pub(crate) fn failed(&mut self, because: ConditionKind, now: Timestamp, random: f64) {
        self.failures = self.failures.saturating_add(1);
        self.because = Some(because);
        if self.failures >= self.threshold {
            self.state = BreakerState::Open;
            let openings = self.failures - self.threshold + 1;
            self.until = now.plus(self.pause.delay(openings, random));
        }
    }

    /// The caller went away: nothing was learnt, so the next may look.
    pub(crate) fn abandoned(&mut self) {
        if self.state == BreakerState::HalfOpen {
            self.state = BreakerState::Open;
        }
    }

    pub(crate) fn view(&self) -> BreakerView {
        BreakerView {
            state: self.state,
            failures_in_a_row: self.failures,
            open_until: (self.state != BreakerState::Closed).then_some(self.until),
            because: self.because,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const PAUSE: Backoff = Backoff { first: Duration::from_secs(10), cap: Duration::from_secs(60) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn opens_after_the_threshold_probes_once_and_closes_alone() {
        let mut breaker = Breaker::new(2, PAUSE);
        breaker.failed(ConditionKind::Timeout, at(0), 1.0);
        assert!(breaker.admit(at(0)).is_ok());
        breaker.failed(ConditionKind::VendorError, at(0), 1.0);
        assert_eq!(breaker.admit(at(9)), Err(Shut { until: at(10), because: ConditionKind::VendorError }));
        assert!(breaker.admit(at(10)).is_ok(), "one call looks");
        assert!(breaker.admit(at(10)).is_err(), "only one");
        breaker.failed(ConditionKind::VendorError, at(10), 1.0);
        assert_eq!(breaker.view().open_until, Some(at(30)), "twice as long");
        assert!(breaker.admit(at(30)).is_ok());
        breaker.succeeded();
        assert_eq!(breaker.view().state, BreakerState::Closed);
        assert!(breaker.admit(at(30)).is_ok() && breaker.admit(at(30)).is_ok());
    }

    #[test]
    fn an_abandoned_look_does_not_lock_the_door() {
        let mut breaker = Breaker::new(1, PAUSE);
        breaker.failed(ConditionKind::Timeout, at(0), 1.0);
        assert!(breaker.admit(at(10)).is_ok());
        breaker.abandoned();
        assert!(breaker.admit(at(10)).is_ok());
    }

    proptest! {
        /// Whatever happens, the door opens again within the longest pause.
        #[test]
        fn is_never_shut_for_ever(outcomes in prop::collection::vec(0u8..3, 0..60)) {
            let mut breaker = Breaker::new(3, PAUSE);
            let mut now = 0;
            for outcome in outcomes {
                now += 1;
                if breaker.admit(at(now)).is_ok() {
                    match outcome {
                        0 => breaker.succeeded(),
                        1 => breaker.failed(ConditionKind::Timeout, at(now), 0.5),
                        _ => breaker.abandoned(),
                    }
                }
            }
            prop_assert!(breaker.admit(at(now + 61)).is_ok());
        }
    }
}
