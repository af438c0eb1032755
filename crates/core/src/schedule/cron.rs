//! Cron expressions of five fields, as Vixie cron reads them.
//!
//! Minute, hour, day of month, month, day of week; lists, ranges, steps of a range or of `*`, and the English names of
//! months and days. A day fits when both day fields fit, unless both are restricted: then one is enough, as every
//! crontab has it since Vixie. Nothing else is read: no seconds, no years, no `@daily`, no `L`, `W`, `#` or `?`, no
//! `5/10` and no range that runs backwards, because each of these means different things to different programs; the
//! refusal says what to write instead.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan};

use crate::{Error, Result};

/// The calendar repeats a weekday on 29 February after at most 40 years (28, and 12 more over 2100).
const SEARCHED_YEARS: i64 = 41;

/// A set of small numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Set(u64);

impl Set {
    const fn has(self, number: u32) -> bool {
        self.0 >> number & 1 == 1
    }

    /// The smallest member that is not below `from`.
    const fn next(self, from: u32) -> Option<u32> {
        if from > 63 {
            return None;
        }
        match self.0 >> from {
            0 => None,
            rest => Some(from + rest.trailing_zeros()),
        }
    }
}

/// One of the five places.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const MINUTE: Field = Field { name: "minute", low: 0, high: 59, names: &[] };
const HOUR: Field = Field { name: "hour", low: 0, high: 23, names: &[] };
const DAY: Field = Field { name: "day of month", low: 1, high: 31, names: &[] };
const MONTH: Field = Field { name: "month", low: 1, high: 12, names: MONTHS };
/// Sunday is 0 and 7.
const WEEKDAY: Field = Field { name: "day of week", low: 0, high: 7, names: WEEKDAYS };

/// A read expression. Compares by the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    /// As it was written, with single blanks.
    text: String,
    minutes: Set,
    hours: Set,
    days: Set,
    months: Set,
    weekdays: Set,
    /// Both day fields are restricted: one of them is enough.
    either_day: bool,
    follows_the_clock: bool,
}

impl Cron {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Minute or hour begins with `*`: the schedule means "again and again" rather than "at this time of day", which
    /// matters when clocks change.
    #[must_use]
    pub const fn follows_the_clock(&self) -> bool {
        self.follows_the_clock
    }

    /// Whether the minute in which `time` lies is one of the schedule's.
    #[must_use]
    pub fn fits(&self, time: DateTime) -> bool {
        self.fits_date(time.date()) && self.hours.has(number(time.hour())) && self.minutes.has(number(time.minute()))
    }

    /// The first fitting minute that is not before `from`, as the wall clock counts. `None` when there is none in the
    /// years that matter.
    pub(super) fn first_from(&self, from: DateTime) -> Option<DateTime> {
        let from = if from.second() == 0 && from.subsec_nanosecond() == 0 {
            from
        } else {
            start_of_minute(from)?.checked_add(1.minute()).ok()?
        };
        let last = from.date().checked_add(Span::new().years(SEARCHED_YEARS)).unwrap_or(Date::MAX);
        let mut date = from.date();
        let mut earliest = (number(from.hour()), number(from.minute()));
        while date <= last {
            if !self.months.has(number(date.month())) {
                date = date.last_of_month().tomorrow().ok()?;
            } else {
                if self.fits_date(date)
                    && let Some((hour, minute)) = self.time_from(earliest)
                {
                    return date.to_datetime(jiff::civil::Time::midnight()).checked_add(minutes(hour, minute)).ok();
                }
                date = date.tomorrow().ok()?;
            }
            earliest = (0, 0);
        }
        None
    }

    fn time_from(&self, (hour, minute): (u32, u32)) -> Option<(u32, u32)> {
        let first = self.hours.next(hour)?;
        if first == hour
            && let Some(minute) = self.minutes.next(minute)
        {
            return Some((hour, minute));
        }
        let hour = if first == hour { self.hours.next(hour + 1)? } else { first };
        Some((hour, self.minutes.next(0)?))
    }

    fn fits_date(&self, date: Date) -> bool {
        let day = self.days.has(number(date.day()));
        let weekday = self.weekdays.has(number(date.weekday().to_sunday_zero_offset()));
        self.months.has(number(date.month())) && if self.either_day { day || weekday } else { day && weekday }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for Cron {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > 200 {
            return Err(refused("too_long", "A cron expression has at most 200 characters."));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = words.as_slice() else {
            return Err(wrong_length(&words));
        };
        let cron = Self {
            text: words.join(" "),
            minutes: read(&MINUTE, minute)?,
            hours: read(&HOUR, hour)?,
            days: read(&DAY, day)?,
            months: read(&MONTH, month)?,
            weekdays: read(&WEEKDAY, weekday)?,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
            follows_the_clock: minute.starts_with('*') || hour.starts_with('*'),
        };
        match cron.first_from(jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0)) {
            Some(_) => Ok(cron),
            None => Err(refused(
                "impossible_date",
                format!("No year has such a day: month {month} never reaches day {day}. Change the day or the month."),
            )),
        }
    }
}

fn wrong_length(words: &[&str]) -> Error {
    let nickname = |word: &str| match word {
        "@hourly" => Some("0 * * * *"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@weekly" => Some("0 0 * * 0"),
        "@monthly" => Some("0 0 1 * *"),
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        _ => None,
    };
    let hint = match words {
        [word] if nickname(word).is_some() => format!(" Write `{}`.", nickname(word).unwrap_or_default()),
        [_, rest @ ..] if rest.len() == 5 => format!(" Leave the seconds out: `{}`.", rest.join(" ")),
        _ => String::new(),
    };
    refused(
        "fields",
        format!(
            "A cron expression has 5 fields (minute, hour, day of month, month, day of week); this one has {}.{hint}",
            words.len()
        ),
    )
}

fn read(field: &Field, text: &str) -> Result<Set> {
    let mut set = 0_u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let (low, high) = match (range, range.split_once('-')) {
            ("*", _) => (field.low, field.high),
            (_, Some((low, high))) => span(field, part, (low, high))?,
            (single, None) => {
                let value = value(field, part, single)?;
                if let Some(step) = step {
                    let detail = format!("A step needs a range or `*`: write `{value}-{}/{step}`.", field.high);
                    return Err(malformed(field, part, &detail));
                }
                (value, value)
            }
        };
        let step = match step.map(|step| (step, digits(step))) {
            None => 1,
            Some((_, Some(step))) if (1..=field.high).contains(&step) => step,
            Some((step, _)) => {
                return Err(malformed(field, part, &format!("`{step}` is no step from 1 to {}.", field.high)));
            }
        };
        let mut member = low;
        while member <= high {
            // Sunday may be written 7.
            set |= 1 << (if field.high == WEEKDAY.high { member % 7 } else { member });
            member += step;
        }
    }
    Ok(Set(set))
}

fn span(field: &Field, part: &str, (low, high): (&str, &str)) -> Result<(u32, u32)> {
    let (low, mut high) = (value(field, part, low)?, value(field, part, high)?);
    if field.high == WEEKDAY.high && high == 0 && low > 0 {
        high = 7;
    }
    if low > high {
        let detail = format!("The range runs backwards: write `{low}-{},{}-{high}`.", field.high, field.low);
        return Err(malformed(field, part, &detail));
    }
    Ok((low, high))
}

fn value(field: &Field, part: &str, text: &str) -> Result<u32> {
    let lower = text.to_ascii_lowercase();
    let named = (field.low..).zip(field.names).find(|(_, name)| **name == lower).map(|(value, _)| value);
    match named.or_else(|| digits(text)) {
        Some(value) if (field.low..=field.high).contains(&value) => Ok(value),
        _ => {
            let names = if field.names.is_empty() { "" } else { " or a three-letter English name" };
            let detail = format!("Use numbers from {} to {}{names}.", field.low, field.high);
            Err(malformed(field, part, &detail))
        }
    }
}

/// Digits only: no sign, no blank.
fn digits(text: &str) -> Option<u32> {
    (1..=4).contains(&text.len()).then_some(())?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn malformed(field: &Field, part: &str, detail: &str) -> Error {
    let part: String = part.chars().filter(|c| !c.is_control()).take(40).collect();
    refused("malformed", format!("`{part}` is not a {}. {detail}", field.name))
}

fn refused(code: &'static str, detail: impl Into<String>) -> Error {
    Error::field("cron", code, detail)
}

fn number(part: i8) -> u32 {
    u32::try_from(part).unwrap_or(0)
}

fn minutes(hour: u32, minute: u32) -> Span {
    Span::new().minutes(i64::from(hour * 60 + minute))
}

fn start_of_minute(time: DateTime) -> Option<DateTime> {
    time.with().second(0).subsec_nanosecond(0).build().ok()
}
