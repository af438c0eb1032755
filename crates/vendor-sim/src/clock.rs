//! The simulator's own time.
//!
//! Scans run on this clock, so a test can finish an hour-long scan by one call and a demonstration can run sixty
//! times faster than life. It follows real time multiplied by `speed` (0 stands still) plus whatever was advanced by
//! hand, and never goes backwards. This is the only file that looks at a real clock.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// An instant of virtual time, in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    pub const fn from_epoch_seconds(seconds: i64) -> Self {
        Moment(seconds.saturating_mul(1000))
    }

    pub fn epoch_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    pub fn plus(self, seconds: f64) -> Self {
        Moment(self.0.saturating_add((seconds * 1000.0) as i64))
    }

    /// Seconds from `earlier` to `self`, negative when `earlier` is later.
    pub fn since(self, earlier: Moment) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1000.0
    }

    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }

    /// In UTC, by a `strftime` pattern.
    pub fn format(self, pattern: &str) -> String {
        self.timestamp().to_zoned(jiff::tz::TimeZone::UTC).strftime(pattern).to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(formatter)
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Moment(timestamp.as_millisecond()))
    }
}

/// Shared handle on one virtual clock.
#[derive(Debug, Clone)]
pub struct Clock {
    reading: Arc<Mutex<Reading>>,
}

/// Virtual time was `at` when the real clock showed `real`.
#[derive(Debug)]
struct Reading {
    at: Moment,
    real: Instant,
    speed: f64,
}

impl Reading {
    fn now(&self, real: Instant) -> Moment {
        self.at.plus(real.saturating_duration_since(self.real).as_secs_f64() * self.speed)
    }

    fn move_to(&mut self, real: Instant) {
        self.at = self.now(real);
        self.real = real;
    }
}

impl Clock {
    /// Starts at `start`, or at the machine's present time.
    pub fn start(start: Option<Moment>, speed: f64) -> Self {
        let at = start.unwrap_or_else(wall_clock);
        Clock { reading: Arc::new(Mutex::new(Reading { at, real: Instant::now(), speed: speed.max(0.0) })) }
    }

    pub fn now(&self) -> Moment {
        self.with(|reading, real| reading.now(real))
    }

    pub fn speed(&self) -> f64 {
        self.with(|reading, _| reading.speed)
    }

    pub fn advance(&self, by: Duration) {
        self.with(|reading, real| {
            reading.move_to(real);
            reading.at = reading.at.plus(by.as_secs_f64());
        });
    }

    pub fn set_speed(&self, speed: f64) {
        self.with(|reading, real| {
            reading.move_to(real);
            reading.speed = speed.max(0.0);
        });
    }

    fn with<T>(&self, action: impl FnOnce(&mut Reading, Instant) -> T) -> T {
        action(&mut self.reading.lock().unwrap_or_else(PoisonError::into_inner), Instant::now())
    }
}

#[expect(clippy::disallowed_methods, reason = "a simulator started without a start time begins at the present")]
fn wall_clock() -> Moment {
    Moment(jiff::Timestamp::now().as_millisecond())
}
