//! Days in UTC, and the period that is asked about.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::{Error, Result, Timestamp};

const MILLIS: i64 = 86_400_000;

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    #[must_use]
    pub const fn of(time: Timestamp) -> Self {
        Self(time.as_millis().div_euclid(MILLIS))
    }

    /// Days since 1970-01-01, as the store groups by them.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its midnight.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(MILLIS))
    }
}

/// `2026-11-22`
impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start().to_string();
        formatter.write_str(start.split_once('T').map_or(start.as_str(), |(date, _)| date))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From one instant up to, and without, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Period {
    /// What is shown when nobody says more.
    const USUAL: Duration = Duration::from_hours(30 * 24);
    const LONGEST: Duration = Duration::from_hours(366 * 24);

    /// The period that is asked for; without an end up to `now`, without a beginning the 30 days before the end.
    ///
    /// # Errors
    /// `invalid_input` at the field when the beginning is not before the end, or the period is longer than 366 days.
    pub fn new(from: Option<Timestamp>, to: Option<Timestamp>, now: Timestamp) -> Result<Self> {
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| to.minus(Self::USUAL));
        if from >= to {
            return Err(Error::field("from", "out_of_range", "The period must begin before it ends."));
        }
        if to.since(from) > Self::LONGEST {
            let detail = "The period may have 366 days at most; ask for a shorter one.";
            return Err(Error::field("from", "out_of_range", detail));
        }
        Ok(Self { from, to })
    }

    /// Every day of which it has a part.
    pub fn days(self) -> impl Iterator<Item = Day> {
        let last = Timestamp::from_millis(self.to.as_millis().saturating_sub(1));
        (Day::of(self.from).0..=Day::of(last).0).map(Day)
    }
}
