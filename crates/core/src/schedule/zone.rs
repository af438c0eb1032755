//! Time zones by their IANA name.
//!
//! Only the database compiled into this build is used, never the machine's: it is there on a machine without
//! `/usr/share/zoneinfo`, and two hubs on one PostgreSQL agree on every nominal time, whatever their hosts have
//! installed. New rules come with a new build; times that lie ahead are then computed anew, what has been stays.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::{Error, Result};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Names shown when one is unknown.
const SUGGESTIONS: usize = 3;

/// A time zone with its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    pub(super) rules: TimeZone,
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: TimeZone::UTC }
    }

    /// The IANA name in its usual spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("utc") {
            return Ok(Self::utc());
        }
        match ZONES.get(text) {
            Ok(rules) => {
                let name = rules.iana_name().unwrap_or(text).to_owned();
                Ok(Self { name, rules })
            }
            Err(_) => Err(unknown(text)),
        }
    }
}

fn unknown(text: &str) -> Error {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    let near = near(&shown);
    let hint = if near.is_empty() {
        "Use an IANA name such as Europe/Berlin, or UTC.".to_owned()
    } else {
        format!("Did you mean {}?", near.join(", "))
    };
    Error::field("tz", "unknown", format!("There is no time zone `{shown}`. {hint}"))
}

/// The names that differ least: by letters of the whole name, or of its last part (`Berlin`).
fn near(text: &str) -> Vec<String> {
    let wanted = text.to_lowercase().replace(' ', "_");
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, String)> = ZONES
        .available()
        .map(|name| name.as_str().to_owned())
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let city = lower.rsplit('/').next().unwrap_or_default();
            let distance = distance(&wanted, &lower).min(distance(&wanted, city) + usize::from(city != lower));
            (distance <= wanted.chars().count().div_ceil(3).min(4)).then_some((distance, name))
        })
        .collect();
    found.sort();
    found.into_iter().take(SUGGESTIONS).map(|(_, name)| name).collect()
}

/// Levenshtein: letters to insert, drop or change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&b) {
            let here = (diagonal + usize::from(letter != *other)).min(*cell + 1).min(left + 1);
            diagonal = std::mem::replace(cell, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
