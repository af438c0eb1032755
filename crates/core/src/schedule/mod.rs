//! When scheduled scans run: pure arithmetic over a cron expression, a time zone and a clock that is an argument.
//!
//! # The rule for changing clocks
//!
//! - A schedule that names its times (`30 2 * * *`, `30 2,14 * * 1-5`) runs once for each time it names. A time that
//!   the clock skips runs in the first moment after the gap (several in one gap make one run); a time that the clock
//!   shows twice runs the first time.
//! - A schedule whose minute or hour begins with `*` (`*/30 * * * *`) means "again and again" and follows the clock:
//!   skipped times are skipped, an hour that comes twice is served twice. Its rhythm in real time stays.
//!
//! These are the rules of Vixie cron. They are our own code because the crates of October 2026 read them otherwise
//! (measured with croner 4.0.3 and cronexpr 1.7.0 over jiff, Europe/Berlin 2026): both lose `30 2,14 * * *` in the
//! spring gap and run it twice in autumn, croner's `*/2` in the day of month is joined by "or" to the day of week,
//! cronexpr finds no 29 February beyond 2100 and neither tells an impossible date from one that is merely far away.
//! What is hard, the zones and their history, is jiff's.

mod cron;
mod ending;
mod missed;
mod record;
mod zone;

pub use cron::Cron;
pub use ending::{Ending, START_PROOF, ending};
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, ToSpan};
pub use missed::{Due, LISTED, MISFIRE_GRACE, due};
pub use record::{RunOutcome, RunResult, Schedule, ScheduleRun, SuspendReason};
pub use zone::Zone;

use crate::{Result, Timestamp};

/// No zone has ever skipped more than a day.
const LONGEST_GAP: SignedDuration = SignedDuration::from_hours(25);

/// A cron expression in its time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timetable {
    pub cron: Cron,
    pub zone: Zone,
}

impl Timetable {
    /// Reads both; what is wrong with either is named at once, under the fields `cron` and `tz`.
    pub fn read(cron: &str, zone: &str) -> Result<Self> {
        match (cron.parse::<Cron>(), zone.parse::<Zone>()) {
            (Ok(cron), Ok(zone)) => Ok(Self { cron, zone }),
            (Err(cron), Err(zone)) => Err(crate::Error::fields([cron.fields, zone.fields].concat())),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        }
    }

    /// The first nominal time after `after`; whole minutes in the zone. `None` only at the end of the calendar.
    #[must_use]
    pub fn next_fire(&self, after: Timestamp) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_millisecond(after.as_millis()).ok()?;
        let next = if self.cron.follows_the_clock() { self.next_shown(after) } else { self.next_named(after) };
        next.map(|next| Timestamp::from_millis(next.as_millisecond()))
    }

    /// The nominal times after `after`, in order.
    pub fn fires_after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next_fire(after), |last| self.next_fire(*last))
    }

    /// Each named local time is one instant: the end of the gap it falls into, or its first occurrence. Local times and
    /// their instants have one order, so the first instant that is late enough is the next.
    fn next_named(&self, after: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let rules = &self.zone.rules;
        let mut from = rules.to_datetime(after).checked_sub(LONGEST_GAP).ok()?;
        loop {
            let local = self.cron.first_from(from)?;
            let ambiguous = rules.to_ambiguous_timestamp(local);
            let instant = match ambiguous.offset() {
                AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok()?,
                AmbiguousOffset::Gap { before, .. } => {
                    // Read by the old offset it is still ahead of the change by less than the gap.
                    let late = before.to_timestamp(local).ok()?;
                    rules.preceding(late.checked_add(1.second()).ok()?).next()?.timestamp()
                }
            };
            if instant > after {
                return Some(instant);
            }
            from = local.checked_add(1.minute()).ok()?;
        }
    }

    /// Between two changes of the clock the offset is one, and local time as regular as real time: search stretch by
    /// stretch.
    fn next_shown(&self, after: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let rules = &self.zone.rules;
        // The first instant that may be answered.
        let mut from = after.checked_add(1.millisecond()).ok()?;
        loop {
            let offset = rules.to_offset(from);
            let end = rules.following(from).next().map(|change| change.timestamp());
            let instant = offset.to_timestamp(self.cron.first_from(offset.to_datetime(from))?).ok()?;
            match end {
                Some(end) if instant >= end => from = end,
                _ => return Some(instant),
            }
        }
    }
}

#[cfg(test)]
mod tests;
