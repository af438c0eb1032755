//! How long to wait after the n-th failure in a row. Doubling with a cap, plus jitter so that many clients of one
//! recovering service do not come back in the same instant. The random part is an argument.

use std::time::Duration;

/// A doubling schedule between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub cap: Duration,
}

impl Backoff {
    /// For the `failures`-th failure in a row (1-based). `random` is uniform in `0.0..1.0` and spreads the delay
    /// over its upper half, so that the delay never falls below half its nominal length.
    #[must_use]
    pub fn delay(&self, failures: u32, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        let nominal = self.first.saturating_mul(1 << doublings).min(self.cap);
        nominal.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_cap_and_stays_in_bounds() {
        let backoff = Backoff { first: Duration::from_secs(5), cap: Duration::from_mins(5) };
        assert_eq!(backoff.delay(1, 1.0), Duration::from_secs(5));
        assert_eq!(backoff.delay(2, 1.0), Duration::from_secs(10));
        assert_eq!(backoff.delay(400, 1.0), Duration::from_mins(5));
        assert_eq!(backoff.delay(1, 0.0), Duration::from_millis(2500));
    }
}
