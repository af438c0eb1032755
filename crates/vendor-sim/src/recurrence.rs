//! When something repeats: the frequency and interval of an iCalendar rule on virtual time.
//!
//! `BYDAY` and the other parts that move single fires within a period are not honoured; a month has thirty days and a
//! year 365.

use crate::clock::Moment;

/// After a long jump of the clock only the last so many fires happen.
const MOST_CATCH_UP: f64 = 20.0;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Recurrence {
    next: Option<Moment>,
    every: Option<f64>,
}

impl Recurrence {
    /// Fires at `first` and then every so many seconds, or once.
    pub(crate) fn new(first: Moment, every: Option<f64>) -> Self {
        Recurrence { next: Some(first), every }
    }

    pub(crate) fn next(&self) -> Option<Moment> {
        self.next
    }

    /// Takes the next fire that is due.
    pub(crate) fn due(&mut self, now: Moment) -> Option<Moment> {
        let mut at = self.next.filter(|at| *at <= now)?;
        if let Some(every) = self.every {
            let missed = (now.since(at) / every).floor();
            if missed > MOST_CATCH_UP {
                at = at.plus((missed - MOST_CATCH_UP) * every);
            }
        }
        self.next = self.every.map(|every| at.plus(every));
        Some(at)
    }

    /// Drops the fires before `now`.
    pub(crate) fn skip_to(&mut self, now: Moment) {
        let Some(next) = self.next.filter(|next| *next < now) else { return };
        self.next = self.every.map(|every| next.plus((now.since(next) / every).ceil() * every));
    }
}

/// Seconds between the fires of a rule such as `FREQ=WEEKLY;INTERVAL=2`; `None` when it has no known frequency.
pub(crate) fn period(rule: &str) -> Option<f64> {
    let part = |name: &str| rule.split(';').find_map(|part| part.trim().strip_prefix(name));
    let day = 86_400.0;
    let unit = match part("FREQ=")? {
        "MINUTELY" => 60.0,
        "HOURLY" => 3600.0,
        "DAILY" => day,
        "WEEKLY" => 7.0 * day,
        "MONTHLY" => 30.0 * day,
        "YEARLY" => 365.0 * day,
        _ => return None,
    };
    let interval: u32 = part("INTERVAL=").and_then(|interval| interval.parse().ok()).unwrap_or(1);
    Some(unit * f64::from(interval.max(1)))
}

/// The rule of something that happens every so many seconds.
pub(crate) fn rule(seconds: u64) -> String {
    match seconds {
        whole if whole % 3600 == 0 => format!("FREQ=HOURLY;INTERVAL={}", whole / 3600),
        other => format!("FREQ=MINUTELY;INTERVAL={}", (other / 60).max(1)),
    }
}

/// A moment written as iCalendar does, `20180112T003000Z`; without a zone it is read as UTC.
pub(crate) fn calendar_time(text: &str) -> Option<Moment> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", text.trim_end_matches('Z')).ok()?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Moment::from_epoch_seconds(zoned.timestamp().as_second()))
}
