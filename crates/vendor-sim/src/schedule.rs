//! When a scan launches itself.
//!
//! Nessus keeps an iCalendar rule, a start time and a zone. The simulator honours the frequency and interval of the
//! rule and reads the start time as UTC; `BYDAY` and the zone are kept and shown but do not move the fires.

use crate::clock::Moment;

/// After a long jump of the clock only the last so many fires happen.
const MOST_CATCH_UP: f64 = 20.0;

#[derive(Debug, Clone, Default)]
pub(crate) struct Schedule {
    pub(crate) enabled: bool,
    pub(crate) rrules: Option<String>,
    pub(crate) starttime: Option<String>,
    pub(crate) timezone: Option<String>,
    next: Option<Moment>,
    every: Option<f64>,
}

impl Schedule {
    /// As a client sets it; without rule and start time the scan runs on demand only.
    pub(crate) fn from_settings(
        rrules: Option<String>,
        starttime: Option<String>,
        timezone: Option<String>,
        now: Moment,
    ) -> Self {
        let every = rrules.as_deref().and_then(period);
        let first = rrules.as_ref().map(|_| starttime.as_deref().and_then(start).unwrap_or(now));
        let mut schedule = Schedule { enabled: true, rrules, starttime, timezone, next: first, every };
        schedule.skip_to(now);
        schedule
    }

    pub(crate) fn every(seconds: u64, first: Moment) -> Self {
        let seconds = seconds.max(1);
        let rule = match seconds {
            whole if whole % 3600 == 0 => format!("FREQ=HOURLY;INTERVAL={}", whole / 3600),
            other => format!("FREQ=MINUTELY;INTERVAL={}", (other / 60).max(1)),
        };
        Schedule {
            enabled: true,
            rrules: Some(rule),
            starttime: Some(first.format("%Y%m%dT%H%M%S")),
            timezone: Some("UTC".to_owned()),
            next: Some(first),
            every: Some(seconds as f64),
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.rrules.is_some()
    }

    pub(crate) fn enable(&mut self, enabled: bool, now: Moment) {
        self.enabled = enabled;
        self.skip_to(now);
    }

    /// Takes the next fire that is due.
    pub(crate) fn due(&mut self, now: Moment) -> Option<Moment> {
        if !self.enabled {
            return None;
        }
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

    fn skip_to(&mut self, now: Moment) {
        let Some(next) = self.next.filter(|next| *next < now) else { return };
        self.next = self.every.map(|every| next.plus((now.since(next) / every).ceil() * every));
    }
}

fn period(rule: &str) -> Option<f64> {
    let part = |name: &str| rule.split(';').find_map(|part| part.strip_prefix(name));
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

fn start(text: &str) -> Option<Moment> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", text).ok()?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Moment::from_epoch_seconds(zoned.timestamp().as_second()))
}
