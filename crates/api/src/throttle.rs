//! Slows down guessing. A token is taken *before* a password is looked at, so two hundred parallel attempts get no
//! further than one after the other.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A bucket of tokens for every key. Memory is bounded: full buckets are the same as absent ones and are dropped.
#[derive(Debug)]
pub(crate) struct Throttle<K> {
    burst: f64,
    per_second: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// From this many keys on, those whose bucket is full again are forgotten at each attempt.
const SWEEP_FROM: usize = 10_000;

impl<K: Eq + Hash> Throttle<K> {
    /// `burst` attempts at once, then one every `refill`.
    pub(crate) fn new(burst: u32, refill: Duration) -> Self {
        Self { burst: f64::from(burst), per_second: 1.0 / refill.as_secs_f64(), buckets: Mutex::default() }
    }

    /// Takes a token, or tells how many seconds to wait for the next.
    pub(crate) fn take(&self, key: K) -> Result<(), u64> {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= SWEEP_FROM {
            buckets.retain(|_, bucket| self.tokens_at(*bucket, now) < self.burst);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: self.burst, at: now });
        let tokens = self.tokens_at(*bucket, now);
        if tokens < 1.0 {
            let seconds = Duration::from_secs_f64((1.0 - tokens) / self.per_second).as_secs();
            return Err(seconds + 1);
        }
        *bucket = Bucket { tokens: tokens - 1.0, at: now };
        Ok(())
    }

    fn tokens_at(&self, bucket: Bucket, now: Instant) -> f64 {
        let refilled = now.saturating_duration_since(bucket.at).as_secs_f64() * self.per_second;
        (bucket.tokens + refilled).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_one_at_a_time() {
        let throttle = Throttle::new(3, Duration::from_secs(10));
        for _ in 0..3 {
            assert_eq!(throttle.take("a"), Ok(()));
        }
        assert_eq!(throttle.take("a"), Err(11));
        assert_eq!(throttle.take("b"), Ok(()), "keys do not share");
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(throttle.take("a"), Ok(()));
        assert!(throttle.take("a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn keys_are_forgotten_when_they_no_longer_matter() {
        let throttle = Throttle::new(1, Duration::from_secs(1));
        for key in 0..SWEEP_FROM {
            assert_eq!(throttle.take(key), Ok(()));
        }
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(throttle.take(SWEEP_FROM), Ok(()));
        assert_eq!(throttle.buckets.lock().unwrap().len(), 1);
    }
}
