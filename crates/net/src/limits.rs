//! How much of our time, memory and patience one instance may take.

use std::time::Duration;

use scanhelm_core::backoff::Backoff;

/// Bounds of the calls to one integration. The default suits a single appliance; the hub may tighten it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HttpLimits {
    /// DNS, TCP and TLS together.
    pub connect: Duration,
    /// Longest silence: until the answer begins, and between two pieces of its body.
    pub silence: Duration,
    /// One call with its repetitions, from the first byte sent to the last received.
    pub total: Duration,
    /// The same for a download.
    pub download_total: Duration,
    /// A body that comes slower than this is given up.
    pub min_bytes_per_second: u64,
    /// Over which time the pace is measured.
    pub pace_window: Duration,
    /// Decoded bytes of an answer that is held in memory.
    pub body_bytes: u64,
    /// Requests a minute, on average, and how many may come at once.
    pub requests_per_minute: u32,
    pub burst: u32,
    /// Longest wait for a slot of our own budget, and the longest pause wished by the vendor that is sat out.
    pub patience: Duration,
    /// Requests in flight at once.
    pub concurrency: usize,
    /// Attempts of an idempotent read, the first included.
    pub read_attempts: u32,
    pub backoff: Backoff,
    /// Wait when the vendor says "slow down" without saying how long.
    pub rate_limit_pause: Duration,
    /// The longest wish of the vendor that is honoured.
    pub max_retry_after: Duration,
    /// Failures in a row that open the breaker, and how long it stays open.
    pub breaker_failures: u32,
    pub breaker_pause: Backoff,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            total: Duration::from_secs(180),
            download_total: Duration::from_hours(1),
            min_bytes_per_second: 256,
            pace_window: Duration::from_secs(30),
            body_bytes: 64 * 1024 * 1024,
            requests_per_minute: 240,
            burst: 30,
            patience: Duration::from_secs(15),
            concurrency: 4,
            read_attempts: 3,
            backoff: Backoff { first: Duration::from_millis(400), cap: Duration::from_secs(5) },
            rate_limit_pause: Duration::from_secs(30),
            max_retry_after: Duration::from_hours(1),
            breaker_failures: 5,
            breaker_pause: Backoff { first: Duration::from_secs(15), cap: Duration::from_mins(5) },
        }
    }
}
