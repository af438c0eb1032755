//! What to do about nominal times that have come, or have passed while nobody looked.

use std::time::Duration;

use super::Timetable;
use crate::Timestamp;

/// A nominal time is made up for within this time; later it counts as missed.
pub const MISFIRE_GRACE: Duration = Duration::from_hours(1);

/// The most missed times listed one by one after one absence: the newest. The others are only counted.
pub const LISTED: usize = 100;

/// Nominal times walked through one by one after an absence: a month of every minute. What lies before the last of
/// them is skipped without a count.
const WALKED: usize = 50_000;

/// What the nominal times up to now amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Passed unserved, oldest first; at most [`LISTED`].
    pub missed: Vec<Timestamp>,
    /// How many more there were, before the listed ones.
    pub unlisted: usize,
    /// To run now, once, for all that passed: the newest, if it is no older than the grace.
    pub run: Option<Timestamp>,
    /// The first nominal time that lies ahead.
    pub next: Option<Timestamp>,
}

/// Judges all nominal times from `first` (itself one) to `now`.
#[must_use]
pub fn due(timetable: &Timetable, first: Timestamp, now: Timestamp, grace: Duration) -> Due {
    let mut passed = std::collections::VecDeque::new();
    let mut unlisted = 0;
    let mut next = None;
    let nominal = std::iter::once(first).chain(timetable.fires_after(first));
    for (walked, nominal) in nominal.enumerate() {
        if nominal > now || walked >= WALKED {
            next = Some(nominal);
            break;
        }
        passed.push_back(nominal);
        if passed.len() > LISTED + 1 {
            passed.pop_front();
            unlisted += 1;
        }
    }
    if next.is_some_and(|next| next <= now) {
        next = timetable.next_fire(now);
    }
    let run = passed.pop_back_if(|newest| now.since(*newest) <= grace);
    if run.is_none() && passed.len() > LISTED {
        passed.pop_front();
        unlisted += 1;
    }
    Due { missed: passed.into(), unlisted, run, next }
}
