//! When a scan launches itself.
//!
//! Tenable's products keep an iCalendar rule, a start time and a zone. The simulator honours the frequency and interval
//! of the rule and reads the start time as UTC; `BYDAY` and the zone are kept and shown but do not move the fires.

use crate::clock::Moment;
use crate::recurrence::{Recurrence, calendar_time, period, rule};

#[derive(Debug, Clone, Default)]
pub(crate) struct Schedule {
    pub(crate) enabled: bool,
    pub(crate) rrules: Option<String>,
    pub(crate) starttime: Option<String>,
    pub(crate) timezone: Option<String>,
    fires: Recurrence,
}

impl Schedule {
    /// As a client sets it; without rule and start time the scan runs on demand only.
    pub(crate) fn from_settings(
        rrules: Option<String>,
        starttime: Option<String>,
        timezone: Option<String>,
        now: Moment,
    ) -> Self {
        let fires = rrules.as_deref().map_or_else(Recurrence::default, |rrules| {
            let first = starttime.as_deref().and_then(calendar_time).unwrap_or(now);
            Recurrence::new(first, period(rrules))
        });
        let mut schedule = Schedule { enabled: true, rrules, starttime, timezone, fires };
        schedule.fires.skip_to(now);
        schedule
    }

    pub(crate) fn every(seconds: u64, first: Moment) -> Self {
        let seconds = seconds.max(1);
        Schedule {
            enabled: true,
            rrules: Some(rule(seconds)),
            starttime: Some(first.format("%Y%m%dT%H%M%S")),
            timezone: Some("UTC".to_owned()),
            fires: Recurrence::new(first, Some(seconds as f64)),
        }
    }

    /// When it fires next.
    pub(crate) fn next(&self) -> Option<Moment> {
        self.fires.next().filter(|_| self.enabled)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.rrules.is_some()
    }

    pub(crate) fn enable(&mut self, enabled: bool, now: Moment) {
        self.enabled = enabled;
        self.fires.skip_to(now);
    }

    /// Takes the next fire that is due.
    pub(crate) fn due(&mut self, now: Moment) -> Option<Moment> {
        if !self.enabled {
            return None;
        }
        self.fires.due(now)
    }
}
