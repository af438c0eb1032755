//! The share of an instance's patience that we use: requests a minute, requests at once, and a pause when the vendor
//! asks for one. Per integration, so that one vendor's limit never delays another's poll.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::limits::HttpLimits;

/// For `GET /integrations/{id}/health`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BudgetView {
    pub requests_per_minute: u32,
    /// Requests that could be sent at this instant.
    pub available: u32,
    /// The vendor's wish: no call for so long.
    pub held_for_seconds: u64,
    pub in_flight: usize,
    pub concurrency: usize,
}

#[derive(Debug)]
pub(crate) struct Budget {
    interval: Duration,
    burst: u32,
    requests_per_minute: u32,
    places: Mutex<Places>,
    pace: Mutex<Pace>,
}

/// How many requests may be under way at once.
#[derive(Clone, Debug)]
struct Places {
    allowed: usize,
    /// Replaced when fewer are allowed; what is under way then ends by the old measure.
    free: Arc<Semaphore>,
}

impl Places {
    fn new(allowed: usize) -> Self {
        Self { allowed, free: Arc::new(Semaphore::new(allowed)) }
    }
}

/// GCRA: one instant is all the state a rate needs.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// When the account will be even again.
    even_at: Instant,
    held_until: Instant,
}

/// Not now: the caller should come back after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted(pub(crate) Duration);

impl Budget {
    pub(crate) fn new(limits: &HttpLimits) -> Self {
        let requests_per_minute = limits.requests_per_minute.max(1);
        let concurrency = limits.concurrency.max(1);
        let now = Instant::now();
        Self {
            interval: Duration::from_mins(1) / requests_per_minute,
            burst: limits.burst.max(1),
            requests_per_minute,
            places: Mutex::new(Places::new(concurrency)),
            pace: Mutex::new(Pace { even_at: now, held_until: now }),
        }
    }

    /// Waits for a place and a slot, but not longer than `patience`; a pause that the vendor asked for is not waited
    /// for at all when it is longer than that.
    pub(crate) async fn acquire(&self, patience: Duration) -> Result<OwnedSemaphorePermit, Exhausted> {
        let deadline = Instant::now() + patience;
        let held = self.pace().held_until.saturating_duration_since(Instant::now());
        if held > patience {
            return Err(Exhausted(held));
        }
        let place = match tokio::time::timeout_at(deadline, self.places().free.acquire_owned()).await {
            Ok(Ok(place)) => place,
            Ok(Err(_)) | Err(_) => return Err(Exhausted(patience)),
        };
        let slot = self.reserve(deadline)?;
        tokio::time::sleep_until(slot).await;
        Ok(place)
    }

    fn reserve(&self, deadline: Instant) -> Result<Instant, Exhausted> {
        let now = Instant::now();
        let mut pace = self.pace();
        let even_at = pace.even_at.max(now);
        let credit = self.interval * (self.burst - 1);
        let slot = even_at.checked_sub(credit).unwrap_or(now).max(now).max(pace.held_until);
        if slot > deadline {
            return Err(Exhausted(slot.saturating_duration_since(now)));
        }
        pace.even_at = even_at.max(slot) + self.interval;
        Ok(slot)
    }

    /// No call before this time has passed.
    pub(crate) fn hold(&self, pause: Duration) {
        let mut pace = self.pace();
        pace.held_until = pace.held_until.max(Instant::now() + pause);
    }

    /// The vendor serves only so many at once. Never raises our own limit.
    pub(crate) fn limit_concurrency(&self, places: usize) {
        let mut known = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if (1..known.allowed).contains(&places) {
            *known = Places::new(places);
        }
    }

    pub(crate) fn view(&self) -> BudgetView {
        let now = Instant::now();
        let places = self.places();
        let pace = *self.pace();
        let owed = pace.even_at.saturating_duration_since(now);
        let used = u32::try_from(owed.as_nanos().div_ceil(self.interval.as_nanos().max(1))).unwrap_or(u32::MAX);
        BudgetView {
            requests_per_minute: self.requests_per_minute,
            available: self.burst.saturating_sub(used),
            held_for_seconds: pace.held_until.saturating_duration_since(now).as_millis().div_ceil(1000) as u64,
            in_flight: places.allowed - places.free.available_permits().min(places.allowed),
            concurrency: places.allowed,
        }
    }

    fn places(&self) -> Places {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(requests_per_minute: u32, burst: u32, concurrency: usize) -> Budget {
        Budget::new(&HttpLimits { requests_per_minute, burst, concurrency, ..HttpLimits::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_then_the_rate_binds() {
        let budget = budget(60, 3, 10);
        let start = Instant::now();
        for _ in 0..5 {
            drop(budget.acquire(Duration::from_mins(1)).await.unwrap());
        }
        assert_eq!(start.elapsed().as_secs(), 2);
        assert_eq!(budget.view().available, 0);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(budget.view().available, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn fm_b02_a_pause_is_kept_and_a_long_one_is_not_sat_out() {
        let budget = budget(600, 10, 10);
        budget.hold(Duration::from_secs(7));
        assert_eq!(budget.acquire(Duration::from_secs(5)).await.unwrap_err(), Exhausted(Duration::from_secs(7)));
        assert_eq!(budget.view().held_for_seconds, 7);
        let start = Instant::now();
        drop(budget.acquire(Duration::from_secs(30)).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_at_once() {
        let budget = budget(6000, 100, 2);
        let first = budget.acquire(Duration::from_secs(1)).await.unwrap();
        let _second = budget.acquire(Duration::from_secs(1)).await.unwrap();
        assert_eq!(budget.view().in_flight, 2);
        assert!(budget.acquire(Duration::from_secs(1)).await.is_err());
        drop(first);
        assert!(budget.acquire(Duration::from_secs(1)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_vendor_may_allow_fewer_at_once_but_not_more() {
        let budget = budget(6000, 100, 4);
        let under_way = budget.acquire(Duration::from_secs(1)).await.unwrap();
        budget.limit_concurrency(2);
        for no_limit in [0, 9] {
            budget.limit_concurrency(no_limit);
        }
        assert_eq!(budget.view().concurrency, 2);
        let _both = (budget.acquire(Duration::from_secs(1)).await, budget.acquire(Duration::from_secs(1)).await);
        assert_eq!(budget.view().in_flight, 2);
        assert!(budget.acquire(Duration::from_secs(1)).await.is_err());
        drop(under_way);
        assert!(budget.acquire(Duration::from_secs(1)).await.is_err(), "it had a place of before");
    }
}
