//! The real clock, the real source of ids and real chance: the only place in the hub that reads any of them.

use std::fmt;

use scanhelm_core::{Clock, Ids, Timestamp};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the system clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

/// Ordered UUIDv7, also within one millisecond.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Where the hub's dice fall: jitter, and the tokens by which it recognises the scans it asked vendors for. Secrets
/// never come from here, but from [`random_token`].
pub trait Chance: Send + Sync + fmt::Debug {
    /// Uniform in `0.0..1.0`.
    fn uniform(&self) -> f64;

    /// Lower-case hex, at least 24 digits; unlike any other.
    fn token(&self) -> String;
}

#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn uniform(&self) -> f64 {
        jitter()
    }

    fn token(&self) -> String {
        random_token()
    }
}

/// Uniform in `0.0..1.0`, for jitter.
#[must_use]
pub fn jitter() -> f64 {
    rand::random::<f64>()
}

/// 256 random bits as lower-case hex, for tokens.
#[must_use]
pub fn random_token() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}
