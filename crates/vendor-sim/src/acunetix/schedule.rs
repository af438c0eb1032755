//! When a scan starts by itself.
//!
//! A scan that is created with neither a start date nor a recurrence starts at once. A recurrence is text such as
//! `DTSTART:20180112T003000Z\nFREQ=WEEKLY;INTERVAL=1`; its frequency and interval are honoured. What `triggerable`
//! forbids is not documented, so a trigger is accepted whatever it says. `time_sensitive` is kept and shown; no fire is
//! ever missed here.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refused, time};
use crate::clock::Moment;
use crate::recurrence::{Recurrence, calendar_time, period, rule};

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ScheduleOrder {
    #[serde(default)]
    disable: bool,
    #[serde(default)]
    time_sensitive: bool,
    #[serde(default)]
    history_limit: Option<u32>,
    #[serde(default)]
    start_date: Option<String>,
    #[serde(default)]
    recurrence: Option<String>,
    #[serde(default)]
    triggerable: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Schedule {
    disable: bool,
    time_sensitive: bool,
    history_limit: u32,
    start_date: Option<Moment>,
    recurrence: Option<String>,
    triggerable: bool,
    fires: Recurrence,
}

impl Schedule {
    /// Starts only when told to.
    pub(super) fn on_demand() -> Self {
        Schedule {
            disable: false,
            time_sensitive: false,
            history_limit: 0,
            start_date: None,
            recurrence: None,
            triggerable: true,
            fires: Recurrence::default(),
        }
    }

    /// Kept, but never due.
    pub(super) fn disabled() -> Self {
        Schedule { disable: true, ..Schedule::on_demand() }
    }

    pub(super) fn every(seconds: u64, first: Moment) -> Self {
        let seconds = seconds.max(1);
        Schedule {
            recurrence: Some(format!("DTSTART:{}\n{}", first.format("%Y%m%dT%H%M%SZ"), rule(seconds))),
            fires: Recurrence::new(first, Some(seconds as f64)),
            ..Schedule::on_demand()
        }
    }

    /// As a client sets it.
    pub(super) fn ordered(order: ScheduleOrder, now: Moment) -> Answer<Self> {
        let start_date = order
            .start_date
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(|text| moment(text).ok_or_else(|| Refused::invalid("schedule.start_date: not a date and time")))
            .transpose()?;
        let recurrence = order.recurrence.filter(|text| !text.is_empty());
        let fires = match &recurrence {
            None => start_date.map_or_else(Recurrence::default, |at| Recurrence::new(at, None)),
            Some(text) => {
                let every = text.lines().find_map(|line| period(line.trim_start_matches("RRULE:")));
                let every = every.ok_or_else(|| Refused::invalid("schedule.recurrence: no frequency that is known"))?;
                let first = text.lines().find_map(|line| calendar_time(line.strip_prefix("DTSTART:")?));
                Recurrence::new(first.or(start_date).unwrap_or(now), Some(every))
            }
        };
        if order.history_limit.is_some_and(|limit| limit > 10) {
            return Err(Refused::invalid("schedule.history_limit: more than 10"));
        }
        let mut schedule = Schedule {
            disable: order.disable,
            time_sensitive: order.time_sensitive,
            history_limit: order.history_limit.unwrap_or(0),
            start_date,
            recurrence,
            triggerable: order.triggerable,
            fires,
        };
        if schedule.recurrence.is_some() {
            schedule.fires.skip_to(now);
        }
        Ok(schedule)
    }

    /// Whether a scan with this schedule starts as soon as it is made.
    pub(super) fn starts_at_once(&self) -> bool {
        !self.disable && self.start_date.is_none() && self.recurrence.is_none()
    }

    pub(super) fn history_limit(&self) -> Option<usize> {
        (self.history_limit > 0).then_some(self.history_limit as usize)
    }

    pub(super) fn next(&self) -> Option<Moment> {
        self.fires.next().filter(|_| !self.disable)
    }

    /// Takes the next fire that is due.
    pub(super) fn due(&mut self, now: Moment) -> Option<Moment> {
        if self.disable { None } else { self.fires.due(now) }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "disable": self.disable,
            "time_sensitive": self.time_sensitive,
            "history_limit": self.history_limit,
            "start_date": self.start_date.map(time),
            "recurrence": self.recurrence,
            "triggerable": self.triggerable,
        })
    }
}

fn moment(text: &str) -> Option<Moment> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Moment::from_epoch_seconds(at.as_second()))
}
